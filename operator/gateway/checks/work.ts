// What judging one answer may cost, by all checks together. Schemas and patterns come from people who write them for
// themselves, but the gateway is everybody's: whatever they write, a judgement ends.

/** A step is an instruction of an expression on a character, some nanoseconds. So many are a fifth of a second at worst. */
const MAX_STEPS = 20_000_000;

/** Judging an answer would take longer than it may. */
export class WorkSpent extends Error {
  override readonly name = 'WorkSpent';
}

/** Counts the steps of judging one answer after the other. */
export interface Work {
  /** Another answer is judged. */
  begin(): void;
  /** Throws WorkSpent when the answer has had its steps. */
  spend(steps: number): void;
}

/** A count that allows `max` steps for each answer. */
export function createWork(max = MAX_STEPS): Work {
  let left = max;
  return {
    begin: () => void (left = max),
    spend(steps) {
      left -= steps;
      if (left < 0) throw new WorkSpent(`to judge an answer may take ${max} steps`);
    },
  };
}
