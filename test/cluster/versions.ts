// Which control plane the tests run against: the versions that the committed Go modules require, and nothing else.

import { readFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** Versions without their leading `v`. */
export interface Versions {
  readonly kubernetes: string;
  readonly etcd: string;
}

/** The folder of one of the two Go modules. */
export function moduleFolder(name: 'kubernetes' | 'etcd'): string {
  return fileURLToPath(new URL(`./controlplane/${name}`, import.meta.url));
}

/** Reads both versions from the modules' go.mod files. */
export function readVersions(): Versions {
  return {
    kubernetes: requiredVersion('kubernetes', 'k8s.io/kubernetes'),
    etcd: requiredVersion('etcd', 'go.etcd.io/etcd/server/v3'),
  };
}

function requiredVersion(name: 'kubernetes' | 'etcd', module: string): string {
  const file = join(moduleFolder(name), 'go.mod');
  for (const line of readFileSync(file, 'utf8').split('\n')) {
    const words = line.trim().split(/\s+/);
    const at = words.indexOf(module);
    const version = words[at + 1];
    if (at >= 0 && at <= 1 && version?.startsWith('v')) return version.slice(1);
  }
  throw new Error(`${file} requires no version of ${module}`);
}

/** The folder outside the work tree that keeps what was built, one per pair of versions. */
export function cacheFolder(env: NodeJS.ProcessEnv, versions: Versions = readVersions()): string {
  return join(cacheRoot(env), 'control-plane', `kubernetes-${versions.kubernetes}_etcd-${versions.etcd}`);
}

function cacheRoot(env: NodeJS.ProcessEnv): string {
  const own = env['MCPWORKFLOW_CACHE'];
  if (own !== undefined && own !== '') return own;
  const shared = env['XDG_CACHE_HOME'];
  return join(shared !== undefined && shared !== '' ? shared : join(homedir(), '.cache'), 'mcpworkflow');
}
