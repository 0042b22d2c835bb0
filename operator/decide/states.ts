// How one model's state moves. Each function takes what is remembered of the model and returns its successor.
import type { Rank } from '../../lib/api/status.ts';
import type { Reason } from '../../lib/api/reasons.ts';
import type { HealthRules } from './rules.ts';
import type { HealthState, ModelMemory } from './types.ts';

const WEIGHT: Readonly<Record<Rank, number>> = { Probe: 0, Inference: 1 };

/** True when evidence of `rank` can speak about an illness of `illness`. */
const reaches = (rank: Rank, illness: Rank): boolean => WEIGHT[rank] >= WEIGHT[illness];

/** Ill is Unhealthy or Recovering. */
export const isIll = (
  state: HealthState,
): state is Extract<HealthState, { readonly kind: 'Unhealthy' | 'Recovering' }> =>
  state.kind === 'Unhealthy' || state.kind === 'Recovering';

/** What makes a model ill, or its illness worse: a threshold was reached by evidence of this rank. */
export function fall(memory: ModelMemory, rank: Rank, reason: Reason, now: number): ModelMemory {
  const { state } = memory;
  switch (state.kind) {
    case 'NotServing':
      return memory;
    case 'Unknown':
    case 'Healthy':
      return { ...memory, state: { kind: 'Unhealthy', since: now, reason, rank }, window: [] };
    case 'Unhealthy':
    case 'Recovering':
      if (reaches(state.rank, rank)) return relapse(memory, rank, reason, now);
      return {
        ...memory,
        state: { kind: 'Unhealthy', since: state.kind === 'Unhealthy' ? state.since : now, reason, rank },
      };
  }
}

/** One failure: it takes Recovering back to Unhealthy if it is of at least the illness's rank. */
export function relapse(memory: ModelMemory, rank: Rank, reason: Reason, now: number): ModelMemory {
  const { state } = memory;
  if (state.kind !== 'Recovering' || !reaches(rank, state.rank)) return memory;
  return { ...memory, state: { kind: 'Unhealthy', since: now, reason, rank: state.rank } };
}

/** When successes were seen, and how many. */
export interface Proof {
  readonly rank: Rank;
  readonly count: number;
  readonly at: number;
}

/** Successes: the first evidence of an Unknown model, or proof that an ill one recovers. */
export function succeed(memory: ModelMemory, { rank, count, at }: Proof, now: number): ModelMemory {
  const { state } = memory;
  switch (state.kind) {
    case 'NotServing':
    case 'Healthy':
      return memory;
    case 'Unknown':
      return { ...memory, state: { kind: 'Healthy', since: now }, window: [] };
    case 'Unhealthy':
    case 'Recovering': {
      if (!reaches(rank, state.rank)) return memory;
      const before =
        state.kind === 'Recovering' ? state : { since: now, successes: 0, firstSuccessAt: Math.min(at, now) };
      return {
        ...memory,
        state: {
          kind: 'Recovering',
          since: before.since,
          reason: state.reason,
          rank: state.rank,
          successes: before.successes + count,
          firstSuccessAt: before.firstSuccessAt,
        },
      };
    }
  }
}

/** When a Recovering model that has proved itself may be Healthy; undefined while proof is missing. */
export function provedAt(state: HealthState, rules: HealthRules): number | undefined {
  if (state.kind !== 'Recovering' || state.successes < rules.successThreshold) return undefined;
  return state.firstSuccessAt + rules.stabilizationMs;
}

/** Recovering becomes Healthy once it is proved and stabilization is over. */
export function settle(memory: ModelMemory, rules: HealthRules, now: number): ModelMemory {
  const at = provedAt(memory.state, rules);
  if (at === undefined || now < at) return memory;
  return { ...memory, state: { kind: 'Healthy', since: now, reason: 'Recovered' }, window: [] };
}
