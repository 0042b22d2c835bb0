// What a node would make of the operator's Deployment: one process of the program, told what the container is told, with the
// ConfigMap and Secrets of the pod as files and a token of its ServiceAccount. Nothing is assumed but what was deployed.

import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { freePort } from '../cluster/free-port.ts';
import { until, type PlaneAccess } from '../cluster/plane-access.ts';
import { supervise } from '../cluster/supervised.ts';

/** A pod that runs. It and its files vanish with this process at the latest. */
export interface Pod {
  /** All that it has said. */
  log(): string;
  stop(): Promise<void>;
}

/** Where a Deployment is. */
export interface DeploymentName {
  readonly namespace: string;
  readonly name: string;
}

/** The parts of an object that a pod needs. */
interface Stored {
  readonly data?: Readonly<Record<string, string>>;
  readonly spec?: { readonly template: { readonly spec: PodSpec } };
}

interface PodSpec {
  readonly serviceAccountName: string;
  readonly containers: readonly {
    readonly args: readonly string[];
    readonly volumeMounts: readonly { readonly name: string; readonly mountPath: string }[];
  }[];
  readonly volumes: readonly Volume[];
}

interface Volume {
  readonly name: string;
  readonly configMap?: { readonly name: string };
  readonly projected?: {
    readonly sources: readonly {
      readonly secret: {
        readonly name: string;
        readonly items: readonly { readonly key: string; readonly path: string }[];
      };
    }[];
  };
}

/** Waits for the Deployment and for all that its pods mount, and starts one process. */
export async function startOperatorPod(plane: PlaneAccess, deployment: DeploymentName): Promise<Pod> {
  const supervision = await supervise('mcpworkflow-pod-');
  const { folder } = supervision;
  try {
    const args = await argsOf(plane, deployment, folder);
    await supervision.start('operator', process.execPath, [
      resolve(import.meta.dirname, '../../operator/main.ts'),
      ...args,
    ]);
  } catch (error) {
    await supervision.stop();
    throw error;
  }
  return { log: () => readFileSync(join(folder, 'operator.log'), 'utf8'), stop: () => supervision.stop() };
}

/** Writes all files of the pod, and returns the container's arguments with their paths. */
async function argsOf(
  plane: PlaneAccess,
  { namespace, name }: DeploymentName,
  folder: string,
): Promise<readonly string[]> {
  const core = `/api/v1/namespaces/${namespace}`;
  const deployment = await untilThere(plane, `/apis/apps/v1/namespaces/${namespace}/deployments/${name}`);
  const pod = deployment.spec?.template.spec;
  const container = pod?.containers[0];
  if (pod === undefined || container === undefined) throw new Error(`expected a container in ${name}`);

  /** Paths in the container lead into the folder. */
  const inFolder = (text: string): string => text.replaceAll('/etc/mcpworkflow', join(folder, 'etc/mcpworkflow'));
  for (const { name: volume, mountPath } of container.volumeMounts) {
    const files = await filesOf(
      plane,
      core,
      pod.volumes.find((one) => one.name === volume),
    );
    for (const [file, text] of Object.entries(files)) {
      const path = inFolder(join(mountPath, file));
      mkdirSync(dirname(path), { recursive: true });
      writeFileSync(path, inFolder(text), { mode: 0o600 });
    }
  }

  const kubeconfig = join(folder, 'kubeconfig.json');
  const token = await tokenOf(plane, `${core}/serviceaccounts/${pod.serviceAccountName}`);
  writeFileSync(kubeconfig, kubeconfigWith(plane, token), { mode: 0o600 });
  const listen = `127.0.0.1:${await freePort()}`;
  const args = container.args.map((arg, index, all) =>
    all[index - 1] === '--metrics-listen' ? listen : inFolder(arg),
  );
  return [...args, '--namespace', namespace, '--kubeconfig', kubeconfig];
}

async function untilThere(plane: PlaneAccess, path: string): Promise<Stored> {
  let found: Stored | undefined;
  await until(`${path} to be there`, async () => {
    const { status, body } = await plane.request('GET', path);
    if (status === 200) found = body as Stored;
    return found !== undefined;
  });
  return found ?? {};
}

type Files = Readonly<Record<string, string>>;

async function filesOf(plane: PlaneAccess, core: string, volume: Volume | undefined): Promise<Files> {
  if (volume?.configMap) return (await untilThere(plane, `${core}/configmaps/${volume.configMap.name}`)).data ?? {};
  const files: Record<string, string> = {};
  for (const { secret } of volume?.projected?.sources ?? []) {
    const { data = {} } = await untilThere(plane, `${core}/secrets/${secret.name}`);
    for (const { key, path } of secret.items) files[path] = Buffer.from(data[key] ?? '', 'base64').toString();
  }
  return files;
}

async function tokenOf(plane: PlaneAccess, account: string): Promise<string> {
  await untilThere(plane, account);
  const { status, body } = await plane.request('POST', `${account}/token`, {
    apiVersion: 'authentication.k8s.io/v1',
    kind: 'TokenRequest',
    spec: {},
  });
  if (status !== 201) throw new Error(`expected a token of ${account}, got ${status} ${JSON.stringify(body)}`);
  return (body as { readonly status: { readonly token: string } }).status.token;
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
