// The thresholds of one workflow as numbers. A duration that cannot be read takes the default: decide never throws.
import { durationMs } from '../../lib/api/duration.ts';
import type { WorkflowSpec } from '../../lib/api/spec.ts';

/** What one model is judged by. */
export interface HealthRules {
  readonly failureThreshold: number;
  readonly consecutiveFailures: number;
  readonly successThreshold: number;
  readonly stabilizationMs: number;
  readonly errorRate: { readonly threshold: number; readonly windowMs: number; readonly minRequests: number };
  /** Timeouts of traffic count by themselves, because no canary can speak for or against them. */
  readonly timeoutsCount: boolean;
}

/** The rules of a spec for a model; a flapping primary has a longer stabilization of its own. */
export function healthRules(spec: WorkflowSpec, stabilizationMs: number, canarySpeaks: boolean): HealthRules {
  const { consecutiveFailures, errorRate } = spec.detection;
  return {
    failureThreshold: spec.probes.failureThreshold,
    successThreshold: spec.probes.successThreshold,
    consecutiveFailures,
    stabilizationMs,
    errorRate: {
      threshold: errorRate.threshold,
      windowMs: readDuration(errorRate.window, 30_000),
      minRequests: errorRate.minRequests,
    },
    timeoutsCount: !canarySpeaks,
  };
}

/** The spec's interval. */
export const intervalMsOf = (spec: WorkflowSpec): number => readDuration(spec.interval, 3_000);

/** The spec's stabilization, before flapping lengthens it. */
export const stabilizationMsOf = (spec: WorkflowSpec): number => readDuration(spec.recovery.stabilization, 5_000);

function readDuration(text: string, otherwiseMs: number): number {
  try {
    return durationMs(text);
  } catch {
    return otherwiseMs;
  }
}
