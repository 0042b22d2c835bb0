// Several deadlines of one attempt on a single timer. Moving one into the future costs no new timer, so a stream may
// push its idle deadline with every chunk. While the attempt waits for us, none of them comes nearer.
import type { Clock, Timer } from '../../clock.ts';
import type { Symptom } from '../failures/classify.ts';

/** What a deadline is about. */
export type Limit = 'whole' | 'firstEvent' | 'content' | 'idle';

/** What it means that a deadline passed. */
export interface Expiry {
  readonly symptom: Symptom;
  /** The attempt had time enough for this to say something about the model. */
  readonly fair: boolean;
}

/** Watches one attempt. */
export interface Watchdog {
  set(limit: Limit, afterMs: number, expiry: Expiry): void;
  clear(limit: Limit): void;
  /** The attempt waits for us or for its caller: no time passes for it. */
  suspend(): void;
  /** Time passes again. What was put off by that ends at `latestAt` at the latest, and then says nothing about the model. */
  goOn(latestAt: number): void;
  /** Ends it now, for this. */
  expire(expiry: Expiry): void;
  /** The deadline that passed, if one did. */
  expired(): Expiry | undefined;
  stop(): void;
}

interface Deadline {
  readonly at: number;
  readonly expiry: Expiry;
}

/** Calls `onExpire` once, when the first deadline passes. */
export function startWatchdog(clock: Clock, onExpire: () => void): Watchdog {
  const deadlines = new Map<Limit, Deadline>();
  let timer: { readonly at: number; readonly handle: Timer } | undefined;
  let expired: Expiry | undefined;
  let suspendedAt: number | undefined;

  const earliest = () => {
    let first: Deadline | undefined;
    for (const deadline of deadlines.values()) if (!first || deadline.at < first.at) first = deadline;
    return first;
  };
  const arm = (at: number) => {
    timer?.handle.cancel();
    timer = { at, handle: clock.after(at - clock.now(), fire) };
  };
  const fire = () => {
    timer = undefined;
    const first = earliest();
    if (!first) return;
    if (first.at > clock.now()) return arm(first.at);
    expireWith(first.expiry);
  };
  const disarm = () => {
    timer?.handle.cancel();
    timer = undefined;
  };
  const expireWith = (expiry: Expiry) => {
    expired = expiry;
    deadlines.clear();
    disarm();
    onExpire();
  };
  /** Silences have no end but their own. */
  const putOff = (limit: Limit, { at, expiry }: Deadline, byMs: number, latestAt: number): Deadline => {
    if (limit === 'idle' || at + byMs <= latestAt) return { at: at + byMs, expiry };
    return { at: Math.max(at, latestAt), expiry: { ...expiry, fair: false } };
  };

  return {
    set(limit, afterMs, expiry) {
      if (expired) return;
      const at = (suspendedAt ?? clock.now()) + afterMs;
      deadlines.set(limit, { at, expiry });
      if (suspendedAt === undefined && (!timer || at < timer.at)) arm(at);
    },
    clear: (limit) => void deadlines.delete(limit),
    suspend() {
      suspendedAt ??= clock.now();
      disarm();
    },
    goOn(latestAt) {
      if (suspendedAt === undefined || expired) return;
      const byMs = clock.now() - suspendedAt;
      suspendedAt = undefined;
      for (const [limit, deadline] of deadlines) deadlines.set(limit, putOff(limit, deadline, byMs, latestAt));
      const first = earliest();
      if (first) arm(first.at);
    },
    expire(expiry) {
      if (!expired) expireWith(expiry);
    },
    expired: () => expired,
    stop() {
      deadlines.clear();
      disarm();
    },
  };
}
