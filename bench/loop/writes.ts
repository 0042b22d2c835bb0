// What the operator wrote to the API server in a span of time, from the server's own audit log.
import type { WriteRecord } from '../../test/cluster/audit.ts';
import { planeUsers } from '../../test/cluster/plane-access.ts';

/** The operator's writes within a span, by what was written. */
export interface WriteTally {
  readonly lease: number;
  readonly status: number;
  readonly eventsCreated: number;
  readonly eventsPatched: number;
  readonly other: number;
  /** Answered with 409, 429 or any other error. */
  readonly refused: number;
  /** The most within any one second of the clock, the Lease excluded. */
  readonly mostPerSecond: number;
}

/** Counts what the operator wrote from one moment (epoch milliseconds) to another. */
export function tallyWrites(all: readonly WriteRecord[], from: number, to: number): WriteTally {
  const mine = all.filter(({ user, at }) => user === planeUsers.operator && at >= from && at < to);
  const lane = mine.filter(({ resource }) => resource !== 'leases');
  const count = (test: (record: WriteRecord) => boolean) => mine.filter(test).length;
  const perSecond = new Map<number, number>();
  for (const { at } of lane) {
    const second = Math.floor((at - from) / 1_000);
    perSecond.set(second, (perSecond.get(second) ?? 0) + 1);
  }
  const status = count(({ resource }) => resource === 'mcpworkflows/status');
  const events = lane.filter(({ resource }) => resource === 'events');
  const eventsCreated = events.filter(({ verb }) => verb === 'create').length;
  return {
    lease: mine.length - lane.length,
    status,
    eventsCreated,
    eventsPatched: events.length - eventsCreated,
    other: lane.length - status - events.length,
    refused: count(({ code }) => code >= 400),
    mostPerSecond: Math.max(0, ...perSecond.values()),
  };
}
