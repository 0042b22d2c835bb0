// When a leader that looks at nothing counts as stuck: /healthz fails then, and the kubelet starts it anew.
import { durationMs } from '../../lib/api/duration.ts';
import type { Duration } from '../../lib/api/duration.ts';

/** Never sooner than this. */
const AT_LEAST_MS = 60_000;

/** For how long there may be no look at all: where every workflow has a long interval, looks are rare. */
export function longestSilenceMs(intervals: Iterable<Duration>): number {
  let shortest = Infinity;
  for (const interval of intervals) shortest = Math.min(shortest, durationMs(interval));
  return Math.max(AT_LEAST_MS, 2 * shortest);
}
