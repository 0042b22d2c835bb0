// The entries of `status.models`, and times as status writes them.
import type { ModelStatus, WorkflowStatus } from '../../lib/api/status.ts';
import { entryOf, readState, targetsOf } from './memory.ts';
import { isIll } from './states.ts';
import type { HealthState, Input, Memory, ModelMemory, ModelTarget, TargetFacts } from './types.ts';

const UNASKED: TargetFacts = {
  suspect: false,
  probeFailing: false,
  couldNotAskRun: 0,
  canaryInvalid: false,
  canaryBudgetSpent: false,
};

/** What is known of a target beyond this workflow. */
export const factsOf = ({ facts }: Input, target: string): TargetFacts =>
  (Object.hasOwn(facts, target) ? facts[target] : undefined) ?? UNASKED;

/** True while a canary can say anything about this target; else real requests have to. */
export const canarySpeaks = (input: Input, target: string): boolean =>
  input.spec.probes.canary === 'Auto' && !factsOf(input, target).canaryInvalid;

/** The largest time that a date can have. */
const LAST_DATE_MS = 8.64e15;

/** A time as status writes it. */
export const timeText = (ms: number): string => new Date(Math.abs(ms) <= LAST_DATE_MS ? ms : 0).toISOString();

/** Every model of the spec, in its order. A suspended workflow keeps the entries it had. */
export function modelEntries(input: Input, memory: Memory): readonly ModelStatus[] {
  return targetsOf(input).flatMap((target) => {
    const frozen = input.spec.suspend === true ? frozenEntry(target, input.previous) : undefined;
    if (frozen) return [frozen];
    const model = memory.models[target.name];
    return model ? [entry(target, model, input)] : [];
  });
}

function frozenEntry(target: ModelTarget, previous: WorkflowStatus | undefined): ModelStatus | undefined {
  const before = entryOf(previous, target.name);
  if (!before || target.kind === 'notServing' || before.target !== target.target) return undefined;
  // A state of another version reads as Unknown, so it is not kept.
  const state = readState(before.state);
  return state === before.state && state !== 'NotServing' ? before : undefined;
}

function entry(target: ModelTarget, { state, throttledUntil }: ModelMemory, input: Input): ModelStatus {
  const called = target.kind === 'target' ? { provider: target.provider, target: target.target } : {};
  const reason = shownReason(state, called.target, input);
  return {
    name: target.name,
    ...called,
    state: state.kind,
    ...(isIll(state) && { rank: state.rank }),
    ...(reason !== undefined && { reason }),
    since: sinceText(target.name, called.target, state, input.previous),
    ...(target.kind === 'target' &&
      throttledUntil !== undefined &&
      throttledUntil > input.now && { throttledUntil: timeText(throttledUntil) }),
  };
}

function shownReason(state: HealthState, target: string | undefined, input: Input): string | undefined {
  if (state.kind === 'Unknown') return 'Probing';
  // Routes learn from this word that only real requests can prove the model well.
  if (isIll(state) && target !== undefined && invalidCanary(input, target)) return 'CanaryInvalid';
  return state.reason;
}

const invalidCanary = (input: Input, target: string) =>
  input.spec.probes.canary === 'Auto' && factsOf(input, target).canaryInvalid;

// A restarted operator believes old times only roughly; status keeps the exact one while the state is the same.
function sinceText(
  name: string,
  target: string | undefined,
  state: HealthState,
  previous: WorkflowStatus | undefined,
): string {
  const before = entryOf(previous, name);
  if (before && before.target === target && before.state === state.kind) return before.since;
  return timeText(state.since);
}
