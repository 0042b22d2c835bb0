import { expect, it } from '@jest/globals';
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, globSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { until } from '../cluster/plane-access.ts';
import { withPidLock } from '../cluster/pid-lock.ts';
import { CABLE, NODE_NAME, NOWHERE } from './addresses.ts';
import { endLeftovers, NODE_LOCK, removeTraces } from './leftovers.ts';

/** Processes that have this among their arguments. */
const processesOf = (folder: string): readonly string[] =>
  globSync('/proc/[0-9]*/cmdline').filter((file) => {
    try {
      return readFileSync(file, 'utf8').includes(folder);
    } catch {
      return false; // ended meanwhile
    }
  });

const groups = () => globSync(`/sys/fs/cgroup/*/${NODE_NAME}`);
const hasRoute = () =>
  execFileSync('ip', ['route', 'show', 'type', 'unreachable'], { encoding: 'utf8' }).includes(NOWHERE[1]);
const hasCable = () => existsSync(`/sys/class/net/${CABLE.interface}`);

// proves nothing-left-behind
it('a node whose starter and its supervisor are killed ends by itself, and the next start removes its traces', async () => {
  const starter = spawn(process.execPath, [join(import.meta.dirname, 'node-to-kill.ts')], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const [line] = (await once(createInterface(starter.stdout), 'line')) as [string];
  const { folder, supervisorPid } = JSON.parse(line) as { readonly folder: string; readonly supervisorPid: number };
  expect(processesOf(folder).length).toBeGreaterThan(8);
  expect(hasCable()).toBe(true);
  expect(hasRoute()).toBe(true);

  process.kill(supervisorPid, 'SIGKILL');
  starter.kill('SIGKILL');
  await until('every process of the node to be gone', () => processesOf(folder).length === 0);

  // Nobody was left to tidy up.
  expect(existsSync(folder)).toBe(true);
  expect(groups()).not.toEqual([]);
  await withPidLock(NODE_LOCK, {
    work: async () => {
      expect(await endLeftovers()).toBe(1);
      await removeTraces();
    },
  });
  expect({ folder: existsSync(folder), groups: groups(), cable: hasCable(), route: hasRoute() }).toEqual({
    folder: false,
    groups: [],
    cable: false,
    route: false,
  });
  expect(globSync(join(tmpdir(), 'mcpworkflow-node*'))).toEqual([]);
}, 120_000);
