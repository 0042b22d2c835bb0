// Who uses which target, and the pace that all of them together ask for: the shortest interval, the longest timeout.
import type { Pace } from './probe-loop.ts';

export interface TargetUsers {
  add(uid: string, pace: Pace): void;
  remove(uid: string): void;
  /** The pace of all; undefined without users. */
  pace(): Pace | undefined;
  uids(): Iterable<string>;
}

/** No users yet. */
export function createTargetUsers(): TargetUsers {
  const paces = new Map<string, Pace>();
  let merged: Pace | undefined;

  const merge = (a: Pace | undefined, b: Pace): Pace =>
    a === undefined
      ? b
      : { intervalMs: Math.min(a.intervalMs, b.intervalMs), timeoutMs: Math.max(a.timeoutMs, b.timeoutMs) };

  function mergeAll(): void {
    merged = undefined;
    for (const pace of paces.values()) merged = merge(merged, pace);
  }

  /** One who leaves with the shortest interval or the longest timeout makes all others count again. */
  const decides = (pace: Pace) => pace.intervalMs === merged?.intervalMs || pace.timeoutMs === merged?.timeoutMs;

  function remove(uid: string): void {
    const pace = paces.get(uid);
    paces.delete(uid);
    if (pace !== undefined && decides(pace)) mergeAll();
  }

  return {
    add(uid, pace) {
      const before = paces.get(uid);
      if (before?.intervalMs === pace.intervalMs && before.timeoutMs === pace.timeoutMs) return;
      if (before !== undefined) remove(uid);
      paces.set(uid, pace);
      merged = merge(merged, pace);
    },
    remove,
    pace: () => merged,
    uids: () => paces.keys(),
  };
}
