// Tells people through Events, after all statuses have been written. It never fails and never makes anyone wait: what cannot
// be delivered is counted and dropped.
import type { Workflow } from '../../lib/api/workflow.ts';
import { keyOf } from '../../lib/api/workflow.ts';
import type { EventSink } from '../act/types.ts';
import type { Clock, Timer } from '../clock.ts';
import { TransientError } from '../errors.ts';
import { ApiTransientError, httpStatusOf } from './api-errors.ts';
import { herdWatch } from './event-herd.ts';
import type { Herd } from './event-herd.ts';
import { eventObject, eventsPath, regardingLease, regardingWorkflow } from './event-object.ts';
import type { Regarding, Told } from './event-object.ts';
import type { LeaseName } from './lease-record.ts';
import { microTime } from './lease-record.ts';
import { asError } from './log.ts';
import type { KubeLog } from './log.ts';
import { pause } from './pause.ts';
import type { Transport } from './transport.ts';
import type { WriteLane } from './write-lane.ts';

/** What Events are sent through. */
export interface EventSinkOptions {
  readonly transport: Transport;
  readonly lane: WriteLane;
  readonly isLeader: () => boolean;
  readonly clock: Clock;
  readonly log: KubeLog;
  /** The operator's Lease, which Events about a whole herd regard. */
  readonly lease: LeaseName;
  /** Which replica reports: the elector's identity. */
  readonly instance: string;
  /** Told what became of Events. */
  readonly onOutcome: (result: EventOutcome, events: number) => void;
}

/** An Event was delivered, or it was not and never will be. */
export type EventOutcome = 'recorded' | 'dropped';

/** An event sink that works in the background. */
export interface OpenEventSink extends EventSink {
  /** Resolves when all that was recorded has been delivered or dropped. */
  drained(): Promise<void>;
  /** Drops what waits. */
  stop(): void;
}

type Item =
  | { readonly kind: 'one'; readonly about: Regarding; readonly told: Told; readonly at: number }
  | { readonly kind: 'herd'; readonly herd: Herd };

const MAX_WAITING = 1000;
const MAX_TRIES = 5;
const RETRY_MS = 1_000;
/** A herd's Event is brought up to date at most so often. */
const HERD_EVERY_MS = 1_000;

/** Sends Events in the background, one at a time. */
export function eventSink(options: EventSinkOptions): OpenEventSink {
  const { transport, lane, isLeader, clock, log, onOutcome } = options;
  const herds = herdWatch();
  const waiting: Item[] = [];
  const queuedHerds = new Map<Herd, Timer>();
  const stopping = new AbortController();
  let serial = 0;
  let running: Promise<void> | undefined;

  function push(item: Item): void {
    if (stopping.signal.aborted || waiting.length >= MAX_WAITING) return onOutcome('dropped', 1);
    waiting.push(item);
    running ??= run();
  }

  function pushHerd(herd: Herd): void {
    if (queuedHerds.has(herd)) return;
    const delayMs = herd.eventName === undefined ? 0 : HERD_EVERY_MS;
    queuedHerds.set(
      herd,
      clock.after(delayMs, () => flushHerd(herd)),
    );
  }

  function flushHerd(herd: Herd): void {
    queuedHerds.get(herd)?.cancel();
    queuedHerds.delete(herd);
    push({ kind: 'herd', herd });
  }

  async function run(): Promise<void> {
    for (let item = waiting.shift(); item; item = waiting.shift()) {
      onOutcome((await deliver(item)) ? 'recorded' : 'dropped', 1);
    }
    running = undefined;
  }

  async function deliver(item: Item): Promise<boolean> {
    for (let tries = 0; tries < MAX_TRIES; tries += 1) {
      try {
        await lane.enter('event');
        if (stopping.signal.aborted || !isLeader()) return false;
        await send(item);
        return true;
      } catch (error) {
        if (httpStatusOf(error) === 409) return true; // an earlier try arrived, though its answer did not
        if (!mayTryAgain(error)) return false;
        await pause(RETRY_MS * 2 ** tries, clock, stopping.signal);
      }
    }
    return false;
  }

  function mayTryAgain(error: unknown): boolean {
    if (stopping.signal.aborted) return false;
    if (error instanceof ApiTransientError && error.httpStatus === 429) lane.slowDown(error.retryAfterMs);
    if (error instanceof ApiTransientError) return true;
    if (!(error instanceof TransientError)) log.warn('an Event was refused', { cause: asError(error).message });
    return false;
  }

  async function send(item: Item): Promise<void> {
    if (item.kind === 'herd') return sendHerd(item.herd);
    await create(item.about, item.told, item.at);
  }

  async function create(about: Regarding, told: Told, now: number, series?: object): Promise<string> {
    const event = eventObject(about, told, { now, serial: (serial += 1), instance: options.instance });
    await transport.request('POST', eventsPath(about.namespace), { body: { ...event, ...(series && { series }) } });
    return event.metadata.name;
  }

  async function sendHerd(herd: Herd): Promise<void> {
    // The server knows a series only from two on.
    const count = Math.max(2, herd.count);
    const series = { count, lastObservedTime: microTime(herd.lastAt) };
    if (herd.eventName === undefined) {
      herd.eventName = await create(regardingLease(options.lease), herdTold(herd), herd.lastAt, series);
      return;
    }
    await transport.request('PATCH', `${eventsPath(options.lease.namespace)}/${herd.eventName}`, {
      body: { series },
      contentType: 'application/merge-patch+json',
    });
  }

  return {
    record(workflow: Workflow, event: Told) {
      if (!isLeader()) return;
      const now = clock.now();
      const herd = joinHerd(workflow, event, now);
      if (herd) pushHerd(herd);
      else push({ kind: 'one', about: regardingWorkflow(workflow.metadata), told: event, at: now });
    },
    drained: async () => {
      for (const herd of [...queuedHerds.keys()]) flushHerd(herd);
      while (running) await running;
    },
    stop() {
      stopping.abort();
      for (const timer of queuedHerds.values()) timer.cancel();
      onOutcome('dropped', queuedHerds.size + waiting.length);
      queuedHerds.clear();
      waiting.length = 0;
    },
  };

  function joinHerd(workflow: Workflow, event: Told, now: number): Herd | undefined {
    if (event.action !== 'Rerouted' || event.target === undefined) return undefined;
    return herds.join(event.target, keyOf(workflow.metadata), event, now);
  }
}

function herdTold(herd: Herd): Told {
  return {
    type: herd.first.type,
    reason: herd.first.reason,
    action: 'Rerouted',
    note: `more than 100 workflows were rerouted within 10 s because of one target (${herd.target}); this counts those beyond the first 100, and each one's status.transitions tell the details`,
  };
}
