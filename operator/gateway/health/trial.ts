// Trials: an ill model that only real requests can prove well gets one request per step, first in the order.
import type { Clock } from '../../clock.ts';

const FIRST_STEP_MS = 3_000;
const MAX_STEP_MS = 20_000;

interface Trial {
  readonly dueAt: number;
  readonly stepMs: number;
  readonly running: boolean;
}

/** The trial timers of a gateway, by an opaque key. */
export interface Trials {
  /** Starts a timer for what has come on trial, and forgets what no longer is. */
  follow(key: string, onTrial: boolean): void;
  /** Forgets what is not in use any more. */
  keepOnly(inUse: (key: string) => boolean): void;
  due(key: string): boolean;
  /** Takes the one place; `ended` must follow. */
  begin(key: string): void;
  /** Undefined: it said nothing about the model, so the next request may try. */
  ended(key: string, success: boolean | undefined): void;
}

/** The trials of one gateway. */
export function createTrials(clock: Clock): Trials {
  const trials = new Map<string, Trial>();
  const after = (stepMs: number): Trial => ({ dueAt: clock.now() + stepMs, stepMs, running: false });

  return {
    follow(key, onTrial) {
      if (!onTrial) trials.delete(key);
      else if (!trials.has(key)) trials.set(key, after(FIRST_STEP_MS));
    },
    keepOnly(inUse) {
      for (const key of trials.keys()) if (!inUse(key)) trials.delete(key);
    },
    due(key) {
      const trial = trials.get(key);
      return trial !== undefined && !trial.running && clock.now() >= trial.dueAt;
    },
    begin(key) {
      const trial = trials.get(key);
      if (trial) trials.set(key, { ...trial, running: true });
    },
    ended(key, success) {
      const trial = trials.get(key);
      if (!trial) return;
      if (success === undefined) trials.set(key, { ...trial, running: false });
      else trials.set(key, after(success ? FIRST_STEP_MS : Math.min(MAX_STEP_MS, trial.stepMs * 2)));
    },
  };
}
