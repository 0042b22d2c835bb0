// How long to wait after a failure. An immutable value that returns its successor.

/** How often in a row something failed, and when it last did. */
export interface Backoff {
  readonly failures: number;
  readonly lastAt: number;
}

/** Nothing has failed yet. */
export const NO_BACKOFF: Backoff = { failures: 0, lastAt: 0 };

const FIRST_MS = 800;
const CAP_MS = 30_000;
const FORGET_AFTER_MS = 120_000;

/** The wait after one more failure at `now`: doubled each time up to a cap, with jitter. `chance` is between 0 and 1. */
export function nextBackoff(backoff: Backoff, now: number, chance: number): { backoff: Backoff; delayMs: number } {
  // After two healthy minutes the past is forgotten.
  const failures = now - backoff.lastAt > FORGET_AFTER_MS ? 0 : backoff.failures;
  const delayMs = Math.round(Math.min(CAP_MS, FIRST_MS * 2 ** Math.min(failures, 16) * (1 + chance)));
  return { backoff: { failures: failures + 1, lastAt: now + delayMs }, delayMs };
}
