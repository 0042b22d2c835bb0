// Several deadlines of one attempt on a single timer. Moving one into the future costs no new timer, so a stream may
// push its idle deadline with every chunk.
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
    expired = first.expiry;
    deadlines.clear();
    onExpire();
  };

  return {
    set(limit, afterMs, expiry) {
      if (expired) return;
      const at = clock.now() + afterMs;
      deadlines.set(limit, { at, expiry });
      if (!timer || at < timer.at) arm(at);
    },
    clear: (limit) => void deadlines.delete(limit),
    expired: () => expired,
    stop() {
      deadlines.clear();
      timer?.handle.cancel();
      timer = undefined;
    },
  };
}
