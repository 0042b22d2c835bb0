// Operator and gateway as separate processes against a real API server, each under exactly its role, between simulated
// providers and whoever calls the gateway. A proxy in front of the API server sees all that they ask, and fails on demand.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { request } from 'undici';
import { rbacManifests } from '../../lib/manifests/rbac.ts';
import { startProvider } from '../../operator/dev/provider/provider.ts';
import type { SimulatedProvider } from '../../operator/dev/provider/provider.ts';
import { startControlPlane } from '../cluster/control-plane.ts';
import type { ControlPlane } from '../cluster/control-plane.ts';
import { startFaultProxy } from '../cluster/fault-proxy.ts';
import type { FaultProxy } from '../cluster/fault-proxy.ts';
import { freePort } from '../cluster/free-port.ts';
import { until } from '../cluster/plane-access.ts';
import { network } from './network.ts';
import type { Network } from './network.ts';
import { launch } from './program.ts';
import type { Program } from './program.ts';

/** The namespace of both programs. */
export const NAMESPACE = 'mcp-system';

/** The only keys that the two providers accept. The programs find them in files. */
const KEYS = { primary: 'key-of-the-primary-5b1f', fallback: 'key-of-the-fallback-c07e' } as const;

/** How a deployment may differ from the usual one. */
export interface DeploymentOptions {
  /**
   * Both programs get a network of their own, in which these hosts lead to loopback. Without it they have the machine's, and
   * nothing of it can be cut.
   */
  readonly loopback?: readonly string[];
  /** The operator finds the gateway behind this Service (`name:port-name`). Without it it is told where the gateway is. */
  readonly gatewayService?: string;
  /** No proxy in between: for measuring. */
  readonly direct?: boolean;
  /** Between two events of a provider's stream, in milliseconds. @default 5 */
  readonly gapMs?: number;
}

/** How one more gateway may differ from the first. */
export interface ReplicaOptions {
  /** The address that it listens on, as `--listen` takes it. @default 127.0.0.1 */
  readonly host?: string;
  /** It was given a certificate. @default false */
  readonly tls?: boolean;
  /** More of its arguments; they win over those of the first. */
  readonly args?: readonly string[];
}

/** One more gateway. */
export interface Replica {
  /** Where it serves callers. */
  readonly origin: string;
  readonly program: Program;
}

/** What runs, and the handles to break it. */
export interface Deployment {
  readonly plane: ControlPlane;
  /** Between the API server and both programs. */
  readonly proxy: FaultProxy;
  readonly primary: SimulatedProvider;
  readonly fallback: SimulatedProvider;
  readonly gatewayURL: string;
  /** The provider catalog of both programs (JSON); an edit is in use a second later. */
  readonly catalogFile: string;
  /** Where the operator reads the gateway's counters. */
  readonly countersPort: number;
  /** Cuts the operators, and not the gateway, off from these ports. Needs `loopback`. */
  cutOperators(ports: readonly number[]): void;
  /** Waits until the gateway, or the one at `origin`, knows these workflows (`namespace/name`). */
  untilRouted(keys: readonly string[], origin?: string): Promise<void>;
  /** Waits until the operator leads. */
  untilLeading(limitMs: number): Promise<void>;
  /** The operator that was started last. */
  operator(): Program;
  gateway(): Program;
  /** Starts one more operator. */
  startOperator(): Promise<Program>;
  restartOperator(signal: 'SIGTERM' | 'SIGKILL'): Promise<void>;
  restartGateway(): Promise<void>;
  /** Starts one more gateway, which nobody reads the counters of, and waits until it is ready. */
  startReplica(options?: ReplicaOptions): Promise<Replica>;
  /** Everything that the processes logged. */
  log(): string;
  /** Which secrets were logged, by name: keys of providers, and tokens for the API server. */
  leaks(): readonly string[];
  stop(): Promise<void>;
}

/** Applies the roles of both programs. */
async function grant(plane: ControlPlane): Promise<void> {
  const manifests = rbacManifests({
    namespace: NAMESPACE,
    operatorServiceAccount: 'mcp-operator',
    gatewayServiceAccount: 'mcp-gateway',
  });
  const applied = await plane.kubectl(
    ['apply', '-f', '-'],
    JSON.stringify({ apiVersion: 'v1', kind: 'List', items: manifests }),
  );
  if (applied.code !== 0) throw new Error(applied.stderr);
  // A program that starts sooner than the authorizer has read them is refused, and waits.
  for (const token of [plane.operatorToken, plane.gatewayToken]) {
    await until('the roles to be in force', async () => {
      const { status } = await plane.request('GET', '/apis/ai.example.com/v1alpha1/mcpworkflows', undefined, { token });
      return status === 200;
    });
  }
}

type Providers = Readonly<Record<keyof typeof KEYS, SimulatedProvider>>;

/** Writes the catalog and its keys. Returns the catalog's path. */
function writeCatalog(folder: string, providers: Providers): string {
  const entry = (whose: keyof Providers, protocol: 'Anthropic' | 'OpenAI', models: string) => ({
    name: `${whose}-${protocol.toLowerCase()}`,
    protocol,
    baseURL: protocol === 'Anthropic' ? providers[whose].anthropicURL : providers[whose].openaiURL,
    models: [models],
    auth: { file: join(folder, whose) },
    canary: { timeout: '2s' },
  });
  for (const [whose, key] of Object.entries(KEYS)) writeFileSync(join(folder, whose), `${key}\n`, { mode: 0o600 });
  const path = join(folder, 'providers.yaml');
  const catalog = [
    entry('primary', 'Anthropic', 'claude-opus-*'),
    entry('fallback', 'Anthropic', 'claude-sonnet-*'),
    entry('primary', 'OpenAI', 'gpt-*'),
    entry('fallback', 'OpenAI', 'local-*'),
  ];
  writeFileSync(path, JSON.stringify({ providers: catalog }));
  return path;
}

/** Starts everything: about eight seconds. */
export async function startDeployment(options: DeploymentOptions = {}): Promise<Deployment> {
  const plane = await startControlPlane();
  await plane.installCRD();
  await grant(plane);
  const proxy = await startFaultProxy(plane);
  const folder = mkdtempSync(join(tmpdir(), 'mcpworkflow-e2e-'));
  const { gapMs = 5 } = options;
  const primary = await startProvider({ gapMs, key: KEYS.primary });
  const fallback = await startProvider({ gapMs, key: KEYS.fallback });
  const catalog = writeCatalog(folder, { primary, fallback });
  const [gatewayPort, countersPort] = [await freePort(), await freePort()];
  const gatewayURL = `http://127.0.0.1:${gatewayPort}`;
  const networkOf = (program: string): Network | undefined =>
    options.loopback && network(join(folder, `${program}-network.json`), options.loopback);
  const networks = { operator: networkOf('operator'), gateway: networkOf('gateway') };
  const operators: Program[] = [];
  const replicas: Program[] = [];
  let log = '';

  const kubeconfig = (program: 'operator' | 'gateway') =>
    options.direct === true ? plane.kubeconfig(program) : proxy.kubeconfig(program);
  const run = (program: 'operator' | 'gateway', origin: string, args: readonly string[]): Program =>
    launch({
      args: [
        ...[program, '--providers', catalog, '--kubeconfig', kubeconfig(program), '--namespace', NAMESPACE],
        ...args,
      ],
      origin,
      network: networks[program],
      onOutput: (text) => void (log += text),
    });
  const gatewayArgs = (listen: string, countersListen: number) => [
    ...['--listen', listen, '--counters-listen', `127.0.0.1:${countersListen}`],
    // Nobody who withdraws endpoints has to be waited for.
    ...['--drain-linger', '0s', '--drain-limit', '5s'],
  ];
  const runGateway = () => run('gateway', gatewayURL, gatewayArgs(`127.0.0.1:${gatewayPort}`, countersPort));
  const runOperator = async (): Promise<Program> => {
    const address = `127.0.0.1:${await freePort()}`;
    const counters =
      options.gatewayService === undefined
        ? ['--gateway-counters', `http://127.0.0.1:${countersPort}/internal/counters`]
        : ['--gateway-service', options.gatewayService];
    const operator = run('operator', `http://${address}`, ['--metrics-listen', address, ...counters]);
    operators.push(operator);
    return operator;
  };
  let operator = await runOperator();
  let gateway = runGateway();

  return {
    plane,
    proxy,
    primary,
    fallback,
    gatewayURL,
    catalogFile: catalog,
    countersPort,
    cutOperators(ports) {
      if (!networks.operator) throw new Error('expected a deployment with `loopback`: this one has no network to cut');
      networks.operator.cut(ports);
    },
    async untilRouted(keys, origin = gatewayURL) {
      // `GET models` of an unknown workflow is a 404 of ours.
      for (const key of keys) {
        await until(`the gateway to know ${key}\n${log}`, async () => {
          const { statusCode, body } = await request(`${origin}/${key}/openai/v1/models`);
          await body.dump();
          return statusCode !== 404;
        });
      }
    },
    untilLeading: (limitMs) =>
      until(
        `the operator to lead\n${log.slice(-4000)}`,
        async () => (await operator.metric('mcpworkflow_leader')) === 1,
        limitMs,
      ),
    operator: () => operator,
    gateway: () => gateway,
    async startOperator() {
      operator = await runOperator();
      return operator;
    },
    async restartOperator(signal) {
      await operator.end(signal);
      operator = await runOperator();
    },
    async restartGateway() {
      await gateway.end('SIGTERM');
      gateway = runGateway();
    },
    async startReplica({ host = '127.0.0.1', tls = false, args = [] } = {}) {
      const [port, counters] = [await freePort(), await freePort()];
      const origin = `${tls ? 'https' : 'http'}://127.0.0.1:${port}`;
      const program = run('gateway', origin, [...gatewayArgs(`${host}:${port}`, counters), ...args]);
      replicas.push(program);
      // Asked on this port, because no certificate has to be trusted there.
      await until(`another gateway to be ready\n${log.slice(-4000)}`, async () => {
        const { statusCode, body } = await request(`http://127.0.0.1:${counters}/internal/counters`);
        await body.dump();
        return statusCode === 200;
      });
      return { origin, program };
    },
    log: () => log,
    leaks: () =>
      Object.entries({ ...KEYS, ...plane.connection.tokens })
        .filter(([, secret]) => log.includes(secret))
        .map(([name]) => name),
    async stop() {
      await Promise.all([gateway, ...replicas, ...operators].map((program) => program.end('SIGTERM')));
      await Promise.all([primary.stop(), fallback.stop()]);
      await proxy.stop();
      await plane.stop();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
