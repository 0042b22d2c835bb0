// Where the test node's programs are: those of the control plane, and those that make a node of it, built once from Go modules.

import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { findBinaries } from '../cluster/binaries.ts';
import { buildPrograms, kubernetesFlags, type GoProgram } from '../cluster/build-programs.ts';
import { cacheFolder, moduleFolder, readVersions } from '../cluster/versions.ts';

const names = ['kube-controller-manager', 'kube-scheduler', 'kubelet', 'kube-proxy', 'coredns', 'pause'] as const;

/** Paths of the programs. */
export type NodePrograms = Readonly<Record<(typeof names)[number] | 'etcd' | 'kube-apiserver' | 'kubectl', string>>;

const here = import.meta.dirname;

/** Finds the programs or builds them; says on stderr, or to `say`, when it builds. */
export async function findNodePrograms(
  env: NodeJS.ProcessEnv = process.env,
  say: (line: string) => void = (line) => void process.stderr.write(`${line}\n`),
): Promise<NodePrograms> {
  // Not those of KUBEBUILDER_ASSETS: a kubelet may not be newer than its API server.
  const controlPlane = await findBinaries({ ...env, KUBEBUILDER_ASSETS: '' }, say);
  const folder = join(nodeCacheFolder(env), 'bin');
  const { kubernetes } = readVersions();
  if (names.some((name) => !existsSync(join(folder, name)))) {
    const all = {
      what: 'the test node',
      detail: `Kubernetes ${kubernetes}, CoreDNS ${coreDNSVersion()} (once; about four minutes on two cores)`,
      programs: recipes(kubernetes),
      withoutGo: 'the test node needs Go 1.26 or newer (https://go.dev/dl) to build its programs with',
    };
    await buildPrograms(folder, all, { env, say });
  }
  return { ...controlPlane, ...pathsIn(folder) };
}

/** The folder outside the work tree that keeps what was built for the node, beside the control planes'. */
function nodeCacheFolder(env: NodeJS.ProcessEnv): string {
  const root = dirname(dirname(cacheFolder(env)));
  return join(root, 'node', `kubernetes-${readVersions().kubernetes}_coredns-${coreDNSVersion()}`);
}

const pathsIn = (folder: string) =>
  Object.fromEntries(names.map((name) => [name, join(folder, name)])) as Record<(typeof names)[number], string>;

function recipes(kubernetes: string): Record<(typeof names)[number], GoProgram> {
  const flags = kubernetesFlags(kubernetes);
  const ofKubernetes = (name: string) => ({
    module: moduleFolder('kubernetes'),
    pack: `k8s.io/kubernetes/cmd/${name}`,
    flags,
  });
  return {
    'kube-controller-manager': ofKubernetes('kube-controller-manager'),
    'kube-scheduler': ofKubernetes('kube-scheduler'),
    kubelet: ofKubernetes('kubelet'),
    'kube-proxy': ofKubernetes('kube-proxy'),
    coredns: { module: join(here, 'coredns'), pack: '.', flags: '-s -w' },
    pause: { module: join(here, 'pause'), pack: '.', flags: '-s -w' },
  };
}

function coreDNSVersion(): string {
  const file = join(here, 'coredns', 'go.mod');
  const version = /^require github\.com\/coredns\/coredns v(\S+)$/m.exec(readFileSync(file, 'utf8'))?.[1];
  if (version === undefined) throw new Error(`${file} requires no version of github.com/coredns/coredns`);
  return version;
}
