// Loaded before a measured program (with --expose-gc): when it gets SIGUSR2 it collects its garbage, and tells what it holds.
import { renameSync, writeFileSync } from 'node:fs';
import { getHeapSpaceStatistics } from 'node:v8';
import { memoryFile } from './memory-file.ts';
import type { Memory } from './memory-file.ts';

/** A collection gives pages back beside the program, a moment later. */
const GIVING_BACK_MS = 500;

function tell(): void {
  const { rss, heapUsed } = process.memoryUsage();
  const young = getHeapSpaceStatistics().find(({ space_name: name }) => name === 'new_space')?.physical_space_size ?? 0;
  const memory: Memory = { rss, alive: heapUsed, young };
  const file = memoryFile(process.pid);
  writeFileSync(`${file}.new`, JSON.stringify(memory));
  renameSync(`${file}.new`, file);
}

process.on('SIGUSR2', () => {
  void globalThis.gc?.();
  setTimeout(tell, GIVING_BACK_MS).unref();
});
