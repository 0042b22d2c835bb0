// Time as an argument: the real clock here, a stepped one in the tests.

/** A running timer. */
export interface Timer {
  cancel(): void;
}

/** Everything that waits or asks for the time takes one of these. */
export interface Clock {
  /** Epoch milliseconds that never jump back: wall time at start plus monotonic time since. */
  now(): number;
  /** Runs `task` once, `delayMs` from now. Does not keep the process alive. */
  after(delayMs: number, task: () => void): Timer;
}

/** The machine's clock. */
export function systemClock(): Clock {
  const epochAtStart = Date.now() - performance.now();
  return {
    now: () => Math.round(epochAtStart + performance.now()),
    after(delayMs, task) {
      const handle = setTimeout(task, Math.max(0, delayMs));
      handle.unref();
      return { cancel: () => clearTimeout(handle) };
    },
  };
}
