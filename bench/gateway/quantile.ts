// Quantiles of a few numbers.

/** The smallest of the values that at least this share of them do not exceed. */
export function quantile(values: readonly number[], share: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? NaN;
}

/** The middle one. */
export const median = (values: readonly number[]): number => quantile(values, 0.5);
