// Who waits in the lane of writes: what matters more goes first, and among equals who came first.

/** Route-changing statuses go before other statuses, those before Events. */
export const LANE_LEVELS = ['urgent', 'status', 'event'] as const;
export type LaneLevel = (typeof LANE_LEVELS)[number];

/** One who waits: lets it go, or tells it that it never will. */
export interface Waiter {
  readonly go: () => void;
  readonly fail: (error: Error) => void;
}

/** One line for each level. */
export interface LaneLines {
  /** Puts the waiter at the end of a line. One that stands in a later line moves ahead; in an earlier one it stays. */
  add(waiter: Waiter, level: LaneLevel): void;
  remove(waiter: Waiter): void;
  /** Takes the first of the first line that is not empty. */
  take(): Waiter | undefined;
  /** Whether somebody waits who goes before a newcomer of this level. */
  anyBefore(level: LaneLevel): boolean;
  size(): number;
}

/** Empty lines. */
export function createLaneLines(): LaneLines {
  const lines: readonly Set<Waiter>[] = LANE_LEVELS.map(() => new Set());
  const upTo = (level: LaneLevel) => lines.slice(0, LANE_LEVELS.indexOf(level) + 1);

  return {
    add(waiter, level) {
      if (upTo(level).some((line) => line.has(waiter))) return;
      for (const line of lines) line.delete(waiter);
      lines[LANE_LEVELS.indexOf(level)]?.add(waiter);
    },
    remove(waiter) {
      for (const line of lines) line.delete(waiter);
    },
    take() {
      for (const line of lines) {
        for (const first of line) {
          line.delete(first);
          return first;
        }
      }
      return undefined;
    },
    anyBefore: (level) => upTo(level).some((line) => line.size > 0),
    size: () => lines.reduce((sum, line) => sum + line.size, 0),
  };
}
