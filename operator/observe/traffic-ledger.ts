// Turns cumulative counters of many gateways into what each workflow's own requests did since its last fold.
import { isReason } from '../../lib/api/status.ts';
import type { TrafficDelta } from '../decide/types.ts';
import type { CounterEntry, CounterSnapshot } from '../telemetry/counter-snapshot.ts';

/** What one snapshot brought that is new, for one workflow at one target. */
export interface TrafficNews {
  readonly workflow: string;
  readonly uid: string;
  readonly target: string;
  /** Requests failed, hung, or were left by their callers; with no success in this gateway since. */
  readonly uncleared: boolean;
  readonly succeeded: boolean;
  /** Anything but successes. */
  readonly bad: boolean;
}

export interface TrafficLedger {
  /** Takes a gateway's counters. `knows` tells whose may be kept; those of others count when they are known. */
  take(gateway: string, snapshot: CounterSnapshot, knows: (uid: string) => boolean): readonly TrafficNews[];
  /** Hands over what came since the last call for this workflow, merged over all gateways. */
  fold(uid: string): readonly TrafficDelta[];
  /** Gateways that are no longer there; what they had told stays. */
  keepOnly(gateways: ReadonlySet<string>): void;
  /** The workflow is gone. */
  forget(uid: string): void;
}

const SUMS = ['successes', 'failures', 'timeouts', 'throttles', 'gaveUp', 'unconfirmed'] as const;
type Sums = Record<(typeof SUMS)[number], number>;

/** What one gateway told about one workflow at one target since the last fold. */
interface Pending {
  readonly sums: Sums;
  latest: CounterEntry;
  retryAfterMs?: number;
}

interface Gateway {
  startId: string;
  readonly last: Map<string, CounterEntry>;
}

const NOTHING: Sums = { successes: 0, failures: 0, timeouts: 0, throttles: 0, gaveUp: 0, unconfirmed: 0 };
const entryKey = (entry: CounterEntry) => `${entry.uid} ${entry.target}`;

function difference(now: CounterEntry, before: Sums): Sums {
  const sums = { ...NOTHING };
  // A counter that fell under the same start id is a gateway's bug; taking it for zero keeps decide's sums sane.
  for (const name of SUMS) sums[name] = Math.max(0, now[name] - before[name]);
  return sums;
}

/** Knows no gateway yet. */
export function createTrafficLedger(): TrafficLedger {
  const gateways = new Map<string, Gateway>();
  /** uid → target → gateway. */
  const pending = new Map<string, Map<string, Map<string, Pending>>>();

  function add(gateway: string, entry: CounterEntry, sums: Sums): void {
    const targets = child(pending, entry.uid, () => new Map<string, Map<string, Pending>>());
    const byGateway = child(targets, entry.target, () => new Map<string, Pending>());
    const known = child(byGateway, gateway, (): Pending => ({ sums: { ...NOTHING }, latest: entry }));
    for (const name of SUMS) known.sums[name] += sums[name];
    known.latest = entry;
    if (sums.throttles > 0 && entry.retryAfterMs !== undefined) {
      known.retryAfterMs = Math.max(known.retryAfterMs ?? 0, entry.retryAfterMs);
    }
  }

  return {
    take(id, snapshot, knows) {
      const known = gateways.get(id);
      if (known === undefined) {
        // Seen for the first time: what it counted before is from before we looked.
        gateways.set(id, { startId: snapshot.startId, last: new Map(snapshot.entries.map((e) => [entryKey(e), e])) });
        return [];
      }
      if (known.startId !== snapshot.startId) {
        known.startId = snapshot.startId;
        known.last.clear();
      }
      const news: TrafficNews[] = [];
      for (const entry of snapshot.entries) {
        if (!knows(entry.uid)) continue;
        const sums = difference(entry, known.last.get(entryKey(entry)) ?? NOTHING);
        known.last.set(entryKey(entry), entry);
        if (SUMS.every((name) => sums[name] === 0)) continue;
        add(id, entry, sums);
        news.push(newsOf(entry, sums));
      }
      return news;
    },
    fold(uid) {
      const targets = pending.get(uid);
      if (targets === undefined) return [];
      pending.delete(uid);
      return [...targets].map(([target, byGateway]) => merge(target, [...byGateway.values()]));
    },
    keepOnly(ids) {
      for (const id of gateways.keys()) if (!ids.has(id)) gateways.delete(id);
    },
    forget(uid) {
      pending.delete(uid);
      for (const { last } of gateways.values()) {
        for (const [key, entry] of last) if (entry.uid === uid) last.delete(key);
      }
    },
  };
}

function child<Key, Value>(map: Map<Key, Value>, key: Key, create: () => Value): Value {
  const known = map.get(key);
  if (known !== undefined) return known;
  const value = create();
  map.set(key, value);
  return value;
}

function newsOf(entry: CounterEntry, sums: Sums): TrafficNews {
  const failedLast = sums.failures > 0 && entry.trailingFailures > 0;
  const hungLast = sums.timeouts > 0 && entry.trailingTimeouts > 0;
  return {
    workflow: entry.workflow,
    uid: entry.uid,
    target: entry.target,
    uncleared: failedLast || hungLast || sums.gaveUp > 0,
    succeeded: sums.successes > 0,
    bad: SUMS.some((name) => name !== 'successes' && sums[name] > 0),
  };
}

const total = (all: readonly Pending[], name: keyof Sums) => all.reduce((sum, one) => sum + one.sums[name], 0);

/** The longest run up to now, among the gateways that saw one of its kind in this delta. */
const longest = (
  all: readonly Pending[],
  sum: keyof Sums,
  run: 'trailingFailures' | 'trailingTimeouts' | 'trailingThrottles',
) => Math.max(0, ...all.filter((one) => one.sums[sum] > 0).map((one) => one.latest[run]));

function merge(target: string, all: readonly Pending[]): TrafficDelta {
  const lastFailure = all.findLast((one) => one.sums.failures > 0 && isReason(one.latest.lastFailure))?.latest
    .lastFailure;
  const waits = all.map((one) => one.retryAfterMs).filter((wait) => wait !== undefined);
  return {
    target,
    successes: total(all, 'successes'),
    failures: total(all, 'failures'),
    timeouts: total(all, 'timeouts'),
    trailingFailures: longest(all, 'failures', 'trailingFailures'),
    trailingTimeouts: longest(all, 'timeouts', 'trailingTimeouts'),
    throttles: total(all, 'throttles'),
    trailingThrottles: longest(all, 'throttles', 'trailingThrottles'),
    gaveUp: total(all, 'gaveUp'),
    unconfirmed: total(all, 'unconfirmed'),
    ...(isReason(lastFailure) && { lastFailure }),
    ...(waits.length > 0 && { retryAfterMs: Math.max(...waits) }),
  };
}
