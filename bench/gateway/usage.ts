// What a process has used: the processor by /proc, NaN where there is none; memory by its own word.
import { existsSync, readFileSync, rmSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { memoryFile } from './memory-file.ts';
import type { Memory } from './memory-file.ts';

const TICKS_PER_SECOND = 100;
const COLLECTING_TRIES = 200;
const COLLECTING_PAUSE_MS = 50;

function readProc(pid: number, file: string): string {
  try {
    return readFileSync(`/proc/${pid}/${file}`, 'utf8');
  } catch {
    return '';
  }
}

/** User and system time, in seconds. */
export function cpuSeconds(pid: number): number {
  const fields = readProc(pid, 'stat').split(') ')[1]?.split(' ') ?? [];
  return (Number(fields[11]) + Number(fields[12])) / TICKS_PER_SECOND;
}

/** What it holds after a collection, which it has to be able to make: see `collect-on-signal.ts`. */
export async function collectedMemory(pid: number): Promise<Memory> {
  const file = memoryFile(pid);
  rmSync(file, { force: true });
  process.kill(pid, 'SIGUSR2');
  for (let tries = 0; tries < COLLECTING_TRIES && !existsSync(file); tries += 1) await sleep(COLLECTING_PAUSE_MS);
  const memory = JSON.parse(readFileSync(file, 'utf8')) as Memory;
  rmSync(file);
  return memory;
}
