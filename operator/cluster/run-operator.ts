// The `operator` command: the control loop on a real API server. A replica that does not lead keeps a warm cache and waits;
// one that loses the Lease stops its loop at once and stands for election again.
import { Agent } from 'undici';
import type { WorkflowKey } from '../../lib/api/workflow.ts';
import { systemClock } from '../clock.ts';
import type { OperatorConfig } from '../config.ts';
import { watchEndpoints } from '../kube/endpoints.ts';
import type { EndpointSource } from '../kube/endpoints.ts';
import { eventSink } from '../kube/events.ts';
import { joinElection } from '../kube/lease.ts';
import type { Elector } from '../kube/lease.ts';
import { statusStore } from '../kube/status-store.ts';
import { createTransport } from '../kube/transport.ts';
import { writeLane } from '../kube/write-lane.ts';
import { startLoop } from '../loop.ts';
import type { Loop } from '../loop.ts';
import { httpCounterSource } from '../observe/counter-source.ts';
import type { CounterSource } from '../observe/counter-source.ts';
import type { KnownWorkflow } from '../observe/observe.ts';
import { startOpsServer, text } from '../ops-server.ts';
import { createLogger } from '../telemetry/logger.ts';
import type { Logger } from '../telemetry/logger.ts';
import { createMetrics } from '../telemetry/metrics.ts';
import type { Metrics } from '../telemetry/metrics.ts';
import { openCluster } from './cluster.ts';
import type { Cluster } from './cluster.ts';
import { longestSilenceMs } from './silence.ts';
import { createStalledWriter } from './unusable.ts';

const COUNTERS_TIMEOUT_MS = 1_000;

/** The gateways of a fixed list, or those behind a Service. */
function counterSources(
  config: OperatorConfig,
  agent: Agent,
  endpoints: EndpointSource | undefined,
  clock: ReturnType<typeof systemClock>,
) {
  const known = new Map<string, CounterSource>();
  const source = (origin: string) => {
    const before = known.get(origin);
    if (before) return before;
    const made = httpCounterSource(
      { dispatcher: agent, clock },
      { id: origin, origin, timeoutMs: COUNTERS_TIMEOUT_MS },
    );
    known.set(origin, made);
    return made;
  };
  return (): readonly CounterSource[] => {
    const origins = endpoints
      ? endpoints.addresses().map((address) => `http://${address}`)
      : (config.gatewayCounters ?? []).map((url) => url.replace(/\/internal\/counters\/?$/, ''));
    for (const origin of known.keys()) if (!origins.includes(origin)) known.delete(origin);
    return origins.map(source);
  };
}

const lookup =
  (cluster: Cluster) =>
  (key: WorkflowKey): KnownWorkflow | undefined => {
    const known = cluster.workflows.get(key);
    if (known?.kind !== 'usable') return undefined;
    return { workflow: known.workflow, ...(known.invalid !== undefined && { invalid: known.invalid }) };
  };

interface OperatorParts {
  readonly config: OperatorConfig;
  readonly log: Logger;
  readonly metrics: Metrics;
  readonly env: NodeJS.ProcessEnv;
}

/** Runs until `stopped` is aborted, then hands the Lease over. Resolves to the exit code. */
export async function runOperator(
  config: OperatorConfig,
  env: NodeJS.ProcessEnv,
  stopped: AbortSignal,
): Promise<number> {
  const log = createLogger({ level: config.logLevel });
  const metrics = createMetrics({ process: true });
  const running = await startOperator({ config, log, metrics, env });
  log.info('operator started', { metrics: running.metricsPort });
  await new Promise<void>((resolve) => stopped.addEventListener('abort', () => resolve(), { once: true }));
  await running.stop();
  log.info('operator stopped');
  return 0;
}

/** Rejects with a SetupError when it cannot start as it was told to, and has let go of everything by then. */
async function startOperator({ config, log, metrics, env }: OperatorParts) {
  await using starting = new AsyncDisposableStack();
  const clock = systemClock();
  let loop: Loop | undefined;
  let elector: Elector | undefined;
  const isLeader = () => elector?.isLeader() ?? !config.leaderElect;
  const opened = await openCluster({
    ...config,
    env,
    clock,
    log,
    metrics,
    onWorkflow(key) {
      loop?.enqueue(key);
      stalled.changed(key);
    },
    onEverything: () => loop?.everythingChanged(),
  });
  const cluster = starting.adopt(opened, (each) => each.stop());
  const { connection, transport, resolver } = cluster;
  const stalled = createStalledWriter({ transport, workflows: cluster.workflows, isLeader, clock, log });
  const lane = writeLane({ clock });
  const lease = { namespace: config.namespace, name: config.leaseName };
  const electionTransport = createTransport({ connection, clock, connections: 2 });
  starting.adopt(electionTransport, (each) => each.close());
  const targets = new Agent({ allowH2: false, keepAliveTimeout: 30_000, connect: cluster.connect });
  const upstream = starting.adopt(targets, (each) => each.destroy());
  // The gateways are no targets: they may be anywhere, also on loopback.
  const plain = new Agent({ allowH2: false, keepAliveTimeout: 30_000 });
  const gateways = starting.adopt(plain, (each) => each.destroy());
  const endpoints = config.gatewayService
    ? watchEndpoints({
        transport,
        clock,
        log,
        port: {
          namespace: config.namespace,
          service: config.gatewayService.name,
          portName: config.gatewayService.portName,
        },
      })
    : undefined;
  starting.defer(() => endpoints?.stop());

  const startedAt = clock.now();
  let lastTickAt = startedAt;
  const healthy = async () => {
    const tick = (await metrics.lastTick.get()).values[0]?.value ?? 0;
    lastTickAt = Math.max(lastTickAt, tick * 1_000);
    if (!isLeader()) return true;
    const intervals = cluster.workflows.keys().flatMap((key) => lookup(cluster)(key)?.workflow.spec.interval ?? []);
    return clock.now() - lastTickAt < longestSilenceMs(intervals);
  };
  // Before the election: a replica that nobody can look at must not lead.
  const listening = await startOpsServer(config.metricsListen, '--metrics-listen', {
    '/healthz': async () =>
      (await healthy()) ? text(200, 'ok') : text(503, 'no workflow has been looked at for too long'),
    '/readyz': () =>
      cluster.workflows.isSettled() ? text(200, 'ok') : text(503, 'the workflows have not been read yet'),
    '/metrics': async () => ({ status: 200, contentType: metrics.contentType, body: await metrics.text() }),
  });
  const ops = starting.adopt(listening, (each) => each.stop());

  let closing: Promise<void> = Promise.resolve();
  const begin = () => {
    metrics.leader.set(1);
    void Promise.all([cluster.workflows.settled, closing]).then(() => {
      if (!isLeader() || loop) return;
      loop = startLoop({
        clock,
        log,
        metrics,
        workflows: { lookup: lookup(cluster), keys: () => cluster.workflows.keys() },
        resolver,
        status: store,
        turns: lane,
        events,
        counterSources: counterSources(config, gateways, endpoints, clock),
        isLeader,
        dispatcher: upstream,
      });
      for (const key of cluster.workflows.keys()) stalled.changed(key);
    });
  };
  const end = () => {
    metrics.leader.set(0);
    const ending = loop;
    loop = undefined;
    if (ending) closing = ending.stop();
  };
  if (config.leaderElect) {
    elector = joinElection({ transport: electionTransport, clock, log, lease, onStarted: begin, onStopped: end });
  }
  const store = statusStore({ transport, lane, isLeader });
  const events = eventSink({
    transport,
    lane,
    isLeader,
    clock,
    log,
    lease,
    instance: elector?.identity ?? config.leaseName,
    onOutcome: (result, events) => metrics.events.inc({ result }, events),
  });
  metrics.beforeScrape(() => metrics.leader.set(isLeader() ? 1 : 0));

  // In the opposite order: no more looks, the Lease for others, and then what nobody needs any more.
  starting.defer(() => {
    events.stop();
    lane.close();
  });
  starting.defer(() => elector?.release());
  starting.defer(() => {
    end();
    return closing;
  });
  if (!elector) begin();

  const started = starting.move();
  return { metricsPort: ops.address.port, stop: () => started.disposeAsync() };
}
