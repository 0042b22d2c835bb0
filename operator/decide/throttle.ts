// Throttled is an overlay, not a state: it changes the order of models and never their health.
import type { ModelMemory } from './types.ts';

const IN_A_ROW = 3;
const LONG_RETRY_AFTER_MS = 5_000;
const FIRST_STEP_MS = 10_000;
const LONGEST_MS = 600_000;
/** A throttle that passed so recently makes the next one longer. */
const STILL_RECENT_MS = 60_000;

/** What was seen of 429s. */
export interface Throttling {
  readonly inARow: number;
  readonly retryAfterMs: number | undefined;
}

/** One 429 is that request's business; a run of them, or a long Retry-After, holds the model back. */
export function throttle(memory: ModelMemory, { inARow, retryAfterMs }: Throttling, now: number): ModelMemory {
  const { throttledUntil, throttleStepMs } = memory;
  if (inARow < IN_A_ROW && (retryAfterMs ?? 0) <= LONG_RETRY_AFTER_MS) return memory;
  if (throttledUntil !== undefined && throttledUntil > now) return memory;
  if (retryAfterMs !== undefined) {
    return { ...memory, throttledUntil: now + Math.min(Math.max(0, retryAfterMs), LONGEST_MS) };
  }
  const recent = throttledUntil !== undefined && now - throttledUntil < STILL_RECENT_MS;
  const stepMs = recent && throttleStepMs > 0 ? Math.min(throttleStepMs * 2, LONGEST_MS) : FIRST_STEP_MS;
  return { ...memory, throttledUntil: now + stepMs, throttleStepMs: stepMs };
}
