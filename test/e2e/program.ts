// One process of the program, as a deployment would run it.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { resolve } from 'node:path';
import { request } from 'undici';
import type { Network } from './network.ts';

const main = resolve(import.meta.dirname, '../../operator/main.ts');

/** A process that runs. */
export interface Program {
  /** The value of a metric without labels. Rejects while nothing is served. */
  metric(name: string): Promise<number>;
  /** All metrics, as text. Rejects while nothing is served. */
  metrics(): Promise<string>;
  /** Whether it says that it is ready. Rejects while nothing is served. */
  isReady(): Promise<boolean>;
  /** Resolves when the process has ended, to its exit code; null when it was killed. */
  end(signal: 'SIGTERM' | 'SIGKILL'): Promise<number | null>;
}

/** How a process is started. */
export interface ProgramOptions {
  readonly args: readonly string[];
  /** Where it serves its metrics. */
  readonly origin: string;
  /** Absent: the machine's own. */
  readonly network: Network | undefined;
  /** Told of everything that it writes to stdout and stderr. */
  readonly onOutput: (text: string) => void;
}

/** Starts a process. */
export function launch({ args, origin, network, onOutput }: ProgramOptions): Program {
  const child = spawn(process.execPath, [...(network?.execArgv ?? []), main, ...args], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, ...network?.env },
  });
  for (const output of [child.stdout, child.stderr]) output.setEncoding('utf8').on('data', onOutput);
  const get = async (path: string) => {
    const { statusCode, body } = await request(`${origin}${path}`);
    return { status: statusCode, text: await body.text() };
  };
  return {
    async metric(name) {
      const value = new RegExp(`^${name} (\\S+)$`, 'm').exec((await get('/metrics')).text)?.[1];
      if (value === undefined) throw new Error(`expected the metric ${name} at ${origin}, and there is none`);
      return Number(value);
    },
    metrics: async () => (await get('/metrics')).text,
    isReady: async () => (await get('/readyz')).status === 200,
    async end(signal) {
      if (child.exitCode !== null || child.signalCode !== null) return child.exitCode;
      const ended = once(child, 'exit');
      child.kill(signal);
      await ended;
      return child.exitCode;
    },
  };
}
