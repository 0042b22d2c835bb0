// What the operator pulls: per (workflow, target), how its own requests went since this gateway started, and the runs
// up to now.
import type { CounterEntry, CounterSnapshot } from '../../telemetry/counter-snapshot.ts';
import type { Counts } from '../failures/classify.ts';
import { partsOf } from '../upstream/candidate.ts';

/** What a failed attempt adds. */
export interface CountedFailure {
  readonly counts: Counts;
  readonly reason: string;
  readonly answered: boolean;
  readonly retryAfterMs?: number;
}

/** The counters of one gateway, by the keys of candidates. */
export interface Counters {
  success(key: string): void;
  failure(key: string, failure: CountedFailure): void;
  snapshot(): CounterSnapshot;
  /** Forgets what is not in use any more. */
  keepOnly(inUse: (key: string) => boolean): void;
}

type Mutable = { -readonly [K in keyof CounterEntry]: CounterEntry[K] };

function zero(key: string): Mutable {
  return {
    ...partsOf(key),
    successes: 0,
    failures: 0,
    timeouts: 0,
    throttles: 0,
    gaveUp: 0,
    unconfirmed: 0,
    trailingFailures: 0,
    trailingTimeouts: 0,
    trailingThrottles: 0,
  };
}

function addThrottle(entry: Mutable, retryAfterMs: number | undefined): void {
  entry.throttles += 1;
  entry.trailingThrottles += 1;
  if (retryAfterMs === undefined) delete entry.retryAfterMs;
  else entry.retryAfterMs = retryAfterMs;
}

function add(entry: Mutable, { counts, reason, answered, retryAfterMs }: CountedFailure): void {
  if (answered) entry.trailingThrottles = 0;
  switch (counts) {
    case 'failure':
      entry.failures += 1;
      entry.trailingFailures += 1;
      entry.lastFailure = reason;
      return;
    case 'timeout':
      entry.timeouts += 1;
      entry.trailingTimeouts += 1;
      entry.lastFailure = reason;
      return;
    case 'throttle':
      return addThrottle(entry, retryAfterMs);
    case 'unconfirmed':
      entry.unconfirmed += 1;
      return;
    case 'gaveUp':
      entry.gaveUp += 1;
      return;
    case 'nothing':
      return;
  }
}

/** Counters that start from zero under a new `startId`. */
export function createCounters(startId: string): Counters {
  const entries = new Map<string, Mutable>();
  const entryOf = (key: string): Mutable => {
    let entry = entries.get(key);
    if (!entry) entries.set(key, (entry = zero(key)));
    return entry;
  };

  return {
    success(key) {
      const entry = entryOf(key);
      entry.successes += 1;
      entry.trailingFailures = 0;
      entry.trailingTimeouts = 0;
      entry.trailingThrottles = 0;
    },
    failure: (key, failure) => add(entryOf(key), failure),
    snapshot: () => ({ startId, entries: [...entries.values()].map((entry) => ({ ...entry })) }),
    keepOnly(inUse) {
      for (const key of entries.keys()) if (!inUse(key)) entries.delete(key);
    },
  };
}
