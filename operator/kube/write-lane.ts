// The one lane that all writes but the Lease's go through, so that ten thousand workflows that change at once do not take the
// API server down. What matters more goes first; when the server says that it is too much, the lane narrows at once and
// widens again slowly.
import type { Clock } from '../clock.ts';
import { TransientError } from '../errors.ts';

/** Route-changing statuses go before other statuses, those before Events. */
export const LANE_LEVELS = ['urgent', 'status', 'event'] as const;
export type LaneLevel = (typeof LANE_LEVELS)[number];

/** Lets writes pass one by one. */
export interface WriteLane {
  /** Resolves when the write may go. Rejects with a TransientError when the lane is closed. */
  enter(level: LaneLevel): Promise<void>;
  /** The server answered 429. */
  slowDown(retryAfterMs?: number): void;
  /** Writes per second of now. */
  rate(): number;
  waiting(): number;
  close(): void;
}

interface Waiter {
  readonly go: () => void;
  readonly fail: (error: Error) => void;
}

const MIN_RATE = 5;
/** Regained per second without a 429. */
const STEP = 10;
const BURST_MS = 100;
/** Answers to what was on its way count as one 429. */
const SLOW_AGAIN_AFTER_MS = 1_000;
const MAX_PAUSE_MS = 60_000;

/** An empty lane. */
export function writeLane(options: { readonly clock: Clock; readonly ratePerSecond?: number }): WriteLane {
  const { clock, ratePerSecond = 200 } = options;
  const queues: Record<LaneLevel, Waiter[]> = { urgent: [], status: [], event: [] };
  let ceiling = { rate: ratePerSecond, setAt: clock.now() };
  let bucket = { tokens: burst(), at: clock.now() };
  let pausedUntil = 0;
  let slowedAt = Number.NEGATIVE_INFINITY;
  let timer: { cancel(): void } | undefined;
  let closed = false;

  function rate(): number {
    return Math.min(ratePerSecond, ceiling.rate + (STEP * (clock.now() - ceiling.setAt)) / 1000);
  }
  function burst(): number {
    return Math.max(1, (ratePerSecond * BURST_MS) / 1000);
  }
  function refill(): void {
    const now = clock.now();
    const most = Math.max(1, Math.min(burst(), (rate() * BURST_MS) / 1000));
    bucket = { tokens: Math.min(most, bucket.tokens + (rate() * (now - bucket.at)) / 1000), at: now };
  }
  const next = () => LANE_LEVELS.map((level) => queues[level]).find((queue) => queue.length > 0);

  function pump(): void {
    timer?.cancel();
    timer = undefined;
    refill();
    const pauseMs = pausedUntil - clock.now();
    for (let queue = next(); queue && pauseMs <= 0 && bucket.tokens >= 1; queue = next()) {
      bucket = { ...bucket, tokens: bucket.tokens - 1 };
      queue.shift()?.go();
    }
    if (!next()) return;
    const untilToken = ((1 - bucket.tokens) * 1000) / rate();
    timer = clock.after(Math.max(1, Math.ceil(pauseMs), Math.ceil(untilToken)), pump);
  }

  return {
    enter(level) {
      if (closed) return Promise.reject(new TransientError('writes have ended'));
      return new Promise((go, fail) => {
        queues[level].push({ go, fail });
        if (!timer) pump();
      });
    },
    slowDown(retryAfterMs = 0) {
      const now = clock.now();
      refill();
      pausedUntil = Math.max(pausedUntil, now + Math.min(MAX_PAUSE_MS, retryAfterMs));
      if (now - slowedAt < SLOW_AGAIN_AFTER_MS) return;
      slowedAt = now;
      ceiling = { rate: Math.max(MIN_RATE, rate() / 2), setAt: now };
    },
    rate,
    waiting: () => LANE_LEVELS.reduce((sum, level) => sum + queues[level].length, 0),
    close() {
      closed = true;
      timer?.cancel();
      for (const level of LANE_LEVELS) {
        for (const { fail } of queues[level].splice(0)) fail(new TransientError('writes have ended'));
      }
    },
  };
}
