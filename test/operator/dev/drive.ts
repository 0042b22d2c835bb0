// Drives a stepped clock while real loopback connections do their work in between.
import type { SteppedClock } from '../../fakes/clock.ts';

const breathe = () => new Promise<void>((resolve) => void setTimeout(resolve, 1));

/** Advances in small steps until `holds`, at most `limitMs` of stepped time. True when it did. */
export async function driveUntil(
  clock: SteppedClock,
  limitMs: number,
  holds: () => boolean,
  stepMs = 50,
): Promise<boolean> {
  for (let passed = 0; passed <= limitMs; passed += stepMs) {
    if (holds()) return true;
    await breathe();
    await clock.advance(stepMs);
  }
  return holds();
}

/** Advances until the promise settles, and gives what it settled to. */
export async function driveTo<T>(clock: SteppedClock, limitMs: number, promise: Promise<T>): Promise<T> {
  let settled = false;
  const done = promise.finally(() => void (settled = true));
  done.catch(() => {});
  if (!(await driveUntil(clock, limitMs, () => settled))) throw new Error(`expected an end within ${limitMs} ms`);
  return done;
}
