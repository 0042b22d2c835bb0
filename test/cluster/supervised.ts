// The parent's side of supervisor.ts: processes that end, and a folder that goes, with this process at the latest.

import { fork } from 'node:child_process';
import { once } from 'node:events';
import { rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { SupervisorCommand, SupervisorReport } from './supervisor.ts';

/** One process under supervision. `ended` settles with how it ended. */
export interface SupervisedProcess {
  readonly pid: number;
  readonly ended: Promise<string>;
  /** How it ended, once it has. */
  hasEnded(): string | undefined;
  signal(signal: 'SIGTERM' | 'SIGKILL'): void;
}

/** A folder and processes that vanish with this process, however it ends. */
export interface Supervision {
  readonly folder: string;
  readonly pid: number;
  /** Settles when the supervisor has ended, and everything with it. */
  readonly ended: Promise<void>;
  start(name: string, command: string, args: readonly string[]): Promise<SupervisedProcess>;
  /** Waits without letting the event loop run empty: on its own, supervision keeps no process alive. */
  awaiting<T>(work: Promise<T>): Promise<T>;
  /** Kills the processes, removes the folder, and settles when both are gone. */
  stop(): Promise<void>;
}

interface Tracked {
  started(pid: number): void;
  ended(how: string): void;
  readonly pid: () => number | undefined;
}

/** Starts a supervisor whose folder is made under the system's folder for temporary files. */
export async function supervise(prefix: string): Promise<Supervision> {
  // NODE_OPTIONS is for the tests: the supervisor needs no flag and must not be stopped by one.
  const env = { ...process.env, NODE_OPTIONS: '' };
  const program = fileURLToPath(new URL('./supervisor.ts', import.meta.url));
  const child = fork(program, [join(tmpdir(), prefix)], {
    detached: true,
    execArgv: [],
    env,
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
  });
  const gone = once(child, 'exit').then(() => undefined);
  const tracked = new Map<string, Tracked>();
  const [ready] = (await Promise.race([
    once(child, 'message'),
    gone.then(() => Promise.reject(new Error('the supervisor of the control plane ended before it was ready'))),
  ])) as [Extract<SupervisorReport, { kind: 'ready' }>];
  const { folder } = ready;
  const pid = child.pid ?? 0;

  child.on('message', (report: SupervisorReport) => {
    if (report.kind === 'started') tracked.get(report.name)?.started(report.pid);
    if (report.kind === 'exited') tracked.get(report.name)?.ended(report.how);
  });
  const ended = gone.then(() => {
    // If someone killed the supervisor itself, this side is the last one that knows what to clean.
    for (const one of tracked.values()) killLeftover(one.pid());
    rmSync(folder, { recursive: true, force: true, maxRetries: 5, retryDelay: 50 });
    for (const one of tracked.values()) one.ended('the supervisor ended');
  });

  let waiting = 0;
  const hold = (change: 1 | -1): void => {
    waiting += change;
    for (const handle of [child, child.channel]) {
      if (waiting > 0) handle?.ref();
      else handle?.unref();
    }
  };
  hold(1);
  hold(-1);
  const awaiting = async <T>(work: Promise<T>): Promise<T> => {
    hold(1);
    try {
      return await work;
    } finally {
      hold(-1);
    }
  };
  const tell = (command: SupervisorCommand): void => {
    if (child.connected) child.send(command, () => undefined);
  };

  const start = (name: string, command: string, args: readonly string[]): Promise<SupervisedProcess> => {
    let processId: number | undefined;
    let how: string | undefined;
    const begun = Promise.withResolvers<SupervisedProcess>();
    const over = Promise.withResolvers<string>();
    tracked.set(name, {
      pid: () => (how === undefined ? processId : undefined),
      started(value) {
        processId = value;
        begun.resolve({
          pid: value,
          ended: over.promise,
          hasEnded: () => how,
          signal: (signal) => tell({ kind: 'signal', name, signal }),
        });
      },
      ended(reason) {
        how ??= reason;
        over.resolve(how);
        begun.reject(new Error(`${command} did not start: ${how}`));
      },
    });
    tell({ kind: 'start', name, command, args, logFile: join(folder, `${name}.log`) });
    return awaiting(begun.promise);
  };

  const stop = async (): Promise<void> => {
    if (child.connected) child.disconnect();
    await awaiting(ended);
  };

  return { folder, pid, ended, start, awaiting, stop };
}

function killLeftover(pid: number | undefined): void {
  if (pid === undefined) return;
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // Ended by itself meanwhile.
  }
}
