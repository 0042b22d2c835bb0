// Further tries on the same model: how long to wait, and the budget that keeps them from becoming a load of their own.
import type { Clock } from '../../clock.ts';
import type { Failure, Symptom } from '../failures/classify.ts';

const WINDOW_S = 10;
const SHARE = 0.2;
/** So many per window are always allowed. */
const FLOOR = 10;
const FIRST_WAIT_MS = 250;
const MAX_WAIT_MS = 2_000;
/** A longer Retry-After is not waited for. */
const MAX_RETRY_AFTER_MS = 5_000;

/** Pays for further tries, per workflow. */
export interface RetryBudget {
  /** A request arrived. */
  earn(workflow: string): void;
  /** Takes one further try; false when the budget is empty. */
  take(workflow: string): boolean;
  keepOnly(inUse: (workflow: string) => boolean): void;
}

/** One second of a workflow's window. */
interface Slot {
  second: number;
  requests: number;
  retries: number;
}

/** The budgets of one gateway: 20 % of the requests of the last ten seconds, and never less than ten. */
export function createRetryBudget(clock: Clock): RetryBudget {
  const windows = new Map<string, Slot[]>();

  const slotOf = (workflow: string): Slot => {
    const second = Math.floor(clock.now() / 1000);
    let slots = windows.get(workflow);
    if (!slots) windows.set(workflow, (slots = []));
    const last = slots.at(-1);
    if (last?.second === second) return last;
    while (slots[0] && slots[0].second <= second - WINDOW_S) slots.shift();
    const slot = { second, requests: 0, retries: 0 };
    slots.push(slot);
    return slot;
  };

  return {
    earn(workflow) {
      slotOf(workflow).requests += 1;
    },
    take(workflow) {
      const slot = slotOf(workflow);
      let [requests, retries] = [0, 0];
      for (const each of windows.get(workflow) ?? []) {
        requests += each.requests;
        retries += each.retries;
      }
      if (retries >= Math.max(FLOOR, Math.floor(requests * SHARE))) return false;
      slot.retries += 1;
      return true;
    },
    keepOnly(inUse) {
      for (const workflow of windows.keys()) if (!inUse(workflow)) windows.delete(workflow);
    },
  };
}

/** What a Retry-After is a promise about. */
const PASSES: ReadonlySet<Symptom> = new Set(['throttled', 'overloaded', 'serverError', 'serverErrorOnce']);

/** Full jitter over the upper half, so that two tries never follow at once. */
function backoffMs(tries: number, random: () => number): number {
  const stepMs = Math.min(MAX_WAIT_MS, FIRST_WAIT_MS * 2 ** tries);
  return stepMs / 2 + (random() * stepMs) / 2;
}

/**
 * How long to wait before the same model is asked again, or undefined when it should not be. A Retry-After is waited
 * for only when no other model is left.
 */
export function retryWaitMs(
  failure: Failure,
  tries: number,
  othersLeft: boolean,
  random: () => number,
): number | undefined {
  const { again, retryAfterMs, symptom } = failure;
  const backoff = backoffMs(tries, random);
  if (othersLeft) return again ? backoff : undefined;
  if (retryAfterMs !== undefined && PASSES.has(symptom)) {
    return retryAfterMs <= MAX_RETRY_AFTER_MS ? Math.max(backoff, retryAfterMs) : undefined;
  }
  return again ? backoff : undefined;
}
