// Failures in a row. Traffic's streak is the largest trailing run over the gateways, a failed canary adds one, and
// timeouts of traffic are held until a canary says whether they are slowness or illness.
import type { HealthRules } from './rules.ts';
import type { ModelMemory, TrafficDelta } from './types.ts';

/** The inference streak, as consecutiveFailures judges it. */
export const inferenceStreak = (memory: ModelMemory, { timeoutsCount }: Pick<HealthRules, 'timeoutsCount'>): number =>
  memory.inferenceFailures + memory.canaryFailures + (timeoutsCount ? memory.heldTimeouts : 0);

/** A canary's success clears everything that counts towards illness, but not the error-rate window. */
export const afterCanarySuccess = (memory: ModelMemory): ModelMemory => ({
  ...memory,
  probeFailures: 0,
  inferenceFailures: 0,
  canaryFailures: 0,
  carriedFailures: 0,
  heldTimeouts: 0,
  gaveUp: false,
  canaryThrottles: 0,
});

/**
 * A canary's failure adds one, tells that the held timeouts were no mere slowness, and goes on with the run that a gateway is
 * still in: its breaker keeps requests away by then, so that no request of its own would.
 */
export const afterCanaryFailure = (memory: ModelMemory): ModelMemory => ({
  ...memory,
  inferenceFailures: memory.inferenceFailures + memory.carriedFailures,
  carriedFailures: 0,
  canaryFailures: memory.canaryFailures + 1 + memory.heldTimeouts,
  heldTimeouts: 0,
  canaryThrottles: 0,
});

/** Any success clears the streak; a run that some gateway is still in is carried, to count once it goes on. */
export function afterTraffic(memory: ModelMemory, delta: TrafficDelta): ModelMemory {
  if (delta.successes > 0) {
    return {
      ...memory,
      probeFailures: 0,
      inferenceFailures: 0,
      canaryFailures: 0,
      carriedFailures: delta.failures > 0 ? delta.trailingFailures : 0,
      heldTimeouts: delta.timeouts > 0 ? Math.min(delta.timeouts, delta.trailingTimeouts) : 0,
      gaveUp: delta.gaveUp > 0,
    };
  }
  return {
    ...withFailures(memory, delta),
    heldTimeouts: grown(memory.heldTimeouts, delta.timeouts, delta.trailingTimeouts),
    gaveUp: memory.gaveUp || delta.gaveUp > 0,
  };
}

function withFailures(memory: ModelMemory, { failures, trailingFailures }: TrafficDelta): ModelMemory {
  if (failures === 0) return memory;
  const { inferenceFailures, carriedFailures } = memory;
  return {
    ...memory,
    inferenceFailures: grown(inferenceFailures, carriedFailures + failures, trailingFailures),
    carriedFailures: 0,
  };
}

// Failures of several gateways do not add up to one run; and without a success a run does not shrink either.
const grown = (streak: number, more: number, trailingRun: number): number =>
  more === 0 ? streak : Math.max(streak, Math.min(streak + more, trailingRun));
