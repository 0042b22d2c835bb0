// A gateway that listens and whose table is kept current, put together once for embedded mode and for the cluster. It
// serves /healthz, /readyz and /metrics beside the model paths.
import type { FastifyInstance } from 'fastify';
import type { AddressInfo } from 'node:net';
import type { Workflow, WorkflowKey } from '../lib/api/workflow.ts';
import type { Clock } from './clock.ts';
import type { CredentialSource } from './credentials.ts';
import { formatProblem } from './file-problem.ts';
import type { WhoseToken } from './gateway/front/door.ts';
import { createGateway } from './gateway/front/server.ts';
import type { DrainLimits, Guard } from './gateway/front/server.ts';
import type { Connect } from './gateway/upstream/upstream.ts';
import { gatewayMetrics } from './gateway-metrics.ts';
import { listenError } from './listen-address.ts';
import type { ListenAddress } from './listen-address.ts';
import { createRouteSource } from './route-source.ts';
import { buildRouteTable } from './routes/table.ts';
import type { RouteTable } from './routes/types.ts';
import type { Resolver } from './targets.ts';
import type { CounterSnapshot } from './telemetry/counter-snapshot.ts';
import type { Logger } from './telemetry/logger.ts';
import type { Metrics } from './telemetry/metrics.ts';
import type { Tracing } from './telemetry/tracing.ts';
import { watchTlsFiles } from './tls-files.ts';
import type { TlsFiles, TlsPair, TlsSource } from './tls-files.ts';

/** What a serving gateway runs on. */
export interface ServePorts {
  readonly clock: Clock;
  readonly log: Logger;
  readonly metrics: Metrics;
  readonly workflows: { get(key: WorkflowKey): Workflow | undefined; list(): Iterable<Workflow> };
  readonly resolver: Resolver;
  readonly credentials: CredentialSource;
  readonly listen: ListenAddress;
  readonly guard?: Guard;
  /** Every caller needs a key; default only those of workflows that have keys. */
  readonly mustProve?: boolean;
  /** Says whose token it is, for callers without a key; default nobody has tokens. */
  readonly whose?: WhoseToken;
  /** Where the certificate is; default plain HTTP. */
  readonly tls?: TlsFiles;
  /** How providers are connected to; default to wherever a name leads. */
  readonly connect?: Connect;
  /** The operator has not been seen for long; only in a cluster. */
  readonly alone?: () => boolean;
  /** When the source of workflows was last known to be current; default always. */
  readonly currentAt?: () => number;
  /** Where requests are traced; default nowhere. */
  readonly tracing?: Tracing | undefined;
  /** Adds more paths to the same server. */
  readonly extend?: (app: FastifyInstance) => void;
}

/** A gateway that listens. */
export interface Serving {
  /** Where it listens, with the real port. */
  readonly address: ListenAddress;
  counters(): CounterSnapshot;
  table(): RouteTable;
  /** One workflow appeared, changed (its status included) or went. */
  workflowChanged(key: WorkflowKey): void;
  /** All workflows are known, or the catalog, a credential or a redirect changed. The first call makes it ready. */
  everythingChanged(): void;
  /** Not ready from now on; ends as `limits` say. */
  stop(limits?: DrainLimits): Promise<void>;
}

function addHealth(app: FastifyInstance, metrics: Metrics, ready: () => boolean): void {
  app.get('/healthz', (_request, reply) => reply.type('text/plain').send('ok\n'));
  app.get('/readyz', (_request, reply) =>
    ready() ? reply.type('text/plain').send('ok\n') : reply.code(503).type('text/plain').send('no route table\n'),
  );
  app.get('/metrics', async (_request, reply) => reply.type(metrics.contentType).send(await metrics.text()));
}

function followTls({ tls, clock, log }: ServePorts, renew: (pair: TlsPair) => void): TlsSource | undefined {
  if (!tls) return undefined;
  return watchTlsFiles(tls, {
    clock,
    onChange(pair) {
      renew(pair);
      log.info('certificate changed; new connections see it');
    },
    onError: (problem) =>
      log.warn('certificate cannot be used; the last good one stays', { problem: formatProblem(problem) }),
  });
}

/**
 * Starts to listen, with an empty table until `everythingChanged` is called. Rejects with a SetupError when the address
 * cannot be had.
 */
export async function serve(ports: ServePorts): Promise<Serving> {
  const { clock, log, metrics, credentials, listen } = ports;
  let table = buildRouteTable([]);
  let ready = false;
  const tls = followTls(ports, (pair) => gateway.renewTls(pair));

  const gateway = createGateway({
    table: () => table,
    credentials(ref) {
      const credential = credentials.lookup(ref);
      return credential.kind === 'found' ? credential.value : undefined;
    },
    clock,
    random: Math.random,
    log,
    metrics: gatewayMetrics(metrics),
    ...(ports.alone && { alone: ports.alone }),
    ...(ports.guard && { guard: ports.guard }),
    mustProve: ports.mustProve ?? false,
    ...(ports.whose && { whose: ports.whose }),
    ...(ports.connect && { connect: ports.connect }),
    ...(tls && { tls: tls.current() }),
    tracing: ports.tracing,
  });
  const routes = createRouteSource({
    clock,
    resolver: ports.resolver,
    workflows: ports.workflows,
    publish(next) {
      gateway.onTable(next);
      // One assignment: a request that has begun keeps the table it started with, the next one sees this.
      table = next;
    },
    onError(error, workflow) {
      metrics.routeTableRejected.inc();
      log.error('route table could not be built; the one before stays', {
        workflow,
        error: error instanceof Error ? error : new Error(String(error)),
      });
    },
  });

  addHealth(gateway.app, metrics, () => ready);
  ports.extend?.(gateway.app);
  metrics.beforeScrape(() => {
    const { open, halfOpen } = gateway.breakers();
    metrics.breakers.set({ state: 'open' }, open);
    metrics.breakers.set({ state: 'halfOpen' }, halfOpen);
    const { requests, answers } = gateway.held();
    metrics.heldBytes.set({ of: 'requests' }, requests);
    metrics.heldBytes.set({ of: 'answers' }, answers);
    metrics.alone.set(ports.alone?.() ? 1 : 0);
    metrics.routeTableAge.set(Math.max(0, clock.now() - (ports.currentAt?.() ?? clock.now())) / 1_000);
  });
  try {
    await gateway.app.listen({ host: listen.host, port: listen.port });
  } catch (error) {
    tls?.stop();
    await gateway.stop();
    throw listenError(error as Error, listen, '--listen');
  }
  const { port } = gateway.app.server.address() as AddressInfo;

  return {
    address: { host: listen.host, port },
    counters: () => gateway.counters(),
    table: () => table,
    workflowChanged: (key) => routes.workflowChanged(key),
    everythingChanged() {
      ports.resolver.changed();
      routes.rebuildAll();
      ready = true;
    },
    async stop(limits) {
      ready = false;
      await gateway.stop(limits);
      tls?.stop();
      routes.stop();
    },
  };
}
