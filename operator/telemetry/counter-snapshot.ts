// The wire format of `GET /internal/counters`: what a gateway counts and the operator pulls. It is here because neither of the
// two may see the other.

/** Cumulative since the gateway started, per workflow and target. */
export interface CounterEntry {
  /** `namespace/name`. */
  readonly workflow: string;
  readonly uid: string;
  readonly target: string;
  readonly successes: number;
  /** Inference failures, timeouts excluded. */
  readonly failures: number;
  readonly timeouts: number;
  readonly throttles: number;
  readonly gaveUp: number;
  /** 401, 403 and 404 that count only when a free probe confirms them. */
  readonly unconfirmed: number;
  /** Runs up to now: failures since the last success, timeouts since the last success, 429s since the last other answer. */
  readonly trailingFailures: number;
  readonly trailingTimeouts: number;
  readonly trailingThrottles: number;
  readonly lastFailure?: string;
  /** Of the latest 429. */
  readonly retryAfterMs?: number;
}

/** A gateway's counters. Another `startId` means that it restarted and counts from zero. */
export interface CounterSnapshot {
  readonly startId: string;
  readonly entries: readonly CounterEntry[];
}
