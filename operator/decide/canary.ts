// When a target's next canary starts: all wants of all workflows, the backoff and the hourly budget make at most one.
// The state belongs to the target and is opaque to its keeper.
import type { CanaryPurpose, CanaryWant, Outcome } from './types.ts';

const FIRST_STEP_MS = 3_000;
const LAST_STEP_MS = 20_000;
const HOUR_MS = 3_600_000;
const LONGEST_GAP_MS = 60_000;
const LONGEST_HOLD_MS = 600_000;
/** Canaries per hour that suspicion may not touch: recovery at its longest step needs 180. */
const RESERVED_FOR_RECOVERY = 200;
/** Successes in a row after which the backoff starts afresh. */
const RECOVERED_AFTER = 2;

/** What is remembered of a target's canaries. */
export interface CanaryState {
  readonly startedAt?: number;
  readonly endedAt?: number;
  /** Failed recovery canaries since the last recovery: the place in the backoff. */
  readonly failures: number;
  readonly successesInARow: number;
  /** Refusals as invalid in a row: each doubles the gap. */
  readonly invalidRun: number;
  /** The provider asked us to hold back until then. */
  readonly heldUntil?: number;
  /** Of the last hour, oldest first. */
  readonly starts: readonly { readonly at: number; readonly purpose: CanaryPurpose }[];
}

/** A target that has never had a canary. */
export const initialCanaryState = (): CanaryState => ({ failures: 0, successesInARow: 0, invalidRun: 0, starts: [] });

/** All that a plan depends on. */
export interface CanaryQuestion {
  readonly wants: readonly CanaryWant[];
  readonly state: CanaryState;
  readonly settings: { readonly timeoutMs: number; readonly maxPerHour: number };
  readonly facts: { readonly probeFailing: boolean };
  readonly now: number;
}

/** When the next canary may start, if one is wanted. `purpose` goes back into `canaryEnded`. */
export interface CanaryPlan {
  readonly startAt?: number;
  readonly purpose?: CanaryPurpose;
  readonly budgetSpent: boolean;
}

/** Turns all wants for one target into at most one canary. */
export function planCanary({ wants, state, settings, facts, now }: CanaryQuestion): CanaryPlan {
  let plan: CanaryPlan = { budgetSpent: false };
  for (const want of wants) {
    // Under a failing free probe a recovery canary would only be wasted.
    if (want.purpose === 'Recovery' && facts.probeFailing) continue;
    plan = sooner(plan, withinBudget(want.purpose, Math.max(now, dueAt(want, state)), state, settings.maxPerHour, now));
  }
  return plan;
}

function sooner(a: CanaryPlan, b: CanaryPlan): CanaryPlan {
  if (b.startAt === undefined) return a.startAt === undefined ? b : a;
  if (a.startAt === undefined || b.startAt < a.startAt) return b;
  // At the same moment recovery goes first: it has the larger budget, and its outcome clears a suspicion as well.
  return a.startAt === b.startAt && b.purpose === 'Recovery' ? b : a;
}

function dueAt(want: CanaryWant, state: CanaryState): number {
  const { startedAt, endedAt = -Infinity, heldUntil = -Infinity } = state;
  if (startedAt === undefined) return -Infinity;
  const ownGap = gapOf(want, state);
  const gap =
    state.invalidRun === 0 ? ownGap : Math.max(ownGap, Math.min(LONGEST_GAP_MS, ownGap * 2 ** state.invalidRun));
  return Math.max(startedAt + gap, endedAt, heldUntil);
}

function gapOf(want: CanaryWant, state: CanaryState): number {
  if (want.purpose === 'Suspicion') return want.intervalMs;
  if (want.proving) return FIRST_STEP_MS;
  return want.fixedStepMs ?? backoffStepMs(state.failures);
}

/** 3 s after the first failure, doubling to 20 s. */
const backoffStepMs = (failures: number): number =>
  Math.min(LAST_STEP_MS, FIRST_STEP_MS * 2 ** Math.max(0, failures - 1));

function withinBudget(
  purpose: CanaryPurpose,
  dueMs: number,
  state: CanaryState,
  maxPerHour: number,
  now: number,
): CanaryPlan {
  const starts = state.starts.filter(({ at }) => at > now - HOUR_MS).map(({ at, purpose: why }) => ({ at, why }));
  const freeAt = [freedAt(starts, maxPerHour)];
  if (purpose === 'Suspicion') {
    const own = starts.filter(({ why }) => why === 'Suspicion');
    freeAt.push(freedAt(own, maxPerHour - reserve(maxPerHour)));
  }
  const free = Math.max(...freeAt);
  if (free === Infinity) return { budgetSpent: true };
  return { startAt: Math.max(dueMs, free), purpose, budgetSpent: free > dueMs };
}

/** A smaller budget is shared in the same proportion as the default one of 240. */
const reserve = (maxPerHour: number) => Math.min(RESERVED_FOR_RECOVERY, Math.floor((maxPerHour * 5) / 6));

/** When fewer than `limit` of these starts lie in the last hour. */
function freedAt(starts: readonly { readonly at: number }[], limit: number): number {
  if (limit <= 0) return Infinity;
  const inTheWay = starts.at(-limit);
  return inTheWay === undefined ? -Infinity : inTheWay.at + HOUR_MS;
}

/**
 * The state after a canary. `purpose` is that of the plan it was started by; without it the canary is taken as one of
 * recovery, which keeps the whole budget but not the share reserved for recovery.
 */
export function canaryEnded(
  state: CanaryState,
  outcome: Outcome,
  startedAt: number,
  endedAt: number,
  now: number,
  purpose: CanaryPurpose = 'Recovery',
): CanaryState {
  const starts = [...state.starts.filter(({ at }) => at > now - HOUR_MS), { at: startedAt, purpose }];
  const { failures, successesInARow, invalidRun } = state;
  const next = { startedAt, endedAt, starts, failures, successesInARow: 0, invalidRun: 0 };
  switch (outcome.kind) {
    case 'answered':
      return afterSuccess(next, successesInARow + 1);
    case 'couldNotAsk':
      return { ...next, successesInARow, invalidRun: outcome.reason === 'CanaryInvalid' ? invalidRun + 1 : 0 };
    case 'throttled':
      return { ...afterFailure(next, purpose), ...holdUntil(endedAt, outcome.retryAfterMs) };
    case 'failed':
    case 'noAnswer':
      return afterFailure(next, purpose);
  }
}

const afterSuccess = (next: CanaryState, successesInARow: number): CanaryState => ({
  ...next,
  successesInARow,
  failures: successesInARow >= RECOVERED_AFTER ? 0 : next.failures,
});

// A canary sent on suspicion is no step of the backoff: the first canary of a recovery follows it soon.
const afterFailure = (next: CanaryState, purpose: CanaryPurpose): CanaryState => ({
  ...next,
  failures: purpose === 'Recovery' ? next.failures + 1 : 0,
});

const holdUntil = (endedAt: number, retryAfterMs: number | undefined) =>
  retryAfterMs === undefined ? {} : { heldUntil: endedAt + Math.min(retryAfterMs, LONGEST_HOLD_MS) };
