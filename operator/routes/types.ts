// The route table: plain, immutable data that says for every workflow where a request goes, in which order. Anyone can
// run a gateway from it. It holds no secret, only where each credential is to be found.
import type { Protocol } from '../../lib/api/spec.ts';

/** A gateway that does not know the version keeps the table it has. */
export const ROUTE_TABLE_VERSION = 1;

/** Where a credential is to be found. */
export type CredentialRef =
  | { readonly kind: 'env'; readonly name: string }
  | { readonly kind: 'file'; readonly path: string }
  | { readonly kind: 'secret'; readonly namespace: string; readonly name: string; readonly key: string };

/** What is really called for a model in one dialect. */
export interface Target {
  /** Short hash of (baseURL, protocol, upstream model, credential reference, namespace when it is a workflow's own). */
  readonly id: string;
  readonly provider: string;
  readonly protocol: Protocol;
  readonly baseURL: string;
  readonly upstreamModel: string;
  readonly credential?: CredentialRef;
  /** The header that carries the credential, when it is not the dialect's own. */
  readonly authHeader?: string;
  /** Thinks before the first token, by the catalog. */
  readonly reasoning: boolean;
}

export interface RouteModel {
  readonly name: string;
  /** Its place in the spec; the primary has 0. */
  readonly specIndex: number;
  readonly standing: 'well' | 'throttled' | 'ill';
  /** When it entered its state, as status has it; a newer Healthy closes the gateway's breaker. */
  readonly since?: string;
  /** Ill, and only real requests can prove it well. */
  readonly trial: boolean;
  readonly reason?: string;
  /** At least one dialect. */
  readonly targets: Readonly<Partial<Record<Protocol, Target>>>;
  readonly maxOutputTokens?: number;
  readonly set: Readonly<Record<string, unknown>>;
  readonly remove: readonly string[];
}

/** What a check of the spec looks at. */
export type CheckSubject =
  | { readonly type: 'JSONSchema'; readonly schema: Readonly<Record<string, unknown>> }
  | { readonly type: 'Regex'; readonly pattern: string; readonly match: 'Required' | 'Forbidden' }
  | { readonly type: 'NotRefused' };

/** A check that answers have to pass, and what becomes of one that fails. */
export interface RouteCheck {
  readonly name: string;
  readonly subject: CheckSubject;
  readonly onFail: 'NextModel' | 'Block' | 'Log';
  readonly buffer: 'None' | 'Full';
}

/** A timeout of the spec: a number of milliseconds, or Auto. */
export type RouteTimeout = number | 'Auto';

export interface WorkflowRoute {
  readonly key: string;
  readonly uid: string;
  /**
   * The dialect of the primary's provider; of the first model that has a provider while the primary has none; undefined
   * while no model has one.
   */
  readonly dialect?: Protocol;
  /** The primary's name in the spec. */
  readonly primary: string;
  /** The model that requests go to first, and why it is not the primary. */
  readonly activeModel?: string;
  readonly reason?: string;
  /** What has to happen before the primary returns, for 503 answers. */
  readonly message?: string;
  /** In the order of attempts. */
  readonly models: readonly RouteModel[];
  /**
   * Models of the spec that cannot be served in the workflow's dialect, and why. One that can be served in the other dialect
   * is in `models` too.
   */
  readonly notServing: readonly { readonly name: string; readonly reason: string; readonly message: string }[];
  /** The hashes of the keys that its callers may show; with none, the workflow asks for no key of its own. */
  readonly keyHashes: readonly string[];
  /** In the order of the spec. */
  readonly checks: readonly RouteCheck[];
  readonly consecutiveFailures: number;
  readonly requestTimeout: RouteTimeout;
  readonly firstTokenTimeout: RouteTimeout;
  readonly streamIdleTimeout: RouteTimeout;
  readonly retries: number;
}

export interface RouteTable {
  readonly version: number;
  /** By `namespace/name`. */
  readonly workflows: Readonly<Record<string, WorkflowRoute>>;
}
