// Runs a program to its end without stopping this one meanwhile.

import { spawn } from 'node:child_process';

/** What a program did. */
export interface Ran {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** How a program is run. */
export interface RunOptions {
  readonly env?: NodeJS.ProcessEnv;
  readonly cwd?: string;
  readonly stdin?: string;
}

/** Runs a program. Rejects only when it cannot be started. */
export async function runProgram(command: string, args: readonly string[], options: RunOptions = {}): Promise<Ran> {
  const { env = process.env, cwd, stdin = '' } = options;
  const child = spawn(command, [...args], { env, stdio: 'pipe', ...(cwd !== undefined && { cwd }) });
  let stdout = '';
  let stderr = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => (stdout += text));
  child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text));
  child.stdin.on('error', () => undefined); // it may end before it has read everything
  child.stdin.end(stdin);
  const { promise, resolve, reject } = Promise.withResolvers<number>();
  child.once('error', reject);
  child.once('close', (code) => resolve(code ?? 128));
  return { code: await promise, stdout, stderr };
}
