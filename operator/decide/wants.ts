// Which canaries this workflow would like to see sent, and why.
import type { WorkflowSpec } from '../../lib/api/spec.ts';
import { factsOf } from './entries.ts';
import { intervalMsOf } from './rules.ts';
import { isIll } from './states.ts';
import { inferenceStreak } from './streaks.ts';
import type { CanaryWant, HealthState, Input, Memory, ModelMemory } from './types.ts';

const SLOW_STEP_MS = 60_000;
/** A proved model that only waits for stabilization is watched, no longer proved: the budget has to last. */
const WATCHING_STEP_MS = 20_000;
/** Time heals none of these; a person does. */
const SLOW_REASONS: readonly string[] = ['CredentialRejected', 'ModelNotFound', 'QuotaExhausted'];

/** A want for each model that is ill or under suspicion. */
export function canaryWants(input: Input, memory: Memory): readonly CanaryWant[] {
  const { spec } = input;
  if (spec.suspend === true || spec.probes.canary === 'Off') return [];
  return Object.values(memory.models).flatMap((model) => {
    const why = wantOf(model, input);
    return why ? [{ target: model.target, ...why, intervalMs: intervalMsOf(spec) }] : [];
  });
}

type Why = Pick<CanaryWant, 'purpose' | 'proving' | 'fixedStepMs'>;

function wantOf(model: ModelMemory, input: Input): Why | undefined {
  if (model.state.kind === 'NotServing') return undefined;
  if (isIll(model.state)) return recovery(model.state, input.spec);
  const suspect =
    inferenceStreak(model, { timeoutsCount: true }) > 0 || model.gaveUp || factsOf(input, model.target).suspect;
  return suspect ? { purpose: 'Suspicion', proving: false } : undefined;
}

function recovery(
  state: Extract<HealthState, { readonly reason: unknown; readonly rank: unknown }>,
  spec: WorkflowSpec,
): Why {
  const slow = SLOW_REASONS.includes(state.reason) ? { fixedStepMs: SLOW_STEP_MS } : {};
  if (state.kind === 'Unhealthy') return { purpose: 'Recovery', proving: false, ...slow };
  if (state.successes < spec.probes.successThreshold) return { purpose: 'Recovery', proving: true, ...slow };
  return { purpose: 'Recovery', proving: false, fixedStepMs: WATCHING_STEP_MS, ...slow };
}
