// Tests that are the steps of one story: each begins where the one before it ended, so after one that fails the others have
// nothing to begin with. Their times are kept for a table.

/** What the steps need from the runner of tests. */
export interface StepOptions {
  /** The name of the step that runs. */
  readonly current: () => string;
  /** Called once, for the step that fails, before its error is thrown. */
  readonly onFailure: () => Promise<void>;
}

/** The steps of one story. */
export interface Steps {
  /** What a runner of tests calls for a step. */
  readonly step: (work: () => Promise<void>) => () => Promise<void>;
  /** The step that failed, if one did. */
  readonly failed: () => string | undefined;
  /** A line for each step that was tried, and one for all, which is called `sum`. */
  readonly table: (sum: string) => string;
}

/** A story that has not begun. */
export function storyInSteps({ current, onFailure }: StepOptions): Steps {
  const times: (readonly [name: string, ms: number])[] = [];
  let failed: string | undefined;
  const run = async (name: string, work: () => Promise<void>): Promise<void> => {
    const startedAt = performance.now();
    try {
      await work();
    } catch (error) {
      failed = name;
      await onFailure();
      throw error;
    } finally {
      times.push([name, performance.now() - startedAt]);
    }
  };
  return {
    step: (work) => async () => {
      if (failed !== undefined) throw new Error(`not tried, because a step before it failed: ${failed}`);
      await run(current(), work);
    },
    failed: () => failed,
    table(sum) {
      const total = times.reduce((all, [, ms]) => all + ms, 0);
      return [...times, [sum, total] as const].map(([name, ms]) => `${seconds(ms)} s  ${name}\n`).join('');
    },
  };
}

const seconds = (ms: number): string => (ms / 1000).toFixed(1).padStart(7);
