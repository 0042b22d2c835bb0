// Where the test control plane's programs are: in KUBEBUILDER_ASSETS, as envtest has it, else built once from Go modules.

import { join } from 'node:path';
import { buildBinaries } from './build-binaries.ts';
import { missingIn, programs, type Program } from './programs.ts';
import { cacheFolder } from './versions.ts';

/** Paths of the programs. */
export type Binaries = Readonly<Record<Program, string>>;

/** Finds the programs or builds them; says on stderr, or to `say`, when it builds. */
export async function findBinaries(
  env: NodeJS.ProcessEnv = process.env,
  say: (line: string) => void = (line) => void process.stderr.write(`${line}\n`),
): Promise<Binaries> {
  const assets = env['KUBEBUILDER_ASSETS'];
  if (assets !== undefined && assets !== '') return fromAssets(assets);
  const folder = join(cacheFolder(env), 'bin');
  if (missingIn(folder).length > 0) await buildBinaries(folder, { env, say });
  return binariesIn(folder);
}

function fromAssets(folder: string): Binaries {
  const missing = missingIn(folder);
  if (missing.length === 0) return binariesIn(folder);
  throw new Error(
    `KUBEBUILDER_ASSETS is ${folder}, but it has no ${missing.join(', no ')}: ` +
      `put ${programs.join(', ')} there, or unset KUBEBUILDER_ASSETS to have them built with Go`,
  );
}

function binariesIn(folder: string): Binaries {
  return {
    etcd: join(folder, 'etcd'),
    'kube-apiserver': join(folder, 'kube-apiserver'),
    kubectl: join(folder, 'kubectl'),
  };
}
