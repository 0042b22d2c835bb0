// A real Kubernetes node on this machine, with a control plane of its own, in namespaces of its own: kubelet, containerd and
// runc run real pods. It needs root and the packages of `npm run test:e2e:install`. Its first process ends with the process that
// started it, and the kernel ends everything in its namespaces with it.

import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { withPidLock } from '../cluster/pid-lock.ts';
import { supervise, type SupervisedProcess, type Supervision } from '../cluster/supervised.ts';
import { CABLE, CONTAINERD_SOCKET, NOWHERE } from './addresses.ts';
import { runProgram, type Ran } from './run-program.ts';
import { endInit, endLeftovers, INIT_PID_FILE, NODE_FOLDER_PREFIX, NODE_LOCK, removeTraces } from './leftovers.ts';
import { nodeFiles, writeNodeFiles } from './node-files.ts';
import type { NodePlan } from './node-init.ts';
import { findNodePrograms } from './node-programs.ts';
import { pauseImage } from './pause-image.ts';

/** A node that runs. */
export interface TestNode {
  readonly folder: string;
  /** The process that cleans up when this one is gone. */
  readonly supervisorPid: number;
  /** The admin's. */
  readonly kubeconfig: string;
  readonly kubectl: string;
  /** Loads the images of a docker archive. */
  loadImage(archive: string): Promise<void>;
  /** The last lines of what a program of the node logged. */
  logOf(program: string, lines?: number): string;
  /** Ends the node and removes every trace. */
  stop(): Promise<void>;
}

/** How a node is started. */
export interface NodeOptions {
  /** Takes one line for the person who waits. @default stderr */
  readonly say?: (line: string) => void;
}

/** Starts the machine's one node and waits until it is Ready; waits for its turn while another process has one. */
export async function startNode({ say = toStderr }: NodeOptions = {}): Promise<TestNode> {
  const turn = await takeTurn(say);
  try {
    if ((await endLeftovers()) > 0) say('ended what an earlier run of the node left behind');
    await removeTraces();
    const programs = await findNodePrograms(process.env, say);
    const supervision = await supervise(NODE_FOLDER_PREFIX);
    const stop = async (): Promise<void> => {
      await endInit(supervision.folder);
      await supervision.stop();
      await removeTraces();
      turn.over();
    };
    try {
      return await start(supervision, { programs, stop });
    } catch (error) {
      await stop();
      throw error;
    }
  } catch (error) {
    turn.over();
    throw error;
  }
}

const toStderr = (line: string): void => void process.stderr.write(`${line}\n`);

/** A lock for as long as the node runs: its addresses are the machine's. */
async function takeTurn(say: (line: string) => void): Promise<{ over(): void }> {
  const taken = Promise.withResolvers<undefined>();
  const over = Promise.withResolvers<undefined>();
  const held = withPidLock(NODE_LOCK, {
    whenTaken: (pid) => say(`process ${pid} has a test node; waiting for it to end`),
    work() {
      taken.resolve(undefined);
      return over.promise;
    },
  });
  await Promise.race([taken.promise, held]);
  return { over: () => over.resolve(undefined) };
}

interface Start {
  readonly programs: NodePlan['programs'];
  readonly stop: () => Promise<void>;
}

async function start(supervision: Supervision, { programs, stop }: Start): Promise<TestNode> {
  const { folder } = supervision;
  const files = nodeFiles(folder);
  const adminToken = writeNodeFiles(files);
  const images = [await pauseImage(folder, programs.pause)];
  const plan: NodePlan = { programs, images, adminToken };
  writeFileSync(join(folder, 'node.json'), JSON.stringify(plan), { mode: 0o600 });

  const unshare = await unshared(supervision);
  const init = await firstProcess(unshare);
  writeFileSync(join(folder, INIT_PID_FILE), `${init}\n`);
  plugIn(init);

  const { kubectl } = programs;
  const kubeconfig = files.kubeconfig('admin');
  const ask = (...args: readonly string[]): Promise<Ran> =>
    runProgram(kubectl, [`--kubeconfig=${kubeconfig}`, ...args], { env: { ...process.env, HOME: folder } });
  await untilReady(ask, () => {
    const how = unshare.hasEnded();
    if (how !== undefined) throw new Error(`the node ended (${how}): ${tail(join(folder, 'node.log'), 20)}`);
  });
  return {
    folder,
    supervisorPid: supervision.pid,
    kubeconfig,
    kubectl,
    async loadImage(archive) {
      const ctr = ['ctr', '--address', CONTAINERD_SOCKET, '--namespace', 'k8s.io', 'images', 'import', archive];
      const { code, stderr } = await runProgram('nsenter', [`--target=${init}`, '--mount', '--net', ...ctr]);
      if (code !== 0) throw new Error(`containerd did not take ${archive}: ${stderr}`);
    },
    logOf: (program, lines = 20) => tail(files.log(program), lines),
    stop,
  };
}

/**
 * Starts the first process in namespaces of its own. A shell is its parent, because whatever is orphaned in the node becomes
 * the shell's child, and a shell buries its dead.
 */
async function unshared(supervision: Supervision): Promise<SupervisedProcess> {
  const init = fileURLToPath(new URL('./node-init.ts', import.meta.url));
  return supervision.start('node', 'setpriv', [
    ...['--pdeathsig', 'KILL', 'unshare', '--net', '--mount', '--pid', '--uts', '--ipc', '--fork', '--kill-child'],
    ...['--mount-proc', '/bin/sh', '-c', '"$@" & wait "$!"', 'node-init', process.execPath, init, supervision.folder],
  ]);
}

async function firstProcess(unshare: SupervisedProcess): Promise<number> {
  for (let waitedMs = 0; waitedMs < 10_000; waitedMs += 20) {
    const [child] = readIfThere(`/proc/${unshare.pid}/task/${unshare.pid}/children`).split(' ').filter(Boolean);
    if (child !== undefined) return Number(child);
    await sleep(20);
  }
  throw new Error(`unshare started nothing within 10 s (${unshare.hasEnded() ?? 'it still runs'})`);
}

/** Puts one end of a cable into the node's network; node-init.ts waits for it. */
function plugIn(init: number): void {
  const ip = (...args: readonly string[]) => execFileSync('ip', args, { encoding: 'utf8' });
  ip('route', 'replace', ...NOWHERE);
  ip('link', 'add', CABLE.interface, 'type', 'veth', 'peer', 'name', 'eth0', 'netns', String(init));
  ip('address', 'add', `${CABLE.machine}/${CABLE.bits}`, 'dev', CABLE.interface);
  ip('link', 'set', CABLE.interface, 'up');
}

const READY_LIMIT_MS = 90_000;

async function untilReady(ask: (...args: readonly string[]) => Promise<Ran>, failIfEnded: () => void): Promise<void> {
  const path = '{.items[*].status.conditions[?(@.type=="Ready")].status}';
  const deadline = performance.now() + READY_LIMIT_MS;
  for (;;) {
    failIfEnded();
    const node = await ask('get', 'nodes', `--output=jsonpath=${path}`);
    const account = await ask('get', 'serviceaccount', 'default', '--output=name');
    if (node.stdout === 'True' && account.code === 0) return;
    if (performance.now() > deadline) {
      throw new Error(
        `the node was not Ready within ${READY_LIMIT_MS} ms: ${node.stdout} ${node.stderr} ${account.stderr}`,
      );
    }
    await sleep(100);
  }
}

const tail = (path: string, lines: number): string => readIfThere(path).trimEnd().split('\n').slice(-lines).join('\n');

function readIfThere(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}
