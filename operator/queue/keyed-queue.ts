// The queue holds names, never objects and never what happened to them. Ten events on one key are one visit, and one key
// is never visited twice at once. It knows neither Kubernetes nor leadership nor the classes of errors.
import type { Clock, Timer } from '../clock.ts';
import { createDelayHeap } from './delay-heap.ts';
import { createReadyLines, isMoreUrgent } from './ready-lines.ts';
import type { Urgency } from './ready-lines.ts';
import { nextSlot } from './slots.ts';

export interface KeyedQueueOptions {
  readonly clock: Clock;
  /** How many keys are visited at once. */
  readonly concurrency: number;
  /** Visits a key. Resolves to when the next timed look is wanted, or undefined when the key is gone. */
  run(key: string): Promise<number | undefined>;
  /** What follows an error: a delay, or undefined to wait until the key is enqueued again. `attempts` counts from 1. */
  afterError(error: unknown, attempts: number): number | undefined;
  /** Told of every error, with what follows it. */
  onError?(key: string, error: unknown, attempts: number, retryAfterMs: number | undefined): void;
  /**
   * The fixed rate of a key. A run that asks for at least this long comes back on the key's slot; one that asks for less
   * comes back exactly then. Without it, what `run` resolves to is taken for the interval.
   */
  intervalMs?(key: string): number | undefined;
  /** How late a visit started, from when it was due. */
  onLag?(lagMs: number): void;
}

/** How many keys there are in each place. */
export interface QueueSize {
  readonly ready: number;
  readonly processing: number;
  readonly waiting: number;
}

export interface KeyedQueue {
  /** Visits the key as soon as possible; once more afterwards when a visit is running now. */
  enqueue(key: string, urgency?: Urgency): void;
  /** Visits the key at that time, or earlier when it waits for an earlier one. */
  enqueueAt(key: string, at: number): void;
  /** Begins to visit. Keys may be enqueued before. */
  start(): void;
  /** Starts no further visit; resolves when the running ones have ended. */
  stop(): Promise<void>;
  size(): QueueSize;
}

/** Visits go on for so long at most before timers and sockets get their turn: a probe must not time out because of a herd. */
const STRETCH_MS = 20;
/** A pause between visits in which they have had it. */
const PAUSE_MS = 2;

/** A queue that visits nothing until it is started. */
export function keyedQueue(options: KeyedQueueOptions): KeyedQueue {
  const { clock } = options;
  const waiting = createDelayHeap();
  const ready = createReadyLines();
  const processing = new Set<string>();
  const again = new Map<string, { readonly urgency: Urgency; readonly dueAt: number }>();
  const attempts = new Map<string, number>();
  let running = false;
  let timer: { readonly at: number; readonly handle: Timer } | undefined;
  let drained: (() => void)[] = [];
  let stretch = { from: -Infinity, to: -Infinity };
  let rest: Timer | undefined;

  function makeReady(key: string, urgency: Urgency, dueAt: number): void {
    if (!processing.has(key)) return ready.add(key, urgency, dueAt);
    const wanted = again.get(key);
    if (wanted === undefined || isMoreUrgent(urgency, wanted.urgency)) again.set(key, { urgency, dueAt });
  }

  function takeDue(): void {
    const now = clock.now();
    for (let due = waiting.takeDue(now); due !== undefined; due = waiting.takeDue(now)) {
      makeReady(due.key, 'periodic', due.at);
    }
  }

  /** One timer for the earliest key, whatever the number of keys. */
  function arm(): void {
    const at = running ? waiting.nextAt() : undefined;
    if (timer !== undefined && timer.at === at) return;
    timer?.handle.cancel();
    timer = undefined;
    if (at === undefined) return;
    timer = {
      at,
      handle: clock.after(at - clock.now(), () => {
        timer = undefined;
        work();
      }),
    };
  }

  /** Notes one more visit of this stretch; false, with a rest begun, when it has lasted long enough. */
  function mayGoOn(): boolean {
    if (rest !== undefined) return false;
    const now = clock.now();
    stretch = { from: now - stretch.to > PAUSE_MS ? now : stretch.from, to: now };
    if (now - stretch.from < STRETCH_MS) return true;
    rest = clock.after(0, () => {
      rest = undefined;
      stretch = { from: -Infinity, to: -Infinity };
      work();
    });
    return false;
  }

  function work(): void {
    if (!running) return;
    takeDue();
    while (processing.size < options.concurrency && ready.size() > 0 && mayGoOn()) {
      const next = ready.take();
      if (next === undefined) break;
      options.onLag?.(Math.max(0, clock.now() - next.dueAt));
      void visit(next.key);
    }
    arm();
  }

  async function visit(key: string): Promise<void> {
    processing.add(key);
    // The visit itself says when the next timed look is; what was planned before it no longer counts.
    waiting.remove(key);
    const startedAt = clock.now();
    try {
      const requeueAfterMs = await options.run(key);
      attempts.delete(key);
      if (requeueAfterMs !== undefined) waiting.add(key, nextLook(key, requeueAfterMs, startedAt));
    } catch (error) {
      const retryAfterMs = failed(key, error);
      if (retryAfterMs !== undefined) waiting.add(key, clock.now() + retryAfterMs);
    }
    ended(key);
  }

  function failed(key: string, error: unknown): number | undefined {
    const attempt = (attempts.get(key) ?? 0) + 1;
    const retryAfterMs = options.afterError(error, attempt);
    if (retryAfterMs === undefined) attempts.delete(key);
    else attempts.set(key, attempt);
    options.onError?.(key, error, attempt, retryAfterMs);
    return retryAfterMs;
  }

  function nextLook(key: string, requeueAfterMs: number, startedAt: number): number {
    const interval = options.intervalMs?.(key) ?? requeueAfterMs;
    if (interval < 1) return clock.now() + Math.max(0, requeueAfterMs);
    // Slots that passed during a long visit are not made up for.
    const slot = nextSlot(key, interval, Math.max(clock.now(), startedAt + requeueAfterMs - interval));
    return requeueAfterMs < interval ? Math.min(slot, clock.now() + requeueAfterMs) : slot;
  }

  function ended(key: string): void {
    processing.delete(key);
    const wanted = again.get(key);
    again.delete(key);
    if (wanted !== undefined) ready.add(key, wanted.urgency, wanted.dueAt);
    work();
    if (!running && processing.size === 0) {
      for (const tell of drained) tell();
      drained = [];
    }
  }

  return {
    enqueue(key, urgency = 'urgent') {
      makeReady(key, urgency, clock.now());
      work();
    },
    enqueueAt(key, at) {
      waiting.add(key, at);
      arm();
    },
    start() {
      running = true;
      work();
    },
    async stop() {
      running = false;
      rest?.cancel();
      rest = undefined;
      arm();
      if (processing.size > 0) await new Promise<void>((resolve) => drained.push(resolve));
    },
    size: () => ({ ready: ready.size() + again.size, processing: processing.size, waiting: waiting.size() }),
  };
}
