// A gateway between callers and two providers on loopback, and a route table made from builders with good defaults.
import type { AddressInfo } from 'node:net';
import type { Protocol } from '../../../lib/api/spec.ts';
import { systemClock } from '../../../operator/clock.ts';
import type { Clock } from '../../../operator/clock.ts';
import { createApiKey } from '../../../operator/gateway/front/api-key.ts';
import { createGateway } from '../../../operator/gateway/front/server.ts';
import type { Gateway, GatewayOptions } from '../../../operator/gateway/front/server.ts';
import type { RouteModel, RouteTable, Target, WorkflowRoute } from '../../../operator/routes/types.ts';
import { startUpstream } from './upstream.ts';
import type { Upstream } from './upstream.ts';

export const CALLER_KEY = createApiKey();
export const providerKey = (provider: string) => `sk-of-${provider}-secret`;

export const target = (
  provider: string,
  protocol: Protocol,
  baseURL: string,
  change: Partial<Target> = {},
): Target => ({
  id: `${provider}-${protocol}`,
  provider,
  protocol,
  baseURL,
  upstreamModel: `up-${provider}`,
  credential: { kind: 'env', name: provider },
  reasoning: false,
  ...change,
});

/** A model that a server serves in both dialects. */
export function model(name: string, specIndex: number, origin: string, change: Partial<RouteModel> = {}): RouteModel {
  return {
    name,
    specIndex,
    standing: 'well',
    since: '2026-01-01T00:00:00Z',
    trial: false,
    targets: { Anthropic: target(name, 'Anthropic', origin), OpenAI: target(name, 'OpenAI', `${origin}/v1`) },
    set: {},
    remove: [],
    ...change,
  };
}

export const route = (models: readonly RouteModel[], change: Partial<WorkflowRoute> = {}): WorkflowRoute => ({
  key: 'ns/wf',
  uid: 'uid-1',
  dialect: 'Anthropic',
  primary: 'primary',
  activeModel: 'primary',
  models,
  notServing: [],
  keyHashes: [],
  checks: [],
  consecutiveFailures: 3,
  requestTimeout: 'Auto',
  firstTokenTimeout: 'Auto',
  streamIdleTimeout: 'Auto',
  retries: 1,
  ...change,
});

export const tableOf = (...routes: WorkflowRoute[]): RouteTable => ({
  version: 1,
  workflows: Object.fromEntries(routes.map((each) => [each.key, each])),
});

export const silent = { error: () => {}, warn: () => {}, info: () => {}, debug: () => {} };

export interface Stage {
  readonly gateway: Gateway;
  readonly origin: string;
  readonly primary: Upstream;
  readonly fallback: Upstream;
  readonly errors: string[];
  /** Replaces the table, as main would. */
  use(...routes: WorkflowRoute[]): void;
  /** The usual route over both providers, with changes. */
  usual(change?: Partial<WorkflowRoute>, primary?: Partial<RouteModel>, fallback?: Partial<RouteModel>): WorkflowRoute;
  close(): Promise<void>;
}

export async function startStage(options: { readonly clock?: Clock } & Partial<GatewayOptions> = {}): Promise<Stage> {
  const [primary, fallback] = await Promise.all([startUpstream(), startUpstream()]);
  fallback.text = 'from the fallback';
  const usual: Stage['usual'] = (change = {}, first = {}, second = {}) =>
    route([model('primary', 0, primary.origin, first), model('fallback', 1, fallback.origin, second)], change);
  let table = tableOf(usual());
  const errors: string[] = [];
  const gateway = createGateway({
    table: () => table,
    credentials: (ref) => (ref.kind === 'env' ? providerKey(ref.name) : undefined),
    clock: systemClock(),
    random: () => 0,
    log: {
      ...silent,
      error: (sentence, fields) => void errors.push(`${sentence} ${String((fields?.['error'] as Error)?.stack)}`),
    },
    ...options,
  });
  gateway.onTable(table);
  await gateway.app.listen({ port: 0, host: '127.0.0.1' });
  return {
    gateway,
    origin: `http://127.0.0.1:${(gateway.app.server.address() as AddressInfo).port}`,
    primary,
    fallback,
    errors,
    use(...routes) {
      table = tableOf(...routes);
      gateway.onTable(table);
    },
    usual,
    async close() {
      await gateway.stop();
      await Promise.all([primary.close(), fallback.close()]);
    },
  };
}

/** A port that nobody listens on: connections to it are refused. */
export async function refusingOrigin(): Promise<string> {
  const gone = await startUpstream();
  await gone.close();
  return gone.origin;
}
