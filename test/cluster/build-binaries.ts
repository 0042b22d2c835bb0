// Builds the control plane's programs from the Go modules beside this file: some minutes the first time, never again for the
// same versions. Several processes may want them at once, and any of them may die half way: one builds, in a folder of its
// own that is renamed when it is whole; the others wait for the lock and find the result.

import { spawn } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, readdirSync, renameSync, rmSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { withPidLock } from './pid-lock.ts';
import { missingIn, type Program } from './programs.ts';
import { moduleFolder, readVersions, type Versions } from './versions.ts';

/** What a build needs from outside; tests give their own. */
export interface BuildOptions {
  readonly env: NodeJS.ProcessEnv;
  /** Takes one line for the person who waits. */
  readonly say: (line: string) => void;
}

/** Builds every program into `folder`, unless another process does it first. */
export async function buildBinaries(folder: string, { env, say }: BuildOptions): Promise<void> {
  await requireGo(env);
  const parent = dirname(folder);
  mkdirSync(parent, { recursive: true });
  await withPidLock(join(parent, 'building.lock'), {
    whenTaken: (pid) => say(`process ${pid} is building the test control plane; waiting for it`),
    async work() {
      if (missingIn(folder).length === 0) return;
      removeLeftovers(parent);
      const unfinished = mkdtempSync(join(parent, unfinishedPrefix));
      await buildAll(unfinished, env, say);
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

async function buildAll(into: string, env: NodeJS.ProcessEnv, say: (line: string) => void): Promise<void> {
  const versions = readVersions();
  const began = performance.now();
  say(
    `building the test control plane with Go: Kubernetes ${versions.kubernetes}, etcd ${versions.etcd} ` +
      '(once; about five minutes on two cores)',
  );
  for (const [program, { module, pack, flags }] of Object.entries(recipes(versions))) {
    const beganProgram = performance.now();
    say(`building ${program} …`);
    const args = ['build', '-trimpath', '-ldflags', flags, '-o', join(into, program), pack];
    await runGo(args, module, env);
    const megabytes = Math.round(statSync(join(into, program)).size / 1e6);
    say(`built ${program} in ${seconds(beganProgram)} s, ${megabytes} MB`);
  }
  say(`built the test control plane in ${seconds(began)} s; kept in ${dirname(into)}`);
}

interface Recipe {
  readonly module: string;
  readonly pack: string;
  readonly flags: string;
}

function recipes({ kubernetes }: Versions): Record<Program, Recipe> {
  const [major, minor] = kubernetes.split('.');
  const stamp = (name: string, value: string | undefined): string =>
    `-X k8s.io/component-base/version.${name}=${value} -X k8s.io/client-go/pkg/version.${name}=${value}`;
  const flags = `-s -w ${stamp('gitVersion', `v${kubernetes}`)} ${stamp('gitMajor', major)} ${stamp('gitMinor', minor)}`;
  const module = moduleFolder('kubernetes');
  return {
    etcd: { module: moduleFolder('etcd'), pack: '.', flags: '-s -w' },
    'kube-apiserver': { module, pack: 'k8s.io/kubernetes/cmd/kube-apiserver', flags },
    kubectl: { module, pack: 'k8s.io/kubernetes/cmd/kubectl', flags },
  };
}

async function requireGo(env: NodeJS.ProcessEnv): Promise<void> {
  try {
    await runGo(['version'], process.cwd(), env);
  } catch (cause) {
    throw new Error(
      'cluster tests need kube-apiserver, etcd and kubectl: install Go 1.26 or newer (https://go.dev/dl) to have them built, ' +
        'or set KUBEBUILDER_ASSETS to a folder that has them (`setup-envtest use -p path` prints one)',
      { cause },
    );
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
