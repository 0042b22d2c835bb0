// The control loop, put together once for embedded mode and for the cluster: queue, observe, decide and act over ports
// that say where workflows come from and where their status goes.
import type { Dispatcher } from 'undici';
import { durationMs } from '../lib/api/duration.ts';
import type { WorkflowKey } from '../lib/api/workflow.ts';
import { actor } from './act/act.ts';
import { createOwnWrites } from './act/own-writes.ts';
import type { EventSink, StatusStore, WriteTurns } from './act/types.ts';
import type { Clock } from './clock.ts';
import { canaryEnded, initialCanaryState, planCanary } from './decide/canary.ts';
import type { CanaryState } from './decide/canary.ts';
import type { Memory } from './decide/types.ts';
import { TerminalError, TransientError } from './errors.ts';
import { httpAsker } from './observe/ask.ts';
import type { CounterSource } from './observe/counter-source.ts';
import { observer } from './observe/observe.ts';
import type { KnownWorkflow } from './observe/observe.ts';
import { targetWatch } from './observe/target-watch.ts';
import { trafficPuller } from './observe/traffic.ts';
import { workflowsToWake } from './observe/wake.ts';
import { backoffMs } from './queue/backoff.ts';
import { keyedQueue } from './queue/keyed-queue.ts';
import { reconcile } from './reconcile.ts';
import type { Resolver } from './targets.ts';
import type { Logger } from './telemetry/logger.ts';
import type { Metrics } from './telemetry/metrics.ts';
import { gaugeWorkflows } from './workflow-gauges.ts';

/** What the loop runs on. */
export interface LoopPorts {
  readonly clock: Clock;
  readonly log: Logger;
  readonly metrics: Metrics;
  readonly workflows: { lookup(key: WorkflowKey): KnownWorkflow | undefined; keys(): Iterable<WorkflowKey> };
  readonly resolver: Resolver;
  readonly status: StatusStore;
  /** Who may write a status when. Default: everybody at once. */
  readonly turns?: WriteTurns;
  readonly events: EventSink;
  /** Every gateway there is now. */
  counterSources(): readonly CounterSource[];
  /** Asked before every write, event and paid canary. */
  isLeader(): boolean;
  /** The connections that targets are asked over. */
  readonly dispatcher: Dispatcher;
  /** Workflows that are visited at once. A visit that writes waits for the API server, so this is no small number. Default 256. */
  readonly concurrency?: number;
}

/** A running loop. */
export interface Loop {
  /** The workflow appeared, was edited or went. */
  enqueue(key: WorkflowKey): void;
  /** The catalog, a credential or a redirect changed: everything is resolved and looked at again. */
  everythingChanged(): void;
  /** Ends all looks, probes and canaries. What it remembered is gone, as after a restart. */
  stop(): Promise<void>;
}

const planner = {
  initial: initialCanaryState,
  plan: planCanary,
  ended: canaryEnded,
  // Money that was spent stays spent, whatever the credential.
  renewed: ({ starts }: CanaryState): CanaryState => ({ ...initialCanaryState(), starts }),
};

/** A store and a sink that fall silent when this replica no longer leads. */
function whileLeading({ status, events, isLeader }: Pick<LoopPorts, 'status' | 'events' | 'isLeader'>) {
  const store: StatusStore = {
    write: (workflow, next) =>
      isLeader()
        ? status.write(workflow, next)
        : Promise.reject(new TransientError('another replica leads, so nothing was written')),
  };
  const sink: EventSink = {
    record(workflow, event) {
      if (isLeader()) events.record(workflow, event);
    },
  };
  return { store, sink };
}

type Result = 'transient' | 'terminal' | 'bug';

function resultOf(error: unknown): Result {
  if (error instanceof TransientError) return 'transient';
  return error instanceof TerminalError ? 'terminal' : 'bug';
}

/** Only an edit helps after a TerminalError; time may cure everything else. */
function waitAfter(error: unknown, attempts: number): number | undefined {
  if (error instanceof TerminalError) return undefined;
  const asked = error instanceof TransientError ? error.retryAfterMs : undefined;
  return asked ?? backoffMs(attempts);
}

function logFailure(log: Logger, workflow: WorkflowKey, error: unknown, retryAfterMs: number | undefined): void {
  const fields = { workflow, retryAfterMs, error: error instanceof Error ? error : new Error(String(error)) };
  switch (resultOf(error)) {
    case 'transient':
      return log.warn('workflow could not be reconciled; trying again', fields);
    case 'terminal':
      return log.warn('workflow cannot be reconciled until it is edited', fields);
    case 'bug':
      return log.error('workflow could not be reconciled because of a bug', fields);
  }
}

/** Starts to look at every workflow, for ever. */
export function startLoop(ports: LoopPorts): Loop {
  const { clock, log, metrics, workflows, resolver } = ports;
  const { store, sink } = whileLeading(ports);
  const memory = new Map<string, Memory>();
  const ownWrites = createOwnWrites();

  const statusOf = (key: WorkflowKey) => {
    const known = workflows.lookup(key);
    return known && ownWrites.latestStatus(known.workflow);
  };
  const watch = targetWatch<CanaryState>({
    clock,
    asker: httpAsker({ dispatcher: ports.dispatcher, clock }),
    planner,
    mayPay: () => ports.isLeader(),
    onProbeEnd(end) {
      for (const key of workflowsToWake(end, statusOf)) queue.enqueue(key);
    },
    log,
    metrics,
  });
  const traffic = trafficPuller({
    clock,
    sources: () => ports.counterSources(),
    watch,
    onTrouble: (key) => queue.enqueue(key),
    log,
    metrics,
  });
  const acting = actor({
    store,
    ...(ports.turns && { turns: ports.turns }),
    onTurn: (key) => queue.enqueue(key, 'first'),
    events: sink,
    lookup: (key) => workflows.lookup(key)?.workflow,
    memory,
    ownWrites,
    wantCanaries: (uid, wants) => watch.wantCanaries(uid, wants),
    metrics,
  });
  const observe = observer({
    lookup: (key) => workflows.lookup(key),
    resolve: (workflow) => resolver.resolve(workflow),
    memory,
    latestStatus: (workflow) => ownWrites.latestStatus(workflow),
    watch,
    traffic,
    clock,
    onGone: (uid) => acting.forget(uid),
  });

  const queue = keyedQueue({
    clock,
    concurrency: ports.concurrency ?? 256,
    async run(key) {
      const startedAt = clock.now();
      const requeueAfterMs = await reconcile({ observe, act: (...all) => acting.act(...all) }, key);
      metrics.reconciles.inc({ result: requeueAfterMs === undefined ? 'gone' : 'ok' });
      metrics.reconcileDuration.observe((clock.now() - startedAt) / 1_000);
      metrics.lastTick.set(clock.now() / 1_000);
      return requeueAfterMs;
    },
    afterError: waitAfter,
    onError(key, error, _attempts, retryAfterMs) {
      metrics.reconciles.inc({ result: resultOf(error) });
      logFailure(log, key, error, retryAfterMs);
    },
    intervalMs(key) {
      const known = workflows.lookup(key);
      return known && durationMs(known.workflow.spec.interval);
    },
    onLag: (lagMs) => metrics.queueLag.observe(lagMs / 1_000),
  });

  metrics.beforeScrape(() => {
    for (const [state, count] of Object.entries<number>({ ...queue.size() })) metrics.queueDepth.set({ state }, count);
    gaugeWorkflows(metrics, Array.from(workflows.keys(), statusOf));
    metrics.canaryBudgetSpent.set(watch.outOfBudget());
  });

  const enqueueAll = () => {
    for (const key of workflows.keys()) queue.enqueue(key);
  };
  enqueueAll();
  queue.start();
  traffic.start();

  return {
    enqueue: (key) => queue.enqueue(key),
    everythingChanged() {
      resolver.changed();
      enqueueAll();
    },
    async stop() {
      await queue.stop();
      await Promise.all([traffic.stop(), watch.stop()]);
    },
  };
}
