// A lock between processes that a crash cannot leave locked: a file that names its holder's process, taken over when that
// process is gone. The file is linked into place whole, so nobody ever reads half a name.

import { linkSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';

/** What to do with the lock. */
export interface LockedWork<T> {
  readonly work: () => Promise<T>;
  /** Called once if another process holds it. */
  readonly whenTaken?: (pid: number) => void;
  /** How often to look whether it is free. @default 250 */
  readonly pollMs?: number;
}

/** Runs `work` while no other process runs work under the same lock file. */
export async function withPidLock<T>(path: string, { work, whenTaken, pollMs = 250 }: LockedWork<T>): Promise<T> {
  let told = false;
  while (!tryTake(path)) {
    const holder = readHolder(path);
    if (holder === undefined) continue; // given back between the two lines
    if (!isAlive(holder)) {
      takeAway(path, holder);
      continue;
    }
    if (!told) whenTaken?.(holder);
    told = true;
    await sleep(pollMs);
  }
  try {
    return await work();
  } finally {
    rmSync(path, { force: true });
  }
}

function tryTake(path: string): boolean {
  const own = `${path}.${process.pid}`;
  writeFileSync(own, `${process.pid}\n`);
  try {
    linkSync(own, path);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  } finally {
    rmSync(own, { force: true });
  }
}

function readHolder(path: string): number | undefined {
  try {
    return Number(readFileSync(path, 'utf8'));
  } catch {
    return undefined;
  }
}

/**
 * Removes the lock of a process that died. Two processes may come here for the same dead holder, and the slower one must not
 * remove the lock that the faster one has taken since: what was moved aside is looked at again and put back if it lives.
 */
function takeAway(path: string, dead: number): void {
  const aside = `${path}.stale.${process.pid}`;
  try {
    renameSync(path, aside);
  } catch {
    return; // someone else was faster
  }
  const moved = readHolder(aside);
  if (moved !== dead && moved !== undefined && isAlive(moved)) {
    try {
      linkSync(aside, path);
    } catch {
      // A third process has it already. Both then build, each in a folder of its own: wasteful, never wrong.
    }
  }
  rmSync(aside, { force: true });
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}
