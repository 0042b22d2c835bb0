// Pulls the counters of every gateway, over and over. Gateways call nobody; a gateway that does not answer is silent, and
// silence says nothing about a model.
import type { Clock, Timer } from '../clock.ts';
import type { TrafficDelta } from '../decide/types.ts';
import type { Logger } from '../telemetry/logger.ts';
import type { Metrics } from '../telemetry/metrics.ts';
import type { CounterSource } from './counter-source.ts';
import type { CounterSnapshot } from '../telemetry/counter-snapshot.ts';
import type { TargetWatch } from './target-watch.ts';
import { createTrafficLedger } from './traffic-ledger.ts';
import type { TrafficNews } from './traffic-ledger.ts';

export interface TrafficPorts {
  readonly clock: Clock;
  /** Every gateway there is now. */
  sources(): readonly CounterSource[];
  readonly watch: Pick<TargetWatch, 'knows' | 'suspect' | 'clearSuspicion' | 'shortestIntervalMs'>;
  /** Requests of this workflow (`namespace/name`) went wrong since the last pull. */
  onTrouble(workflow: string): void;
  readonly log: Logger;
  readonly metrics?: Pick<Metrics, 'counterPulls'>;
}

export interface Traffic {
  /** Pulls at the shortest interval of all workflows. */
  start(): void;
  stop(): Promise<void>;
  /** Pulls once, now. */
  pull(): Promise<void>;
  /** What this workflow's own requests did since the last call. */
  fold(uid: string): readonly TrafficDelta[];
  /** The workflow is gone. */
  forget(uid: string): void;
}

const DEFAULT_INTERVAL_MS = 3_000;

/** Pulls nothing until it is started. */
export function trafficPuller(ports: TrafficPorts): Traffic {
  const { clock, watch, log } = ports;
  const ledger = createTrafficLedger();
  const silent = new Set<string>();
  let timer: Timer | undefined;
  let running = false;
  let pulling: Promise<void> | undefined;

  async function readOne(source: CounterSource): Promise<readonly [string, CounterSnapshot] | undefined> {
    try {
      const snapshot = await source.read();
      ports.metrics?.counterPulls.inc({ result: 'ok' });
      if (silent.delete(source.id)) log.info('gateway counters can be read again', { gateway: source.id });
      return [source.id, snapshot];
    } catch (error) {
      ports.metrics?.counterPulls.inc({ result: 'failed' });
      if (!silent.has(source.id))
        log.warn('gateway counters could not be read', { gateway: source.id, error: asError(error) });
      silent.add(source.id);
      return undefined;
    }
  }

  async function pullAll(): Promise<void> {
    const sources = ports.sources();
    const ids = new Set(sources.map((source) => source.id));
    const snapshots = await Promise.all(sources.map(readOne));
    ledger.keepOnly(ids);
    for (const id of silent) if (!ids.has(id)) silent.delete(id);
    const news = snapshots
      .filter((read) => read !== undefined)
      .flatMap(([id, snapshot]) => ledger.take(id, snapshot, (uid) => watch.knows(uid)));
    tellSuspicions(news);
    for (const workflow of new Set(news.filter((one) => one.bad).map((one) => one.workflow))) ports.onTrouble(workflow);
  }

  /** Within one pull nobody knows what came first, so a failure outlives the successes that came with it. */
  function tellSuspicions(news: readonly TrafficNews[]): void {
    for (const one of news) if (one.succeeded) watch.clearSuspicion(one.target);
    for (const one of news) if (one.uncleared) watch.suspect(one.uid, one.target);
  }

  function pull(): Promise<void> {
    pulling ??= pullAll().finally(() => {
      pulling = undefined;
    });
    return pulling;
  }

  /** At a fixed rate: a slow pull delays none, and a slot that finds one running passes. */
  function arm(): void {
    if (!running) return;
    const intervalMs = watch.shortestIntervalMs() ?? DEFAULT_INTERVAL_MS;
    timer = clock.after(intervalMs - (clock.now() % intervalMs), () => {
      void pull();
      arm();
    });
  }

  return {
    start() {
      if (running) return;
      running = true;
      void pull();
      arm();
    },
    async stop() {
      running = false;
      timer?.cancel();
      await pulling;
    },
    pull,
    fold: (uid) => ledger.fold(uid),
    forget: (uid) => ledger.forget(uid),
  };
}

const asError = (error: unknown) => (error instanceof Error ? error : new Error(String(error)));
