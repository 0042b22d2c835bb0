// A program that owns the processes and the folder of one control plane, so that neither outlives the process that asked
// for them. Its parent may be killed without warning: the channel between them then closes, and that is the signal to
// clean up. It runs in a session of its own, because a Ctrl-C or a kill of the parent's group must not reach it first.

import { spawn, type ChildProcess } from 'node:child_process';
import { closeSync, mkdtempSync, openSync, rmSync } from 'node:fs';

/** What the parent asks for. */
export type SupervisorCommand =
  | {
      readonly kind: 'start';
      readonly name: string;
      readonly command: string;
      readonly args: readonly string[];
      readonly logFile: string;
    }
  | { readonly kind: 'signal'; readonly name: string; readonly signal: 'SIGTERM' | 'SIGKILL' };

/** What the supervisor tells its parent. */
export type SupervisorReport =
  | { readonly kind: 'ready'; readonly folder: string }
  | { readonly kind: 'started'; readonly name: string; readonly pid: number }
  | { readonly kind: 'exited'; readonly name: string; readonly how: string };

function runSupervisor(folderPrefix: string): void {
  const folder = mkdtempSync(folderPrefix);
  const running = new Map<string, ChildProcess>();
  let closing = false;

  const report = (message: SupervisorReport): void => {
    // The parent may vanish between two lines; its absence is noticed by the disconnect event, not here.
    if (process.connected) process.send?.(message, () => undefined);
  };

  const finishWhenAlone = (): void => {
    if (!closing || running.size > 0) return;
    rmSync(folder, { recursive: true, force: true, maxRetries: 5, retryDelay: 50 });
    process.exit(0);
  };

  const close = (): void => {
    closing = true;
    // The data is thrown away with the folder: nothing is gained by asking politely.
    for (const child of running.values()) child.kill('SIGKILL');
    finishWhenAlone();
  };

  const start = ({ name, command, args, logFile }: Extract<SupervisorCommand, { kind: 'start' }>): void => {
    const log = openSync(logFile, 'a');
    const child = spawn(command, [...args], { stdio: ['ignore', log, log], cwd: folder });
    closeSync(log);
    running.set(name, child);
    const ended = (how: string): void => {
      if (running.get(name) !== child) return;
      running.delete(name);
      report({ kind: 'exited', name, how });
      finishWhenAlone();
    };
    child.once('error', (error) => ended(error.message));
    child.once('exit', (code, signal) => ended(signal ?? `exit code ${code}`));
    if (child.pid !== undefined) report({ kind: 'started', name, pid: child.pid });
  };

  process.on('message', (message: SupervisorCommand) => {
    if (closing) return;
    switch (message.kind) {
      case 'start':
        return start(message);
      case 'signal':
        running.get(message.name)?.kill(message.signal);
    }
  });
  process.once('disconnect', close);
  for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP'] as const) process.once(signal, close);
  report({ kind: 'ready', folder });
}

runSupervisor(process.argv[2] ?? '');
