// Where Pulumi's engine and the garbage collector are: built once from Go modules, except an engine that is there already.

import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { buildPrograms, kubernetesFlags, type GoProgram } from '../cluster/build-programs.ts';
import { cacheFolder, moduleFolder, readVersions } from '../cluster/versions.ts';

const names = ['pulumi', 'kube-controller-manager'] as const;

/** Paths of the programs. */
export type PulumiPrograms = Readonly<Record<(typeof names)[number], string>>;

/** Finds the programs or builds them; says on stderr, or to `say`, when it builds. */
export async function findPulumiPrograms(
  env: NodeJS.ProcessEnv = process.env,
  say: (line: string) => void = (line) => void process.stderr.write(`${line}\n`),
): Promise<PulumiPrograms> {
  const { kubernetes } = readVersions();
  const pulumi = engineVersion();
  // Beside the control planes of the same cache.
  const root = dirname(dirname(cacheFolder(env)));
  const folder = join(root, 'pulumi', `pulumi-${pulumi}_kubernetes-${kubernetes}`, 'bin');
  if (names.some((name) => !existsSync(join(folder, name)))) {
    const all = {
      what: 'the Pulumi engine',
      detail: `Pulumi ${pulumi}, kube-controller-manager ${kubernetes} (once; about four minutes on two cores)`,
      programs: recipes(pulumi, kubernetes),
      withoutGo: 'tests with the Pulumi engine need Go 1.26 or newer (https://go.dev/dl) to build it with',
    };
    await buildPrograms(folder, all, { env, say });
  }
  return { pulumi: join(folder, 'pulumi'), 'kube-controller-manager': join(folder, 'kube-controller-manager') };
}

const engineModule = join(import.meta.dirname, 'engine');

function recipes(pulumi: string, kubernetes: string): Record<(typeof names)[number], GoProgram> {
  const version = 'github.com/pulumi/pulumi/sdk/v3/go/common/version.Version';
  return {
    pulumi: {
      module: engineModule,
      pack: 'github.com/pulumi/pulumi/pkg/v3/cmd/pulumi',
      flags: `-s -w -X ${version}=v${pulumi}`,
    },
    'kube-controller-manager': {
      module: moduleFolder('kubernetes'),
      pack: 'k8s.io/kubernetes/cmd/kube-controller-manager',
      flags: kubernetesFlags(kubernetes),
    },
  };
}

/** The engine's version in its go.mod, without the `v`. */
function engineVersion(): string {
  const file = join(engineModule, 'go.mod');
  const version = /^require github\.com\/pulumi\/pulumi\/pkg\/v3 v(\S+)$/m.exec(readFileSync(file, 'utf8'))?.[1];
  if (version === undefined) throw new Error(`${file} requires no version of github.com/pulumi/pulumi/pkg/v3`);
  return version;
}
