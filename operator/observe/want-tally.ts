// The wants of all users of one target, with equal ones told apart only by their number: when one target dies under ten
// thousand workflows the planner sees two or three wants, not ten thousand.
import type { CanaryWant } from '../decide/types.ts';

export interface WantTally {
  /** Replaces what this user wants; undefined for nothing. True when the set of distinct wants changed. */
  set(uid: string, want: CanaryWant | undefined): boolean;
  /** Each distinct want once. */
  distinct(): readonly CanaryWant[];
}

const shapeOf = (want: CanaryWant) => `${want.purpose}/${want.proving}/${want.fixedStepMs ?? ''}/${want.intervalMs}`;

/** A tally without wants. */
export function createWantTally(): WantTally {
  const shapeByUser = new Map<string, string>();
  const byShape = new Map<string, { readonly want: CanaryWant; users: number }>();

  function leave(shape: string): boolean {
    const entry = byShape.get(shape);
    if (entry === undefined) return false;
    entry.users -= 1;
    return entry.users === 0 && byShape.delete(shape);
  }

  function join(shape: string, want: CanaryWant): boolean {
    const entry = byShape.get(shape);
    if (entry !== undefined) {
      entry.users += 1;
      return false;
    }
    byShape.set(shape, { want, users: 1 });
    return true;
  }

  return {
    set(uid, want) {
      const before = shapeByUser.get(uid);
      const after = want === undefined ? undefined : shapeOf(want);
      if (before === after) return false;
      if (after === undefined) shapeByUser.delete(uid);
      else shapeByUser.set(uid, after);
      const left = before !== undefined && leave(before);
      const joined = after !== undefined && want !== undefined && join(after, want);
      return left || joined;
    },
    distinct: () => [...byShape.values()].map((entry) => entry.want),
  };
}
