// What a process has used, from /proc; NaN where there is none.
import { readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';

const TICKS_PER_SECOND = 100;
/** A full collection of a heap of this size takes less. */
const COLLECTING_MS = 1_000;

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

/** Resident memory after a collection, in KiB. */
export async function collectedRssKiB(pid: number): Promise<number> {
  process.kill(pid, 'SIGUSR2');
  await sleep(COLLECTING_MS);
  return Number(/^VmRSS:\s+(\d+) kB$/m.exec(readProc(pid, 'status'))?.[1]);
}
