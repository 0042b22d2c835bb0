// How the control plane's programs are built from the Go modules beside this file.

import { buildPrograms, kubernetesFlags, type BuildOptions, type GoProgram } from './build-programs.ts';
import type { Program } from './programs.ts';
import { moduleFolder, readVersions, type Versions } from './versions.ts';

/** Builds every program into `folder`, unless another process does it first. */
export async function buildBinaries(folder: string, options: BuildOptions): Promise<void> {
  const versions = readVersions();
  const all = {
    what: 'the test control plane',
    detail: `Kubernetes ${versions.kubernetes}, etcd ${versions.etcd} (once; about five minutes on two cores)`,
    programs: recipes(versions),
    withoutGo:
      'cluster tests need kube-apiserver, etcd and kubectl: install Go 1.26 or newer (https://go.dev/dl) to have them built, ' +
      'or set KUBEBUILDER_ASSETS to a folder that has them (`setup-envtest use -p path` prints one)',
  };
  await buildPrograms(folder, all, options);
}

function recipes({ kubernetes }: Versions): Record<Program, GoProgram> {
  const flags = kubernetesFlags(kubernetes);
  const module = moduleFolder('kubernetes');
  return {
    etcd: { module: moduleFolder('etcd'), pack: '.', flags: '-s -w' },
    'kube-apiserver': { module, pack: 'k8s.io/kubernetes/cmd/kube-apiserver', flags },
    kubectl: { module, pack: 'k8s.io/kubernetes/cmd/kubectl', flags },
  };
}
