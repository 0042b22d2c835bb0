// The one lane that all writes but the Lease's go through, so that ten thousand workflows that change at once do not take the
// API server down. What matters more goes first; when the server says that it is too much, the lane narrows at once and
// widens again slowly.
import type { WriteTurns } from '../act/types.ts';
import type { Clock } from '../clock.ts';
import { TransientError } from '../errors.ts';
import { createLaneLines } from './lane-lines.ts';
import type { LaneLevel, Waiter } from './lane-lines.ts';

/** Lets writes pass one by one: Events wait for their turn, statuses are asked for anew when it comes. */
export interface WriteLane extends WriteTurns {
  /** Resolves when the write may go. Rejects with a TransientError when the lane is closed. */
  enter(level: LaneLevel): Promise<void>;
  /** Counts a status write as under way until it has settled. */
  during<T>(write: () => Promise<T>): Promise<T>;
  /** The server answered 429. */
  slowDown(retryAfterMs?: number): void;
  /** Writes per second of now. */
  rate(): number;
  waiting(): number;
  close(): void;
}

const MIN_RATE = 5;
/** Regained per second without a 429. */
const STEP = 10;
const BURST_MS = 100;
/** Answers to what was on its way count as one 429. */
const SLOW_AGAIN_AFTER_MS = 1_000;
const MAX_PAUSE_MS = 60_000;
/**
 * Statuses that have their turn or are under way: when the API server takes longer than the rate allows for, the lane waits
 * for it. More would only stand in line for a connection, where nobody can pass them.
 */
const MAX_UNDER_WAY = 32;
/** A turn that is not used for so long is lost: saved up turns would be a burst. */
const TURN_MS = 5_000;

/** An empty lane. */
export function writeLane(options: { readonly clock: Clock; readonly ratePerSecond?: number }): WriteLane {
  const { clock, ratePerSecond = 200 } = options;
  const lines = createLaneLines();
  /** Who waits for a turn, and since when who got one has had it. */
  const places = new Map<string, Waiter & { onTurn: () => void }>();
  const turns = new Map<string, number>();
  let ceiling = { rate: ratePerSecond, setAt: clock.now() };
  let bucket = { tokens: burst(), at: clock.now() };
  let pausedUntil = 0;
  let slowedAt = Number.NEGATIVE_INFINITY;
  let underWay = 0;
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

  function disarm(): void {
    timer?.cancel();
    timer = undefined;
  }

  /** Turns that nobody used count no longer; the oldest stand first. */
  function isFull(): boolean {
    for (const [uid, since] of turns) {
      if (clock.now() - since < TURN_MS) break;
      turns.delete(uid);
    }
    return turns.size + underWay >= MAX_UNDER_WAY;
  }

  const mayPass = () => clock.now() >= pausedUntil && bucket.tokens >= 1 && !isFull();

  function pump(): void {
    disarm();
    refill();
    while (lines.size() > 0 && mayPass()) {
      bucket = { ...bucket, tokens: bucket.tokens - 1 };
      lines.take()?.go();
    }
    if (lines.size() === 0) return;
    const untilToken = ((1 - bucket.tokens) * 1000) / rate();
    const untilRoom = isFull() ? TURN_MS : 0; // or until somebody makes room
    disarm(); // whoever went may have come again and armed it
    timer = clock.after(Math.max(1, Math.ceil(pausedUntil - clock.now()), Math.ceil(untilToken), untilRoom), pump);
  }

  function madeRoom(): void {
    if (timer) pump();
  }

  function wait(waiter: Waiter, level: LaneLevel): void {
    lines.add(waiter, level);
    if (!timer) pump();
  }

  /** A token for a newcomer before whom nobody waits. */
  function passes(level: LaneLevel): boolean {
    refill();
    if (closed || lines.anyBefore(level) || !mayPass()) return false;
    bucket = { ...bucket, tokens: bucket.tokens - 1 };
    return true;
  }

  function hasTurn(uid: string): boolean {
    const since = turns.get(uid);
    turns.delete(uid);
    return since !== undefined && clock.now() - since < TURN_MS;
  }

  function leave(uid: string): void {
    if (turns.delete(uid)) madeRoom();
    const place = places.get(uid);
    if (place === undefined) return;
    places.delete(uid);
    lines.remove(place);
  }

  return {
    enter(level) {
      if (closed) return Promise.reject(new TransientError('writes have ended'));
      return new Promise((go, fail) => wait({ go, fail }, level));
    },
    take(uid, urgent, onTurn) {
      const level = urgent ? 'urgent' : 'status';
      if (hasTurn(uid)) return true;
      const place = places.get(uid);
      if (place !== undefined) {
        place.onTurn = onTurn;
        lines.add(place, level);
        return false;
      }
      if (passes(level)) return true;
      if (closed) return false;
      const newcomer = {
        onTurn,
        go() {
          places.delete(uid);
          turns.set(uid, clock.now());
          newcomer.onTurn();
        },
        fail: () => void places.delete(uid),
      };
      places.set(uid, newcomer);
      wait(newcomer, level);
      return false;
    },
    leave,
    async during(write) {
      underWay += 1;
      try {
        return await write();
      } finally {
        underWay -= 1;
        madeRoom();
      }
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
    waiting: () => lines.size(),
    close() {
      closed = true;
      disarm();
      for (let waiter = lines.take(); waiter; waiter = lines.take())
        waiter.fail(new TransientError('writes have ended'));
    },
  };
}
