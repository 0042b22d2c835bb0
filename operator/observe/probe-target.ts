// What observe must know of a target to ask it. Whoever resolves specs builds it; observe knows no catalog and no Secret.
import type { Protocol } from '../../lib/api/spec.ts';

/** What a canary says and costs, and how many of them an hour may have. */
export interface CanaryAllowance {
  readonly prompt: string;
  readonly maxTokens: number;
  readonly timeoutMs: number;
  readonly maxPerHour: number;
}

/** One target, as it is asked. */
export interface ProbeTarget {
  readonly id: string;
  readonly protocol: Protocol;
  /** As the dialect's official SDK takes it. */
  readonly baseURL: string;
  readonly upstreamModel: string;
  /** The header that carries the credential, when it is not the dialect's own. */
  readonly authHeader?: string;
  /** The credential now; undefined for an open endpoint. Asked for at each call and never kept. */
  credential(): string | undefined;
  /** Rises when the credential's value changes. */
  readonly credentialVersion: number;
  readonly canary: CanaryAllowance;
}
