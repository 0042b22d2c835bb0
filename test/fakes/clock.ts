// A clock that moves only when a test says so.
import type { Clock } from '../../operator/clock.ts';

export interface SteppedClock extends Clock {
  /** Moves time forward, running every timer that falls due in order, and lets promises settle after each. */
  advance(ms: number): Promise<void>;
  /** Timers that still wait. */
  pending(): number;
}

export function steppedClock(startMs = Date.UTC(2026, 0, 1)): SteppedClock {
  let now = startMs;
  let sequence = 0;
  const waiting = new Map<number, { readonly at: number; readonly task: () => void }>();

  const settle = async () => {
    for (let turn = 0; turn < 3; turn += 1) await new Promise((resolve) => setImmediate(resolve));
  };
  const nextDue = (limit: number) =>
    [...waiting].filter(([, timer]) => timer.at <= limit).sort(([a, x], [b, y]) => x.at - y.at || a - b)[0];

  return {
    now: () => now,
    after(delayMs, task) {
      const id = (sequence += 1);
      waiting.set(id, { at: now + Math.max(0, delayMs), task });
      return { cancel: () => void waiting.delete(id) };
    },
    async advance(ms) {
      const limit = now + ms;
      await settle();
      for (let due = nextDue(limit); due; due = nextDue(limit)) {
        const [id, timer] = due;
        waiting.delete(id);
        now = Math.max(now, timer.at);
        timer.task();
        await settle();
      }
      now = limit;
      await settle();
    },
    pending: () => waiting.size,
  };
}
