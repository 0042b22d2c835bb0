// What a node would make of the operator's Deployment: one process of the program, told what the container is told, with the
// ConfigMap and Secrets of the pod as files and a token of its ServiceAccount. Nothing is assumed but what was deployed.

import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { freePort } from '../cluster/free-port.ts';
import { until, type PlaneAccess } from '../cluster/plane-access.ts';
import { launch, type Program } from '../e2e/program.ts';

/** Where a Deployment is. */
export interface DeploymentName {
  readonly namespace: string;
  readonly name: string;
}

/** The parts of an object that a pod needs. */
interface Stored {
  readonly data?: Readonly<Record<string, string>>;
  readonly spec?: { readonly template: { readonly spec: PodSpec } };
  readonly status?: { readonly token?: string };
}

interface PodSpec {
  readonly serviceAccountName: string;
  readonly containers: readonly {
    readonly args: readonly string[];
    readonly volumeMounts: readonly { readonly name: string; readonly mountPath: string }[];
  }[];
  readonly volumes: readonly {
    readonly name: string;
    readonly configMap?: { readonly name: string };
    readonly projected?: {
      readonly sources: readonly {
        readonly secret: { readonly name: string; readonly items: readonly { readonly key: string; readonly path: string }[] };
      }[];
    };
  }[];
}

/** Waits for the Deployment and what its pods mount, and starts one process. `onOutput` gets all that it says. */
export async function startOperatorPod(
  plane: PlaneAccess,
  folder: string,
  { namespace, name }: DeploymentName,
  onOutput: (text: string) => void,
): Promise<Program> {
  const untilThere = async (path: string): Promise<Stored> => {
    let found: Stored | undefined;
    await until(`${path} to be there`, async () => {
      const { status, body } = await plane.request('GET', path);
      if (status === 200) found = body as Stored;
      return found !== undefined;
    });
    return found as Stored;
  };
  const core = `/api/v1/namespaces/${namespace}`;
  const deployment = await untilThere(`/apis/apps/v1/namespaces/${namespace}/deployments/${name}`);
  const pod = deployment.spec?.template.spec as PodSpec;
  const [container] = pod.containers;
  if (container === undefined) throw new Error(`expected a container in ${name}`);

  /** Paths in the container lead into the folder. */
  const inFolder = (text: string): string => text.replaceAll('/etc/mcpworkflow', join(folder, 'etc/mcpworkflow'));
  const mount = async (volume: PodSpec['volumes'][number], mountPath: string): Promise<void> => {
    const write = (file: string, text: string): void => {
      const path = inFolder(join(mountPath, file));
      mkdirSync(dirname(path), { recursive: true });
      writeFileSync(path, text, { mode: 0o600 });
    };
    if (volume.configMap) {
      const { data = {} } = await untilThere(`${core}/configmaps/${volume.configMap.name}`);
      for (const [file, text] of Object.entries(data)) write(file, inFolder(text));
    }
    for (const { secret } of volume.projected?.sources ?? []) {
      const { data = {} } = await untilThere(`${core}/secrets/${secret.name}`);
      for (const { key, path } of secret.items) write(path, Buffer.from(data[key] ?? '', 'base64').toString());
    }
  };
  for (const { name: volumeName, mountPath } of container.volumeMounts) {
    const volume = pod.volumes.find((one) => one.name === volumeName);
    if (volume === undefined) throw new Error(`expected a volume ${volumeName} in ${name}`);
    await mount(volume, mountPath);
  }

  const token = await plane.request('POST', `${core}/serviceaccounts/${pod.serviceAccountName}/token`, {
    apiVersion: 'authentication.k8s.io/v1',
    kind: 'TokenRequest',
    spec: {},
  });
  const kubeconfig = join(folder, 'kubeconfig.json');
  writeFileSync(kubeconfig, kubeconfigWith(plane, (token.body as Stored).status?.token ?? ''), { mode: 0o600 });

  const listen = `127.0.0.1:${await freePort()}`;
  const args = container.args.map((arg, index, all) => (all[index - 1] === '--metrics-listen' ? listen : inFolder(arg)));
  return launch({
    args: [...args, '--namespace', namespace, '--kubeconfig', kubeconfig],
    origin: `http://${listen}`,
    network: undefined,
    onOutput,
  });
}

function kubeconfigWith({ server, ca }: PlaneAccess, token: string): string {
  return JSON.stringify({
    apiVersion: 'v1',
    kind: 'Config',
    clusters: [{ name: 'test', cluster: { server, 'certificate-authority-data': Buffer.from(ca).toString('base64') } }],
    users: [{ name: 'pod', user: { token } }],
    contexts: [{ name: 'test', context: { cluster: 'test', user: 'pod' } }],
    'current-context': 'test',
  });
}
