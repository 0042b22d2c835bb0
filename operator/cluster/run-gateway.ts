// The `gateway` command: serves model traffic over the routes that specs and statuses give. It asks nobody before it
// serves a request; when operator or API server are gone, the last table stays.
import { systemClock } from '../clock.ts';
import type { GatewayConfig } from '../config.ts';
import { watchLease } from '../kube/lease-watch.ts';
import { tokenReviewer } from '../kube/token-reviewer.ts';
import { createTransport } from '../kube/transport.ts';
import { asksEverybody, formatListenAddress } from '../listen-address.ts';
import { json, startOpsServer, text } from '../ops-server.ts';
import { serve } from '../serve.ts';
import type { Serving } from '../serve.ts';
import { createLogger } from '../telemetry/logger.ts';
import { createMetrics } from '../telemetry/metrics.ts';
import { tlsFilesOf } from '../tls-files.ts';
import { startTracing } from '../tracing.ts';
import { openCluster } from './cluster.ts';
import { usableWorkflow } from './settled-workflows.ts';

/** The operator counts as gone when its Lease ran out so long ago. */
const ALONE_AFTER_MS = 60_000;

/** For reviews alone: strangers with many tokens must not keep the gateway from its own questions. */
const REVIEW_CONNECTIONS = 8;

/**
 * Runs until `stopped` is aborted. Resolves to the exit code. Rejects with a SetupError when it cannot start as it was told
 * to, and has let go of everything by then.
 */
export async function runGateway(config: GatewayConfig, env: NodeJS.ProcessEnv, stopped: AbortSignal): Promise<number> {
  await using parts = new AsyncDisposableStack();
  const clock = systemClock();
  const log = createLogger({ level: config.logLevel });
  const metrics = createMetrics({ process: true });
  // Before everything that makes spans, so that it ends after it.
  const tracing = await startTracing({
    endpoint: config.otlpEndpoint,
    env,
    service: 'mcpworkflow-gateway',
    log,
    clock,
  });
  if (tracing) parts.adopt(tracing, (each) => each.stop());
  let serving: Serving | undefined;
  const opened = await openCluster({
    ...config,
    env,
    clock,
    log,
    metrics,
    onWorkflow: (key) => serving?.workflowChanged(key),
    onEverything: () => serving?.everythingChanged(),
  });
  const cluster = parts.adopt(opened, (each) => each.stop());
  const { resolver, credentials, transport, workflows } = cluster;
  const lease = watchLease({ transport, clock, log, lease: { namespace: config.namespace, name: config.leaseName } });
  parts.adopt(lease, (each) => each.stop());
  // It is read until the last request has ended, so it ends after what serves them.
  const counting = await startOpsServer(config.countersListen, '--counters-listen', {
    '/internal/counters': () =>
      serving ? json(serving.counters()) : text(503, 'the workflows have not been read yet'),
  });
  const counters = parts.adopt(counting, (each) => each.stop());
  const reviews = createTransport({ connection: cluster.connection, clock, connections: REVIEW_CONNECTIONS });
  parts.adopt(reviews, (each) => each.close());
  const reviewer = tokenReviewer({ transport: reviews, clock, log });
  const mustProve = asksEverybody(config.listen, config.insecureNoAuth);
  const started = await serve({
    clock,
    log,
    metrics,
    workflows: {
      get: (key) => usableWorkflow(workflows.get(key)),
      list: () => workflows.keys().flatMap((key) => usableWorkflow(workflows.get(key)) ?? []),
    },
    resolver,
    credentials,
    listen: config.listen,
    ...tlsFilesOf(config),
    connect: cluster.connect,
    tracing: tracing?.tracing,
    mustProve,
    whose: (token) => reviewer.whose(token),
    alone: () => lease.aloneForMs() > ALONE_AFTER_MS,
    currentAt: () => clock.now() - cluster.staleSinceMs(),
  });
  parts.adopt(started, (each) => each.stop({ lingerMs: config.drainLinger, graceMs: config.drainLimit }));
  log.info('gateway started', {
    listen: formatListenAddress(started.address),
    counters: formatListenAddress(counters.address),
    asks: mustProve ? 'everybody' : 'callers of workflows with API keys',
  });
  // Nothing is served from half a list: the first table has every workflow.
  void workflows.settled.then(() => {
    serving = started;
    started.everythingChanged();
    log.info('gateway is ready', { workflows: workflows.keys().length });
  });

  await new Promise<void>((resolve) => stopped.addEventListener('abort', () => resolve(), { once: true }));
  log.info('gateway is draining');
  await parts.disposeAsync();
  log.info('gateway stopped');
  return 0;
}
