// Durations as the API writes them: a run of numbers with units, `1m30s`. Units are ms, s, m and h.

/** What every duration field matches (RE2, shared with the CRD). */
export const DURATION_PATTERN = '^([0-9]+(ms|s|m|h))+$';

/** A duration as it is written in a spec, for example `3s` or `1m30s`. */
export type Duration = string;

// Made once: every look at every workflow reads some ten durations.
const WHOLE = new RegExp(DURATION_PATTERN);
const PART = /([0-9]+)(ms|s|m|h)/g;

const UNIT_MS: Readonly<Record<string, number>> = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000 };

/** The length of a duration in milliseconds. The text must match DURATION_PATTERN; anything else is a RangeError. */
export function durationMs(text: Duration): number {
  if (!WHOLE.test(text)) {
    throw new RangeError(`expected a duration such as 3s or 1m30s, got ${JSON.stringify(text)}`);
  }
  let total = 0;
  for (const [, digits, unit] of text.matchAll(PART)) {
    total += Number(digits) * (UNIT_MS[unit ?? ''] ?? 0);
  }
  return total;
}
