// Operator and gateway as separate processes against a real API server, each under exactly its role, between simulated
// providers and whoever calls the gateway.
import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { request } from 'undici';
import { rbacManifests } from '../../lib/manifests/rbac.ts';
import { startProvider } from '../../operator/dev/provider/provider.ts';
import type { SimulatedProvider } from '../../operator/dev/provider/provider.ts';
import { startControlPlane } from '../cluster/control-plane.ts';
import type { ControlPlane } from '../cluster/control-plane.ts';
import { freePort } from '../cluster/free-port.ts';
import { until } from '../cluster/plane-access.ts';

const NAMESPACE = 'mcp-system';
const main = resolve(import.meta.dirname, '../../operator/main.ts');

/** What runs, and the handles to break it. */
export interface Deployment {
  readonly plane: ControlPlane;
  readonly primary: SimulatedProvider;
  readonly fallback: SimulatedProvider;
  readonly gatewayURL: string;
  /** Waits until the gateway knows these workflows (`namespace/name`). */
  untilRouted(keys: readonly string[]): Promise<void>;
  /** Waits until the operator leads. */
  untilLeading(limitMs: number): Promise<void>;
  /** Waits until the gateway has its first table. */
  untilServing(limitMs: number): Promise<void>;
  restartOperator(signal: 'SIGTERM' | 'SIGKILL'): Promise<void>;
  stopOperator(signal: 'SIGTERM' | 'SIGKILL'): Promise<void>;
  startOperator(): void;
  restartGateway(): Promise<void>;
  /** What `/metrics` of one of the programs says now. */
  metrics(of: 'operator' | 'gateway'): Promise<string>;
  /** Everything that both processes logged. */
  log(): string;
  stop(): Promise<void>;
}

async function end(child: ChildProcess | undefined, signal: 'SIGTERM' | 'SIGKILL'): Promise<void> {
  if (!child || child.exitCode !== null || child.signalCode !== null) return;
  const ended = once(child, 'exit');
  child.kill(signal);
  await ended;
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
}

/** Starts everything: about eight seconds. `providers` may add to the catalog of the two simulated ones. */
export async function startDeployment(
  options: { readonly server?: (plane: ControlPlane) => string } = {},
): Promise<Deployment> {
  const plane = await startControlPlane();
  await plane.installCRD();
  await grant(plane);
  const folder = mkdtempSync(join(tmpdir(), 'mcpworkflow-e2e-'));
  const primary = await startProvider({ gapMs: 5 });
  const fallback = await startProvider({ gapMs: 5 });
  const catalog = join(folder, 'providers.yaml');
  const canary = { timeout: '2s' };
  writeFileSync(
    catalog,
    JSON.stringify({
      providers: [
        {
          name: 'primary-anthropic',
          protocol: 'Anthropic',
          baseURL: primary.anthropicURL,
          models: ['claude-opus-*'],
          canary,
        },
        {
          name: 'fallback-anthropic',
          protocol: 'Anthropic',
          baseURL: fallback.anthropicURL,
          models: ['claude-sonnet-*'],
          canary,
        },
        { name: 'primary-openai', protocol: 'OpenAI', baseURL: primary.openaiURL, models: ['gpt-*'], canary },
        { name: 'fallback-openai', protocol: 'OpenAI', baseURL: fallback.openaiURL, models: ['local-*'], canary },
      ],
    }),
  );
  const [gatewayPort, countersPort, metricsPort] = [await freePort(), await freePort(), await freePort()];
  const server = options.server?.(plane) ?? plane.server;
  let log = '';

  const launch = (args: readonly string[]): ChildProcess => {
    const child = spawn(process.execPath, [main, ...args], { stdio: ['ignore', 'pipe', 'pipe'] });
    const keep = (chunk: Buffer) => (log += chunk.toString());
    child.stdout.on('data', keep);
    child.stderr.on('data', keep);
    return child;
  };
  const launchOperator = () =>
    launch([
      ...[
        'operator',
        '--providers',
        catalog,
        '--kubeconfig',
        plane.kubeconfig('operator', server),
        '--namespace',
        NAMESPACE,
      ],
      ...[
        '--metrics-listen',
        `127.0.0.1:${metricsPort}`,
        '--gateway-counters',
        `http://127.0.0.1:${countersPort}/internal/counters`,
      ],
    ]);
  const launchGateway = () =>
    launch([
      ...[
        'gateway',
        '--providers',
        catalog,
        '--kubeconfig',
        plane.kubeconfig('gateway', server),
        '--namespace',
        NAMESPACE,
      ],
      ...['--listen', `127.0.0.1:${gatewayPort}`, '--counters-listen', `127.0.0.1:${countersPort}`],
    ]);
  let operator = launchOperator();
  let gateway = launchGateway();
  const gatewayURL = `http://127.0.0.1:${gatewayPort}`;
  const metricsURL = { operator: `http://127.0.0.1:${metricsPort}/metrics`, gateway: `${gatewayURL}/metrics` };
  const answers = async (url: string, test: (status: number, text: string) => boolean) => {
    const { statusCode, body } = await request(url);
    return test(statusCode, await body.text());
  };

  return {
    plane,
    primary,
    fallback,
    gatewayURL,
    async untilRouted(keys) {
      // `GET models` of an unknown workflow is a 404 of ours.
      for (const key of keys) {
        await until(`the gateway to know ${key}\n${log}`, () =>
          answers(`${gatewayURL}/${key}/openai/v1/models`, (status) => status !== 404),
        );
      }
    },
    untilLeading: (limitMs) =>
      until(
        `the operator to lead\n${log.slice(-4000)}`,
        () => answers(metricsURL.operator, (_, text) => /^mcpworkflow_leader(\{[^}]*\})? 1$/m.test(text)),
        limitMs,
      ),
    untilServing: (limitMs) =>
      until(
        `the gateway to be ready\n${log.slice(-4000)}`,
        () => answers(`${gatewayURL}/readyz`, (status) => status === 200),
        limitMs,
      ),
    async restartOperator(signal) {
      await end(operator, signal);
      operator = launchOperator();
    },
    stopOperator: (signal) => end(operator, signal),
    startOperator() {
      operator = launchOperator();
    },
    async restartGateway() {
      await end(gateway, 'SIGTERM');
      gateway = launchGateway();
    },
    metrics: async (of) => (await request(metricsURL[of])).body.text(),
    log: () => log,
    async stop() {
      await Promise.all([end(operator, 'SIGTERM'), end(gateway, 'SIGTERM')]);
      await Promise.all([primary.stop(), fallback.stop()]);
      await plane.stop();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
