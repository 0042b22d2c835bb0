// The fold of one model's health: first probes and canaries in the order they ended, then this workflow's own traffic,
// then time.
import type { Reason } from '../../lib/api/reasons.ts';
import type { HealthRules } from './rules.ts';
import { fall, relapse, settle, succeed } from './states.ts';
import { afterCanaryFailure, afterCanarySuccess, afterTraffic, inferenceStreak } from './streaks.ts';
import { throttle } from './throttle.ts';
import type { Evidence, ModelMemory, TrafficDelta } from './types.ts';
import { rateTooHigh, slide } from './window.ts';

/** What was seen of a model's target since the last fold, and how it is to be judged. */
export interface Seen {
  readonly evidence: readonly Evidence[];
  readonly traffic: readonly TrafficDelta[];
  readonly rules: HealthRules;
  /** The operator reaches nobody: silence says nothing about the target. */
  readonly blind: boolean;
  readonly probeFailing: boolean;
  readonly now: number;
}

/** The memory of a model after everything that was seen of it. */
export function foldHealth(memory: ModelMemory, seen: Seen): ModelMemory {
  let next = memory;
  for (const evidence of seen.evidence) {
    if (evidence.sequence <= next.sequence) continue;
    next = { ...foldEvidence(next, evidence, seen), sequence: evidence.sequence };
  }
  for (const delta of seen.traffic) next = foldTraffic(next, delta, seen);
  return settle(next, seen.rules, seen.now);
}

function foldEvidence(memory: ModelMemory, evidence: Evidence, seen: Seen): ModelMemory {
  if (evidence.endedAt < memory.notBefore) return memory;
  if (seen.blind && evidence.outcome.kind === 'noAnswer') return memory;
  return evidence.rank === 'Probe' ? foldProbe(memory, evidence, seen) : foldCanary(memory, evidence, seen);
}

function foldProbe(memory: ModelMemory, { outcome, endedAt }: Evidence, { rules, now }: Seen): ModelMemory {
  switch (outcome.kind) {
    case 'couldNotAsk':
    case 'throttled':
      return memory;
    case 'answered': {
      const cleared = { ...memory, probeFailures: 0, lastProbeReason: undefined };
      return succeed(cleared, { rank: 'Probe', count: 1, at: endedAt }, now);
    }
    case 'failed':
    case 'noAnswer': {
      const { reason } = outcome;
      const failed = { ...memory, probeFailures: memory.probeFailures + 1, lastProbeReason: reason };
      if (failed.probeFailures >= rules.failureThreshold) return fall(failed, 'Probe', reason, now);
      return relapse(failed, 'Probe', reason, now);
    }
  }
}

function foldCanary(memory: ModelMemory, { outcome, endedAt }: Evidence, seen: Seen): ModelMemory {
  const { rules, now } = seen;
  switch (outcome.kind) {
    case 'couldNotAsk':
      return memory;
    case 'throttled': {
      const inARow = memory.canaryThrottles + 1;
      return throttle({ ...memory, canaryThrottles: inARow }, { inARow, retryAfterMs: outcome.retryAfterMs }, now);
    }
    case 'answered':
      return succeed(afterCanarySuccess(memory), { rank: 'Inference', count: 1, at: endedAt }, now);
    case 'failed':
    case 'noAnswer':
      return inferenceFailed(afterCanaryFailure(memory), outcome.reason, rules, now);
  }
}

function inferenceFailed(memory: ModelMemory, reason: Reason, rules: HealthRules, now: number): ModelMemory {
  const ill = inferenceStreak(memory, rules) >= rules.consecutiveFailures;
  return ill ? fall(memory, 'Inference', reason, now) : relapse(memory, 'Inference', reason, now);
}

function foldTraffic(memory: ModelMemory, reported: TrafficDelta, seen: Seen): ModelMemory {
  const { rules, now } = seen;
  const delta = withConfirmed(memory, reported, seen);
  const slowed = delta.throttles > 0 ? throttle(memory, throttlingOf(delta), now) : memory;
  const counted = afterTraffic(slowed, delta);
  const window = slide(counted.window, delta, rules.errorRate.windowMs, now);
  return judgeTraffic({ ...counted, window }, delta, seen);
}

function judgeTraffic(memory: ModelMemory, delta: TrafficDelta, { rules, now }: Seen): ModelMemory {
  const failed = failuresThatCount(delta, rules) > 0;
  const reason = delta.lastFailure ?? (delta.failures > 0 ? 'ServerError' : 'Timeout');
  if (failed && rateTooHigh(memory.window, rules.errorRate)) return fall(memory, 'Inference', reason, now);
  const judged = failed ? inferenceFailed(memory, reason, rules, now) : memory;
  // A success proves only what came after the failures beside it: with a run still open, it came before.
  const stillFailing = failed && Math.max(delta.trailingFailures, delta.trailingTimeouts) > 0;
  if (delta.successes === 0 || stillFailing) return judged;
  return succeed(judged, { rank: 'Inference', count: failed ? 1 : delta.successes, at: now }, now);
}

const failuresThatCount = ({ failures, timeouts }: TrafficDelta, { timeoutsCount }: HealthRules): number =>
  failures + (timeoutsCount ? timeouts : 0);

const throttlingOf = ({ trailingThrottles, retryAfterMs }: TrafficDelta) => ({
  inARow: trailingThrottles,
  retryAfterMs,
});

/** A 401, 403 or 404 of unclear meaning counts once a free probe was told the same. */
function withConfirmed(memory: ModelMemory, delta: TrafficDelta, { probeFailing }: Seen): TrafficDelta {
  const { lastProbeReason: reason } = memory;
  if (delta.unconfirmed === 0 || !probeFailing) return delta;
  if (reason !== 'CredentialRejected' && reason !== 'ModelNotFound') return delta;
  return {
    ...delta,
    failures: delta.failures + delta.unconfirmed,
    trailingFailures: delta.trailingFailures + delta.unconfirmed,
    lastFailure: delta.lastFailure ?? reason,
  };
}
