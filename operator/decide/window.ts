// The error-rate window: what this workflow's requests did of late. Timeouts are never in it.
import type { HealthRules } from './rules.ts';
import type { WindowSlice } from './types.ts';

/** So many slices at most, however long the window. */
const SLICES = 20;

/** The window with what was seen now, without what is older than it. */
export function slide(
  window: readonly WindowSlice[],
  seen: { readonly successes: number; readonly failures: number },
  windowMs: number,
  now: number,
): readonly WindowSlice[] {
  const kept = window.filter(({ at }) => at > now - windowMs);
  if (seen.successes + seen.failures === 0) return kept;
  const last = kept.at(-1);
  if (last === undefined || now - last.at >= windowMs / SLICES) return [...kept, { at: now, ...seen }];
  const joined = { ...last, successes: last.successes + seen.successes, failures: last.failures + seen.failures };
  return [...kept.slice(0, -1), joined];
}

/** True when the rate says ill: enough requests, and enough of them failed. */
export function rateTooHigh(
  window: readonly WindowSlice[],
  { threshold, minRequests }: HealthRules['errorRate'],
): boolean {
  const failures = window.reduce((sum, slice) => sum + slice.failures, 0);
  const requests = window.reduce((sum, slice) => sum + slice.successes, failures);
  return failures > 0 && requests >= minRequests && failures * 100 >= threshold * requests;
}
