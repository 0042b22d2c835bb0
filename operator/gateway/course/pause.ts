// Waiting between two tries, no longer than somebody waits for the answer.
import type { Clock } from '../../clock.ts';
import type { Caller } from './exchange.ts';

/** Resolves after the time, or when the caller leaves. */
export function pause(clock: Clock, ms: number, caller: Caller): Promise<void> {
  return new Promise((resolve) => {
    const timer = clock.after(ms, () => finish());
    const stay = caller.onLeave(() => finish());
    const finish = () => {
      timer.cancel();
      stay();
      resolve();
    };
  });
}
