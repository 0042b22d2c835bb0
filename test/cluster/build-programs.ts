// Builds programs from Go modules: some minutes the first time, never again for the same versions. Several processes may want
// them at once, and any of them may die half way: one builds, in a folder of its own that is renamed when it is whole; the
// others wait for the lock and find the result.

import { spawn } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readdirSync, renameSync, rmSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { withPidLock } from './pid-lock.ts';

/** What a build needs from outside; tests give their own. */
export interface BuildOptions {
  readonly env: NodeJS.ProcessEnv;
  /** Takes one line for the person who waits. */
  readonly say: (line: string) => void;
}

/** A package of a Go module, and the flags of its linker. */
export interface GoProgram {
  /** The folder of the module. */
  readonly module: string;
  readonly pack: string;
  readonly flags: string;
}

/** Programs that are built together, in this order. */
export interface GoPrograms {
  /** What they are together, as in "building the test control plane". */
  readonly what: string;
  /** Their versions, and how long it takes. */
  readonly detail: string;
  /** By file name. */
  readonly programs: Readonly<Record<string, GoProgram>>;
  /** What to do where Go is missing. */
  readonly withoutGo: string;
}

/** The flags that tell a Kubernetes program its version, which is given without its `v`. */
export function kubernetesFlags(version: string): string {
  const [major, minor] = version.split('.');
  const stamp = (name: string, value: string | undefined): string =>
    `-X k8s.io/component-base/version.${name}=${value} -X k8s.io/client-go/pkg/version.${name}=${value}`;
  return `-s -w ${stamp('gitVersion', `v${version}`)} ${stamp('gitMajor', major)} ${stamp('gitMinor', minor)}`;
}

/** Builds every program into `folder`, unless another process does it first. */
export async function buildPrograms(folder: string, all: GoPrograms, { env, say }: BuildOptions): Promise<void> {
  await requireGo(all, env);
  const parent = dirname(folder);
  mkdirSync(parent, { recursive: true });
  await withPidLock(join(parent, 'building.lock'), {
    whenTaken: (pid) => say(`process ${pid} is building ${all.what}; waiting for it`),
    async work() {
      if (Object.keys(all.programs).every((program) => existsSync(join(folder, program)))) return;
      removeLeftovers(parent);
      const unfinished = mkdtempSync(join(parent, unfinishedPrefix));
      await buildAll(unfinished, all, { env, say });
      chmodSync(unfinished, 0o755);
      rmSync(folder, { recursive: true, force: true });
      renameSync(unfinished, folder);
    },
  });
}

const unfinishedPrefix = 'unfinished-';

/** Only the holder of the lock builds, so whatever is unfinished now was left by a process that died. */
function removeLeftovers(parent: string): void {
  for (const name of readdirSync(parent)) {
    if (name.startsWith(unfinishedPrefix)) rmSync(join(parent, name), { recursive: true, force: true });
  }
}

async function buildAll(into: string, all: GoPrograms, { env, say }: BuildOptions): Promise<void> {
  const began = performance.now();
  say(`building ${all.what} with Go: ${all.detail}`);
  for (const [program, { module, pack, flags }] of Object.entries(all.programs)) {
    const beganProgram = performance.now();
    say(`building ${program} …`);
    const args = ['build', '-trimpath', '-ldflags', flags, '-o', join(into, program), pack];
    await runGo(args, module, env);
    const megabytes = Math.round(statSync(join(into, program)).size / 1e6);
    say(`built ${program} in ${seconds(beganProgram)} s, ${megabytes} MB`);
  }
  say(`built ${all.what} in ${seconds(began)} s; kept in ${dirname(into)}`);
}

async function requireGo({ withoutGo }: GoPrograms, env: NodeJS.ProcessEnv): Promise<void> {
  try {
    await runGo(['version'], process.cwd(), env);
  } catch (cause) {
    throw new Error(withoutGo, { cause });
  }
}

async function runGo(args: readonly string[], cwd: string, env: NodeJS.ProcessEnv): Promise<void> {
  const child = spawn('go', [...args], {
    cwd,
    env: { ...env, GOFLAGS: '-mod=readonly', CGO_ENABLED: '0', GOWORK: 'off' },
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  let stderr = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr = (stderr + text).slice(-4000)));
  const { promise, resolve, reject } = Promise.withResolvers<number | null>();
  child.once('error', reject);
  child.once('close', resolve);
  const code = await promise;
  if (code !== 0) throw new Error(`go ${args.join(' ')} ended with ${code}: ${stderr.trim()}`);
}

const seconds = (since: number): string => ((performance.now() - since) / 1000).toFixed(0);
