// Waiting.
import type { Clock } from '../clock.ts';

/** Waits on the clock, or until the signal says stop. */
export function pause(delayMs: number, clock: Clock, stop: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (stop.aborted) return resolve();
    const done = () => {
      timer.cancel();
      stop.removeEventListener('abort', done);
      resolve();
    };
    const timer = clock.after(delayMs, done);
    stop.addEventListener('abort', done);
  });
}
