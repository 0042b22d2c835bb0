// The stage of the story: a cluster, the image, the two providers, and what can be done to them with kubectl.

import { randomBytes } from 'node:crypto';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { build } from 'esbuild';
import { parse, stringify } from 'yaml';
import type { TrafficTally } from '../../e2e/traffic.ts';
import type { Cluster } from '../cluster.ts';
import { runProgram } from '../run-program.ts';
import type { Answered } from './client.ts';
import { BASE_IMAGE, CLIENT, IMAGE, KEY_SECRET, NAMESPACES, PROGRAMS, PROVIDERS, TAKE_PORT } from './names.ts';

/** The repository. */
const ROOT = join(import.meta.dirname, '../../..');

/**
 * Builds the image from this work tree on a base that is made on this machine. Returns the path of its archive. What buildah
 * keeps is in the folder, too, and goes with it.
 */
export async function buildImage(folder: string): Promise<string> {
  const archive = join(folder, 'mcpworkflow.tar');
  const settings = join(folder, 'storage.conf');
  const store = `graphroot = "${join(folder, 'images')}"\nrunroot = "${join(folder, 'builds')}"\n`;
  writeFileSync(settings, `[storage]\ndriver = "vfs"\n${store}`);
  const env = { ...process.env, CONTAINERS_STORAGE_CONF: settings };
  await node(env, 'scripts/build/image-base.ts', '--tag', BASE_IMAGE);
  await node(env, 'scripts/build/image.ts', '--tag', IMAGE, '--base', BASE_IMAGE, '--save', archive);
  return archive;
}

async function node(env: NodeJS.ProcessEnv, script: string, ...args: readonly string[]): Promise<void> {
  const { code, stdout, stderr } = await runProgram(process.execPath, [script, ...args], { cwd: ROOT, env });
  if (code !== 0) throw new Error(`${script} ended with ${code}: ${stdout.slice(-2000)}\n${stderr.slice(-2000)}`);
}

/** A caller's key: the Secret for the caller, and the hash for the workflow. */
export interface CallerKey {
  readonly secret: string;
  readonly sha256: string;
}

/** Makes a key with the `key` command, as a user would. */
export async function makeKey(): Promise<CallerKey> {
  const { stdout, stderr } = await runProgram(process.execPath, [join(ROOT, 'operator/main.ts'), 'key', CLIENT]);
  const { spec } = parse(stderr) as {
    readonly spec: { readonly access: { readonly apiKeys: readonly { readonly sha256: string }[] } };
  };
  return { secret: stdout, sha256: spec.access.apiKeys[0]?.sha256 ?? '' };
}

/** Runs `cdk8s synth` of the story's app, and returns the folder with the manifests, a file for each chart. */
export async function synthesize(folder: string, keyHash: string): Promise<string> {
  const output = join(folder, 'manifests');
  const cdk8s = join(ROOT, 'node_modules/.bin/cdk8s');
  const args = ['synth', '--app', `${process.execPath} main.ts`, '--output', output, '--check-upgrade', 'false'];
  const { code, stdout, stderr } = await runProgram(cdk8s, args, {
    cwd: join(import.meta.dirname, 'app'),
    env: { ...process.env, STORY_KEY_SHA256: keyHash, CI: 'true' },
  });
  if (code !== 0) throw new Error(`cdk8s synth ended with ${code}: ${stdout}\n${stderr}`);
  return output;
}

/** The file of a chart among the manifests. */
export const chartIn = (manifests: string | undefined, chart: 'platform' | 'shop'): string =>
  join(manifests ?? '', `${chart}.k8s.yaml`);

/** Deletes what was applied, as a user would, and the story's own namespaces. What is not there is no matter. */
export async function clear(cluster: Cluster, manifests: string | undefined): Promise<void> {
  const remove = (...what: readonly string[]) => cluster.kubectl(['delete', '--ignore-not-found', ...WAIT, ...what]);
  // The application first: what it asks while the gateway goes is nobody's promise.
  for (const chart of ['shop', 'platform'] as const) {
    if (manifests !== undefined) await remove('--filename', chartIn(manifests, chart));
  }
  await remove('namespace', ...Object.values(NAMESPACES));
}

/** Bundles what runs in the story's own pods: one file each, so that a ConfigMap can hold it. Returns their folder. */
export async function bundlePrograms(folder: string): Promise<string> {
  const output = join(folder, 'programs');
  mkdirSync(output, { recursive: true });
  await build({
    entryPoints: ['provider', 'client'].map((name) => join(import.meta.dirname, `${name}.ts`)),
    outdir: output,
    outExtension: { '.js': '.mjs' },
    bundle: true,
    minify: true,
    platform: 'node',
    format: 'esm',
    target: 'node22',
    // Packages of CommonJS ask for what Node brings with `require`.
    banner: { js: "import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);" },
    logLevel: 'error',
  });
  return output;
}

/** Makes the namespaces of the story's own pods, what runs in them, and the two providers with their keys. */
export async function setProviders(cluster: Cluster, folder: string): Promise<void> {
  const programs = await bundlePrograms(folder);
  for (const namespace of [NAMESPACES.models, NAMESPACES.shop]) {
    await cluster.kubectl(['create', 'namespace', namespace]);
    const files = ['provider', 'client'].map((name) => `--from-file=${join(programs, `${name}.mjs`)}`);
    await cluster.kubectl(['--namespace', namespace, 'create', 'configmap', PROGRAMS, ...files]);
  }
  const keys = Object.fromEntries(Object.keys(PROVIDERS).map((name) => [name, randomBytes(16).toString('hex')]));
  for (const namespace of [NAMESPACES.models, NAMESPACES.platform]) {
    await apply(cluster, [
      ...(namespace === NAMESPACES.platform ? [namespaceOf(namespace)] : []),
      { apiVersion: 'v1', kind: 'Secret', metadata: { name: KEY_SECRET, namespace }, stringData: keys },
    ]);
  }
  await apply(cluster, Object.keys(PROVIDERS).flatMap(providerManifests));
  await cluster.kubectl([
    '--namespace',
    NAMESPACES.models,
    'wait',
    ...WAIT,
    '--for=condition=Available',
    'deployment',
    '--all',
  ]);
}

/** How long kubectl may wait: everything here takes seconds. */
export const WAIT = ['--timeout=90s'] as const;

const namespaceOf = (name: string) => ({ apiVersion: 'v1', kind: 'Namespace', metadata: { name } });

/** Applies these objects. */
export async function apply(cluster: Cluster, objects: readonly object[]): Promise<void> {
  await cluster.kubectl(['apply', '--filename', '-'], objects.map((object) => stringify(object)).join('---\n'));
}

/** A pod with one of the story's programs. It holds itself to Pod Security `restricted`. */
function storyPod(args: readonly string[], env: readonly object[], port?: number): object {
  return {
    securityContext: { runAsNonRoot: true, runAsUser: 65_532, seccompProfile: { type: 'RuntimeDefault' } },
    automountServiceAccountToken: false,
    terminationGracePeriodSeconds: 1,
    containers: [
      {
        name: 'program',
        image: IMAGE,
        command: ['node', ...args],
        env,
        ...(port !== undefined && { readinessProbe: { tcpSocket: { port }, periodSeconds: 1 } }),
        securityContext: {
          allowPrivilegeEscalation: false,
          readOnlyRootFilesystem: true,
          capabilities: { drop: ['ALL'] },
        },
        volumeMounts: [{ name: 'programs', mountPath: '/story', readOnly: true }],
      },
    ],
    volumes: [{ name: 'programs', configMap: { name: PROGRAMS } }],
  };
}

function providerManifests(name: string): readonly object[] {
  const metadata = { name, namespace: NAMESPACES.models };
  const labels = { provider: name };
  const port = 8080;
  const env = [{ name: 'PROVIDER_KEY', valueFrom: { secretKeyRef: { name: KEY_SECRET, key: name } } }];
  const template = { metadata: { labels }, spec: storyPod(['/story/provider.mjs'], env, port) };
  const spec = { replicas: 1, selector: { matchLabels: labels }, template };
  return [
    { apiVersion: 'apps/v1', kind: 'Deployment', metadata, spec },
    { apiVersion: 'v1', kind: 'Service', metadata, spec: { selector: labels, ports: [{ port }] } },
  ];
}

/** How many pods a provider has: 0 is its death, 1 is the healing. Waits until it is so. */
export async function scaleProvider(cluster: Cluster, name: keyof typeof PROVIDERS, pods: 0 | 1): Promise<void> {
  const models = ['--namespace', NAMESPACES.models];
  await cluster.kubectl([...models, 'scale', 'deployment', name, `--replicas=${pods}`]);
  if (pods === 0)
    await cluster.kubectl([...models, 'wait', ...WAIT, '--for=delete', 'pod', '--selector', `provider=${name}`]);
  else await cluster.kubectl([...models, 'rollout', 'status', ...WAIT, 'deployment', name]);
}

/** What became of the application's questions since this was asked the last time. */
export async function take(cluster: Cluster): Promise<TrafficTally> {
  const pod = await clientPod(cluster);
  const path = `/api/v1/namespaces/${NAMESPACES.shop}/pods/${pod}:${TAKE_PORT}/proxy/take`;
  return JSON.parse(await cluster.kubectl(['get', '--raw', path])) as TrafficTally;
}

async function clientPod(cluster: Cluster): Promise<string> {
  const pod = (await podsOf(cluster, NAMESPACES.shop, CLIENT)).find(({ ending }) => !ending);
  if (pod === undefined) throw new Error('the application has no pod');
  return pod.name;
}

/** A pod. */
export interface Pod {
  readonly name: string;
  /** Whether it has been told to go. */
  readonly ending: boolean;
}

/** The pods of a Deployment. */
export async function podsOf(cluster: Cluster, namespace: string, deployment: string): Promise<readonly Pod[]> {
  const get = async <T>(...what: readonly string[]): Promise<T> =>
    JSON.parse(await cluster.kubectl(['--namespace', namespace, 'get', ...what, '--output=json'])) as T;
  const { spec } = await get<DeploymentObject>('deployment', deployment);
  const labels = Object.entries(spec.selector.matchLabels).map(([key, value]) => `${key}=${value}`);
  const { items } = await get<PodObjects>('pods', '--selector', labels.join(','));
  return items.map(({ metadata }) => ({ name: metadata.name, ending: metadata.deletionTimestamp !== undefined }));
}

interface DeploymentObject {
  readonly spec: { readonly selector: { readonly matchLabels: Readonly<Record<string, string>> } };
}

interface PodObjects {
  readonly items: readonly { readonly metadata: { readonly name: string; readonly deletionTimestamp?: string } }[];
}

/** One question of the application's pod, with what `connect()` gave it. */
export async function askFromClient(cluster: Cluster): Promise<Answered> {
  const exec = ['--namespace', NAMESPACES.shop, 'exec', await clientPod(cluster), '--'];
  return JSON.parse(await cluster.kubectl([...exec, 'node', '/story/client.mjs', 'ask'])) as Answered;
}

/** What the application's pod finds in its environment. */
export async function environmentOfClient(cluster: Cluster): Promise<Readonly<Record<string, string>>> {
  const exec = ['--namespace', NAMESPACES.shop, 'exec', await clientPod(cluster), '--'];
  const print = 'process.stdout.write(JSON.stringify(process.env))';
  return JSON.parse(await cluster.kubectl([...exec, 'node', '--eval', print])) as Readonly<Record<string, string>>;
}

/** One question of a pod of the same namespace that knows the address and has this for a key. */
export async function askAsStranger(cluster: Cluster, baseURL: string, key: string): Promise<Answered> {
  const pod = ['--namespace', NAMESPACES.shop];
  const env = [
    { name: 'ANTHROPIC_BASE_URL', value: baseURL },
    { name: 'ANTHROPIC_API_KEY', value: key },
  ];
  const metadata = { name: 'stranger', namespace: NAMESPACES.shop };
  const spec = { restartPolicy: 'Never', ...storyPod(['/story/client.mjs', 'ask'], env) };
  await apply(cluster, [{ apiVersion: 'v1', kind: 'Pod', metadata, spec }]);
  await cluster.kubectl([...pod, 'wait', ...WAIT, '--for=jsonpath={.status.phase}=Succeeded', 'pod/stranger']);
  const said = await cluster.kubectl([...pod, 'logs', 'stranger']);
  await cluster.kubectl([...pod, 'delete', 'pod', 'stranger', '--now']);
  return JSON.parse(said) as Answered;
}
