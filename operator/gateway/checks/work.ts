// What judging one answer may cost. Schemas and patterns come from people who write them for themselves, but the gateway is
// everybody's: whatever they write, a judgement ends.

/** A step is about ten nanoseconds at worst: an instruction of an expression on a character. So many are half a second. */
const MAX_STEPS = 50_000_000;

/** A judgement would take longer than one may. */
export class WorkSpent extends Error {
  override readonly name = 'WorkSpent';
}

/** Counts the steps of one judgement after the other. */
export interface Work {
  /** A new judgement begins. */
  begin(): void;
  /** Throws WorkSpent when the judgement has had its steps. */
  spend(steps: number): void;
}

/** A count that allows `max` steps for each judgement. */
export function createWork(max = MAX_STEPS): Work {
  let left = max;
  return {
    begin: () => void (left = max),
    spend(steps) {
      left -= steps;
      if (left < 0) throw new WorkSpent(`a judgement may take ${max} steps`);
    },
  };
}
