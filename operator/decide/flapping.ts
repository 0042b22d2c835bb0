// A primary that comes back and leaves again too often has to stay well for longer before it returns.

const SOON_MS = 60_000;
const MEMORY_MS = 600_000;
const FLAPPING_FROM = 3;
const LONGEST_STABILIZATION_MS = 600_000;
const SHORTEST_STABILIZATION_MS = 1_000;
/** More doublings than ever matter. */
const MOST_FLAPS = 16;

/** The part of memory that flapping is made of. */
export interface Returns {
  readonly returns: readonly number[];
  readonly flaps: readonly number[];
}

/** The flaps that still count: 10 minutes without one forget them all. */
export function currentFlaps(flaps: readonly number[], now: number): readonly number[] {
  const last = flaps.at(-1);
  if (last === undefined || now - last >= MEMORY_MS) return [];
  if (isFlapping(flaps)) return flaps.slice(-MOST_FLAPS);
  return flaps.filter((at) => now - at < MEMORY_MS);
}

/** True from the third flap in 10 minutes on. */
export const isFlapping = (flaps: readonly number[]): boolean => flaps.length >= FLAPPING_FROM;

/** Stabilization of the primary: while it flaps, each flap has doubled it once. */
export function stabilizationUnder(flaps: readonly number[], baseMs: number): number {
  if (!isFlapping(flaps)) return baseMs;
  const doubled = Math.max(baseMs, SHORTEST_STABILIZATION_MS) * 2 ** (flaps.length - FLAPPING_FROM + 1);
  return Math.min(doubled, Math.max(baseMs, LONGEST_STABILIZATION_MS));
}

/** Traffic has returned to the primary by itself. */
export const returned = ({ flaps }: Returns, now: number): Returns => ({ returns: [now], flaps });

/** Traffic has left the primary by itself: a flap if it had returned only just before. */
export function left({ returns, flaps }: Returns, now: number): Returns {
  const back = returns.at(-1);
  if (back === undefined || now - back >= SOON_MS) return { returns: [], flaps };
  return { returns: [], flaps: currentFlaps([...currentFlaps(flaps, now), now], now) };
}
