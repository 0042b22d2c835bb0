// What a node leaves on the machine: nothing when it is stopped, and after a crash at most what this file finds and removes.
// Only the holder of the machine's one node may call it.

import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, rmdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { CABLE, FIXED_FOLDERS, NODE_NAME, NOWHERE } from './addresses.ts';

/** How the folder of a node begins. */
export const NODE_FOLDER_PREFIX = 'mcpworkflow-node-';

/** Whoever holds this lock has the machine's one node. */
export const NODE_LOCK = join(tmpdir(), 'mcpworkflow-node.lock');

/** In the folder of a node, the process whose end is the end of the node. */
export const INIT_PID_FILE = 'init.pid';

/** Ends the nodes of runs that were killed, and removes what they left. Returns how many there were. */
export async function endLeftovers(folders = tmpdir()): Promise<number> {
  const names = readdirSync(folders).filter((name) => name.startsWith(NODE_FOLDER_PREFIX));
  for (const name of names) {
    const folder = join(folders, name);
    await endInit(folder);
    rmSync(folder, { recursive: true, force: true, maxRetries: 10, retryDelay: 50 });
  }
  return names.length;
}

/** Kills the first process of the node in this folder, if it is there still, and waits until all of the node is gone. */
export async function endInit(folder: string): Promise<void> {
  const file = join(folder, INIT_PID_FILE);
  if (!existsSync(file)) return;
  const pid = Number(readFileSync(file, 'utf8'));
  // By now the number may be somebody else's: ours has the folder among its arguments.
  while (commandLine(pid).includes(folder)) {
    process.kill(pid, 'SIGKILL');
    await sleep(20);
  }
}

/** Of a process that is gone or only waits to be buried it is empty. */
function commandLine(pid: number): string {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8');
  } catch {
    return '';
  }
}

/** Removes the traces of a node that has ended: its cable and route, its control groups, and the empty folders that it was shown. */
export async function removeTraces(): Promise<void> {
  if (existsSync(`/sys/class/net/${CABLE.interface}`)) {
    execFileSync('ip', ['link', 'delete', CABLE.interface], { stdio: 'ignore' });
  }
  const routes = execFileSync('ip', ['route', 'show', 'type', 'unreachable'], { encoding: 'utf8' });
  if (routes.includes(NOWHERE[1])) execFileSync('ip', ['route', 'delete', ...NOWHERE]);
  const root = '/sys/fs/cgroup';
  for (const hierarchy of readdirSync(root)) await removeGroups(join(root, hierarchy, NODE_NAME));
  for (const folder of FIXED_FOLDERS) removeIfEmpty(folder);
}

/** A group can be removed once nothing is in it; the kernel takes a moment to see that its processes are gone. */
async function removeGroups(group: string): Promise<void> {
  if (!existsSync(group)) return;
  for (const { name } of readdirSync(group, { withFileTypes: true }).filter((entry) => entry.isDirectory())) {
    await removeGroups(join(group, name));
  }
  for (let attempt = 1; !removeIfEmpty(group) && attempt < 50; attempt += 1) await sleep(20);
}

function removeIfEmpty(folder: string): boolean {
  try {
    rmdirSync(folder);
    return true;
  } catch {
    return !existsSync(folder);
  }
}
