// Who leads. Two never do: a leader counts its time from before it asked for its last renewal, and stops by its own clock
// long before another may take over by theirs. Nobody trusts anybody's clock: whether the other is gone is judged from when
// its record was last seen to change.
import { hostname } from 'node:os';
import { randomUUID } from 'node:crypto';
import type { Clock } from '../clock.ts';
import { httpStatusOf } from './api-errors.ts';
import { durationMsOf, heldBy, holderOf, leasesPath, released } from './lease-record.ts';
import type { LeaseName, LeaseObject } from './lease-record.ts';
import { asError } from './log.ts';
import type { KubeLog } from './log.ts';
import type { Transport } from './transport.ts';

/** How long a Lease lasts, when its holder gives up, and how often it is renewed. */
export interface LeaseTimes {
  readonly durationMs: number;
  readonly renewDeadlineMs: number;
  readonly retryMs: number;
}

export const LEASE_TIMES: LeaseTimes = { durationMs: 15_000, renewDeadlineMs: 10_000, retryMs: 2_000 };

/** What an elector is built from. */
export interface ElectorOptions {
  /** Best one of its own: a renewal must not wait behind other requests. */
  readonly transport: Transport;
  readonly clock: Clock;
  readonly log: KubeLog;
  readonly lease: LeaseName;
  /** @default the host's name and a UUID */
  readonly identity?: string;
  /** @default 15 s, 10 s, 2 s */
  readonly times?: LeaseTimes;
  readonly onStarted?: () => void;
  /** Leadership was lost, not released: stop all work. */
  readonly onStopped?: () => void;
  /** Between 0 and 1. @default Math.random */
  readonly random?: () => number;
}

/** Takes part in an election until it is released. */
export interface Elector {
  readonly identity: string;
  /** Ask before every single side effect: an event loop that was blocked loses the Lease without a callback. */
  isLeader(): boolean;
  /** When the Lease was last renewed by us; undefined before that. */
  lastRenewAt(): number | undefined;
  /** Leaves the election, and hands the Lease over when we hold it. Call it after all work has ended. */
  release(): Promise<void>;
}

interface Observed {
  readonly lease: LeaseObject;
  /** When this record was first seen. */
  readonly since: number;
}

/** Takes part in the election from now on. */
export function joinElection(options: ElectorOptions): Elector {
  const { transport, clock, log, lease: name, times = LEASE_TIMES, random = Math.random } = options;
  checkTimes(times);
  const identity = options.identity ?? `${hostname()}_${randomUUID()}`;
  const path = leasesPath(name.namespace);
  const timeoutMs = Math.max(1_000, times.renewDeadlineMs / 2);
  let observed: Observed | undefined;
  let leading = false;
  let renewedAt: number | undefined;
  let left = false;
  let timer: { cancel(): void } | undefined;
  let expiry: { cancel(): void } | undefined;
  let running: Promise<void> = Promise.resolve();

  const isFresh = () => renewedAt !== undefined && clock.now() - renewedAt < times.renewDeadlineMs;
  const isLeader = () => leading && !left && isFresh();

  function observe(lease: LeaseObject): LeaseObject {
    if (observed?.lease.metadata.resourceVersion !== lease.metadata.resourceVersion)
      observed = { lease, since: clock.now() };
    return lease;
  }

  async function read(): Promise<LeaseObject> {
    try {
      const answer = await transport.request('GET', `${path}/${name.name}`, { timeoutMs });
      return observe(answer.body as LeaseObject);
    } catch (error) {
      if (httpStatusOf(error) !== 404) throw error;
      observed = undefined;
      return { metadata: name };
    }
  }

  async function write(lease: LeaseObject): Promise<void> {
    const body = { apiVersion: 'coordination.k8s.io/v1', kind: 'Lease', ...lease };
    const answer =
      lease.metadata.resourceVersion === undefined
        ? await transport.request('POST', path, { body, timeoutMs })
        : await transport.request('PUT', `${path}/${name.name}`, { body, timeoutMs });
    observe(answer.body as LeaseObject);
  }

  /** Whether the record is ours, nobody's, or one whose holder has not renewed it for as long as it promised to. */
  function mayTake(lease: LeaseObject): boolean {
    const holder = holderOf(lease);
    if (holder === undefined || holder === identity) return true;
    const since = observed?.since ?? clock.now();
    return clock.now() - since > Math.max(times.durationMs, durationMsOf(lease));
  }

  /** One try to get or keep the Lease. Resolves to whether it is ours. */
  async function attempt(): Promise<boolean> {
    // While we lead, what we last wrote is what is there, unless the server says otherwise: one request instead of two.
    const known = leading ? observed?.lease : undefined;
    const before = known ?? (await read());
    if (!mayTake(before)) return false;
    const askedAt = clock.now();
    try {
      await write(heldBy(identity, askedAt, times.durationMs, before));
    } catch (error) {
      if (httpStatusOf(error) === 409 || httpStatusOf(error) === 404) return known ? retake() : false;
      throw error;
    }
    renewedAt = askedAt;
    return true;
  }

  /** Our cached record was out of date: an answer of the server was lost, or someone else wrote. */
  async function retake(): Promise<boolean> {
    const there = await read();
    if (holderOf(there) !== identity && holderOf(there) !== undefined) return false;
    const askedAt = clock.now();
    await write(heldBy(identity, askedAt, times.durationMs, there));
    renewedAt = askedAt;
    return true;
  }

  function start(): void {
    if (leading || left || !isFresh()) return;
    leading = true;
    log.info('leadership acquired', { identity });
    call(options.onStarted);
    watchExpiry();
  }

  function stop(why: string): void {
    if (!leading) return;
    leading = false;
    expiry?.cancel();
    log.warn('leadership lost', { identity, why });
    call(options.onStopped);
  }

  /** Says that leadership has ended even while a renewal hangs. */
  function watchExpiry(): void {
    const leftMs = (renewedAt ?? 0) + times.renewDeadlineMs - clock.now();
    if (leftMs <= 0) return stop('the Lease could not be renewed in time');
    expiry = clock.after(leftMs, watchExpiry);
  }

  async function turn(): Promise<void> {
    try {
      const ours = await attempt();
      if (ours) start();
      else stop('another holds the Lease');
    } catch (thrown) {
      log.warn('the Lease could not be read or written', { identity, leading, cause: asError(thrown).message });
    }
    schedule();
  }

  function schedule(): void {
    if (left) return;
    // Those who wait come at different times, the leader comes regularly.
    const delayMs = leading ? times.retryMs : Math.round(times.retryMs * (0.5 + 0.7 * random()));
    timer = clock.after(delayMs, () => void (running = turn()));
  }

  function call(callback: (() => void) | undefined): void {
    try {
      callback?.();
    } catch (thrown) {
      log.error('a handler of leader election threw', { error: asError(thrown) });
    }
  }

  async function handOver(): Promise<void> {
    for (let tries = 0; tries < 3; tries += 1) {
      try {
        const there = await read();
        if (holderOf(there) !== identity) return;
        return await write(released(there, clock.now()));
      } catch (thrown) {
        log.warn('the Lease could not be released', { identity, cause: asError(thrown).message });
      }
    }
  }

  running = turn();
  return {
    identity,
    isLeader,
    lastRenewAt: () => renewedAt,
    async release() {
      if (left) return running;
      left = true;
      leading = false;
      timer?.cancel();
      expiry?.cancel();
      running = running.then(handOver);
      return running;
    },
  };
}

function checkTimes({ durationMs, renewDeadlineMs, retryMs }: LeaseTimes): void {
  if (durationMs <= renewDeadlineMs || renewDeadlineMs <= retryMs * 1.2) {
    throw new RangeError('a Lease must last longer than its renew deadline, and that longer than 1.2 retry periods');
  }
}
