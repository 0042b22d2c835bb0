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
import { createStalledWriter } from './unusable.ts';

const COUNTERS_TIMEOUT_MS = 1_000;
/** /healthz fails when the leader has not finished a look for so long, though there are workflows. */
const SILENT_AFTER_MS = 60_000;

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

async function startOperator({ config, log, metrics, env }: OperatorParts) {
  const clock = systemClock();
  let loop: Loop | undefined;
  const cluster = await openCluster({
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
  const { connection, transport, resolver } = cluster;
  const lane = writeLane({ clock });
  const lease = { namespace: config.namespace, name: config.leaseName };
  const electionTransport = createTransport({ connection, clock, connections: 2 });
  const upstream = new Agent({ allowH2: false, keepAliveTimeout: 30_000 });
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
        counterSources: counterSources(config, upstream, endpoints, clock),
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
  const elector = config.leaderElect
    ? joinElection({ transport: electionTransport, clock, log, lease, onStarted: begin, onStopped: end })
    : undefined;
  const isLeader = () => elector?.isLeader() ?? true;
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
  const stalled = createStalledWriter({ transport, workflows: cluster.workflows, isLeader, clock, log });
  metrics.beforeScrape(() => metrics.leader.set(isLeader() ? 1 : 0));

  const startedAt = clock.now();
  let lastTickAt = startedAt;
  const healthy = async () => {
    const tick = (await metrics.lastTick.get()).values[0]?.value ?? 0;
    lastTickAt = Math.max(lastTickAt, tick * 1_000);
    return !isLeader() || cluster.workflows.keys().length === 0 || clock.now() - lastTickAt < SILENT_AFTER_MS;
  };
  const ops = await startOpsServer(config.metricsListen, '--metrics-listen', {
    '/healthz': async () =>
      (await healthy()) ? text(200, 'ok') : text(503, 'no workflow has been looked at for a minute'),
    '/readyz': () =>
      cluster.workflows.isSettled() ? text(200, 'ok') : text(503, 'the workflows have not been read yet'),
    '/metrics': async () => ({ status: 200, contentType: metrics.contentType, body: await metrics.text() }),
  });
  if (!elector) begin();

  return {
    metricsPort: ops.address.port,
    async stop() {
      const ending = loop;
      loop = undefined;
      await ending?.stop();
      await closing;
      await elector?.release();
      events.stop();
      lane.close();
      endpoints?.stop();
      await ops.stop();
      await cluster.stop();
      await electionTransport.close();
      await upstream.destroy();
    },
  };
}
