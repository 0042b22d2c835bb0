// Start reading here. Everything that `decide` may look at, and everything that happens because of it. Times are epoch
// milliseconds on one clock that never jumps; `now` is a field, so the same input always decides the same thing.
import type { Protocol, WorkflowSpec } from '../../lib/api/spec.ts';
import type { Rank, WorkflowStatus } from '../../lib/api/status.ts';
import type { Reason } from '../../lib/api/reasons.ts';

/** What one probe or canary saw. A new way to fail is a new member. */
export type Outcome =
  | { readonly kind: 'answered' }
  /** 429 to a canary: with Retry-After when the provider said so. */
  | { readonly kind: 'throttled'; readonly retryAfterMs?: number }
  /** An HTTP answer that says the target cannot serve. */
  | { readonly kind: 'failed'; readonly reason: Reason; readonly httpStatus: number }
  /** No HTTP answer at all: what a blind operator sees everywhere. */
  | { readonly kind: 'noAnswer'; readonly reason: 'ConnectionFailed' | 'Timeout' | 'EgressDenied' }
  /** Says nothing about health: the endpoint does not exist there, the canary was refused as invalid … */
  | {
      readonly kind: 'couldNotAsk';
      readonly reason: 'RateLimited' | 'ProbeUnsupported' | 'CanaryInvalid';
      readonly httpStatus: number;
    };

/** One finished probe or canary of a target. Sequence numbers rise over all targets and never repeat. */
export interface Evidence {
  readonly target: string;
  readonly rank: Rank;
  readonly sequence: number;
  readonly startedAt: number;
  readonly endedAt: number;
  readonly outcome: Outcome;
}

/** What this workflow's own requests to a target did since the last fold, merged over all gateways. */
export interface TrafficDelta {
  readonly target: string;
  readonly successes: number;
  /** Inference failures that count for health, timeouts excluded. */
  readonly failures: number;
  /** Timeout, FirstTokenTimeout, StreamStalled: slowness, held until a canary speaks. */
  readonly timeouts: number;
  /** The longest run of failures without a success up to now, among gateways that failed in this delta. */
  readonly trailingFailures: number;
  readonly trailingTimeouts: number;
  readonly lastFailure?: Reason;
  readonly throttles: number;
  /** The longest run of 429s up to now, among gateways that saw one in this delta. */
  readonly trailingThrottles: number;
  /** The longest Retry-After seen in this delta. */
  readonly retryAfterMs?: number;
  /** Clients that left after 10 s or more without a byte. */
  readonly gaveUp: number;
  /** 401, 403 and 404 that count only when a free probe confirms them. */
  readonly unconfirmed: number;
}

export type NotServingReason = Extract<
  Reason,
  'DialectMismatch' | 'ProviderNotFound' | 'SecretNotFound' | 'SecretForbidden' | 'EgressDenied' | 'InvalidSpec'
>;

/** A model of the spec: what is called for it, or why nothing can be. In spec order, primary first. */
export type ModelTarget =
  | {
      readonly name: string;
      readonly kind: 'target';
      readonly target: string;
      readonly provider: string;
      readonly protocol: Protocol;
      /** Rises when the credential's value changes; a change resets the state to Unknown. */
      readonly credentialVersion: number;
    }
  | { readonly name: string; readonly kind: 'notServing'; readonly reason: NotServingReason; readonly message: string };

/** What the operator knows of a target beyond this workflow. */
export interface TargetFacts {
  /** Another workflow's traffic failed there and no success has cleared it since. */
  readonly suspect: boolean;
  /** Its latest free probe failed: a canary would only be wasted. */
  readonly probeFailing: boolean;
  /** How many free probes in a row could not be asked (429, 404, 405, 501). */
  readonly couldNotAskRun: number;
  /** Its canary was refused as invalid; the proof of recovery is by trials. */
  readonly canaryInvalid: boolean;
  /** When a canary may next start, by backoff and budget; undefined while none is wanted. */
  readonly nextCanaryAt?: number;
  readonly canaryBudgetSpent: boolean;
}

/** All that decide may look at. */
export interface Input {
  readonly uid: string;
  readonly name: string;
  readonly namespace: string;
  readonly generation: number;
  readonly annotations: Readonly<Record<string, string>>;
  readonly spec: WorkflowSpec;
  /** Why the spec cannot be used as a whole (free-typed values the API server cannot check); its last good form is `spec`. */
  readonly invalid?: string;
  readonly targets: readonly ModelTarget[];
  readonly facts: Readonly<Record<string, TargetFacts>>;
  /** The operator could reach nobody at all in the last interval. */
  readonly blind: boolean;
  /** The status as last read or, when newer, as last written. */
  readonly previous?: WorkflowStatus;
  readonly memory?: Memory;
  /** Since the last fold, ascending by sequence. */
  readonly evidence: readonly Evidence[];
  readonly traffic: readonly TrafficDelta[];
  readonly now: number;
}

/** Why a canary is wanted. Suspicion and recovery have budgets of their own. */
export type CanaryPurpose = 'Suspicion' | 'Recovery';

/** What one workflow would like to ask of a target. The canary planner turns the wants of all into at most one. */
export interface CanaryWant {
  readonly target: string;
  readonly purpose: CanaryPurpose;
  /** Once `Recovering`, the next canary comes at once instead of at the next backoff step. */
  readonly proving: boolean;
  /** Steps of a fixed length (CredentialRejected, ModelNotFound, QuotaExhausted) instead of the backoff. */
  readonly fixedStepMs?: number;
  readonly intervalMs: number;
}

/** Something a person should read, once. */
export interface WorkflowEvent {
  readonly type: 'Normal' | 'Warning';
  readonly reason: string;
  readonly action: 'Rerouted' | 'ModelStateChanged' | 'Warned';
  readonly note: string;
  /** The target whose death or recovery caused it, so that a herd can be told in one series. */
  readonly target?: string;
}

/** All that happens because of one look. */
export interface Decision {
  /** The whole new status; equal to `previous` in content when nothing changed. */
  readonly status: WorkflowStatus;
  readonly memory: Memory;
  readonly events: readonly WorkflowEvent[];
  readonly canaries: readonly CanaryWant[];
  /** True when the route changes, so that the write goes before others. */
  readonly urgent: boolean;
  readonly requeueAfterMs: number;
}

/** A state with its data on it. */
export type HealthState =
  | { readonly kind: 'Unknown'; readonly since: number }
  /** The reason is there only after a recovery. */
  | { readonly kind: 'Healthy'; readonly since: number; readonly reason?: Reason }
  | { readonly kind: 'Unhealthy'; readonly since: number; readonly reason: Reason; readonly rank: Rank }
  | {
      readonly kind: 'Recovering';
      readonly since: number;
      readonly reason: Reason;
      readonly rank: Rank;
      readonly successes: number;
      readonly firstSuccessAt: number;
    }
  | { readonly kind: 'NotServing'; readonly since: number; readonly reason: NotServingReason };

/** Kept in the operator between looks, never written to the API server. Opaque to everyone but decide. */
export interface Memory {
  readonly uid: string;
  /** The generation that this memory was folded under. */
  readonly generation: number;
  readonly models: Readonly<Record<string, ModelMemory>>;
  /** When the primary was last returned to; at most one entry. */
  readonly returns: readonly number[];
  /** When the primary was left soon after a return: what Flapping is made of. */
  readonly flaps: readonly number[];
}

/** What is kept of one model. Streaks are zero after a restart; the state comes from status. */
export interface ModelMemory {
  readonly target: string;
  readonly credentialVersion: number;
  readonly state: HealthState;
  /** The last evidence that was folded. */
  readonly sequence: number;
  /** Evidence that ended earlier was seen with another credential and says nothing. */
  readonly notBefore: number;
  readonly probeFailures: number;
  /** Why the latest free probe failed; undefined once one succeeds. */
  readonly lastProbeReason: Reason | undefined;
  /** The streak of traffic: the largest trailing run. */
  readonly inferenceFailures: number;
  /** The streak of canaries, with the timeouts that joined it; it adds to the streak of traffic. */
  readonly canaryFailures: number;
  /** Failures in the gateways' trailing runs that came before a success cleared the streak. */
  readonly carriedFailures: number;
  readonly heldTimeouts: number;
  /** A client gave up waiting, and no inference has succeeded since. */
  readonly gaveUp: boolean;
  readonly window: readonly WindowSlice[];
  readonly throttledUntil?: number;
  readonly throttleStepMs: number;
  /** Canaries in a row that were answered 429. */
  readonly canaryThrottles: number;
}

/** Some requests of the error-rate window. */
export interface WindowSlice {
  readonly at: number;
  readonly successes: number;
  readonly failures: number;
}
