// How long a key waits after an error that time may cure.

export const FIRST_BACKOFF_MS = 5;
export const MAX_BACKOFF_MS = 30_000;

/** The wait after so many errors in a row (1 is the first): 5 ms, doubling to 30 s. */
export function backoffMs(attempts: number): number {
  return Math.min(MAX_BACKOFF_MS, FIRST_BACKOFF_MS * 2 ** Math.max(0, Math.min(attempts, 32) - 1));
}
