// Every way in which an attempt can fail, in one table: whose fault it is, what it is called, whether the same model is asked
// again, and what it says about the model's health. In every case but the caller's own fault and ours the next model is asked.
// docs/failures.md is generated from it; recognize.ts says which class an answer is of.
import type { Reason } from '../../../lib/api/reasons.ts';

/** What a failed attempt adds to the counters that the operator pulls. */
export type Counts = 'failure' | 'timeout' | 'throttle' | 'unconfirmed' | 'gaveUp' | 'nothing';

/** Who has to do something about it. */
export type Fault = 'provider' | 'account' | 'spec' | 'gateway' | 'nobody';

/** One class of failure. */
export interface FailureClass {
  /** What was seen, for people. */
  readonly seen: string;
  readonly fault: Fault;
  readonly reason: Reason;
  /** A further try on the same model may help. */
  readonly again: boolean;
  readonly counts: Counts;
  /** One step towards opening the gateway's own breaker. */
  readonly trips: boolean;
  /** The upstream gave an HTTP answer, which ends a run of 429s. */
  readonly answered: boolean;
}

const failing = (seen: string, reason: Reason, options: Partial<FailureClass> = {}): FailureClass => ({
  seen,
  fault: 'provider',
  reason,
  again: false,
  counts: 'failure',
  trips: true,
  answered: true,
  ...options,
});

const silent = { answered: false } as const;
const harmless = { fault: 'nobody', counts: 'nothing', trips: false } as const;

export const FAILURES = {
  unreachable: failing('no connection could be made', 'ConnectionFailed', silent),
  reset: failing('the connection broke before any byte of an answer', 'ConnectionFailed', { ...silent, again: true }),
  timeout: failing('no whole answer in time', 'Timeout', { ...silent, counts: 'timeout' }),
  firstTokenTimeout: failing('a stream without an event, or without content, in time', 'FirstTokenTimeout', {
    ...silent,
    counts: 'timeout',
  }),
  stalled: failing('a stream that went silent', 'StreamStalled', { ...silent, counts: 'timeout' }),
  cut: failing('an answer that ended before it was whole, or a stream without its terminal event', 'StreamTruncated'),
  malformed: failing('an answer that is not what the API promises: HTML, half a JSON, no stream', 'MalformedOutput'),
  redirected: failing('a redirect: none is followed', 'MalformedOutput'),
  // Counted only when another model answers the same request; see attempts.ts.
  empty: failing('a whole answer with nothing in it', 'EmptyOutput'),
  // The same is true of these; an answer whose like no other model was asked for says nothing.
  schemaViolation: failing('an answer that breaks the JSON schema that its caller declared', 'SchemaViolation'),
  checkFailed: failing('an answer that fails a check of the workflow', 'CheckFailed'),
  incompatible: failing('400, 413 or 422 of a model that is not the primary', 'Incompatible', harmless),
  credentialRejected: failing('401', 'CredentialRejected', { fault: 'account' }),
  // A 403, or a 404 that does not say that it is about the model, may be about this one request: the operator asks.
  forbidden: failing('403', 'CredentialRejected', { fault: 'account', counts: 'unconfirmed', trips: false }),
  modelNotFound: failing('404, or another error, that says that there is no such model', 'ModelNotFound', {
    fault: 'spec',
  }),
  notFound: failing('404 that says nothing of the model', 'ModelNotFound', {
    fault: 'spec',
    counts: 'unconfirmed',
    trips: false,
  }),
  quota: failing('402, or a 400 or 429 that says that the account has run out', 'QuotaExhausted', {
    fault: 'account',
    trips: false,
  }),
  throttled: failing('429', 'RateLimited', { ...silent, fault: 'account', counts: 'throttle', trips: false }),
  serverErrorOnce: failing('500, 502 or 503', 'ServerError', { again: true }),
  serverError: failing('another 5xx, or an answer that says itself that it failed', 'ServerError'),
  providerTimeout: failing('408 or 504: the provider waited for its own model in vain', 'Timeout'),
  overloaded: failing('529, or an error that says so', 'Overloaded'),
  otherRefusal: failing('another 4xx', 'Incompatible', harmless),
  noCredential: failing('our credential for the provider cannot be read', 'SecretNotFound', {
    ...silent,
    ...harmless,
    fault: 'spec',
  }),
  // Ours alone, and the only one after which nobody else is asked: the answer of another model would need the same room.
  noRoom: failing('an answer that we have no memory to hold', 'GatewayFull', { ...harmless, fault: 'gateway' }),
  egressDenied: failing('a host name that leads where no workflow may call: nothing is sent', 'EgressDenied', {
    ...silent,
    ...harmless,
    fault: 'spec',
  }),
} as const satisfies Readonly<Record<string, FailureClass>>;

/** What was seen of a failed attempt, in one word. */
export type Symptom = keyof typeof FAILURES;

/** One failed attempt, judged. */
export interface Failure extends FailureClass {
  readonly symptom: Symptom;
  readonly status?: number;
  readonly retryAfterMs?: number;
  /** What the provider said, only for an incompatible model: already bounded and without credentials. */
  readonly quote?: string;
}

/** What accompanies a symptom, when it is known. */
export interface FailureDetails {
  readonly status?: number;
  readonly retryAfterMs?: number | undefined;
  readonly quote?: string | undefined;
  /** False when it says nothing about the model: there was too little time, or nobody else was asked the same. */
  readonly fair?: boolean;
}

/** Judges a symptom. */
export function failureOf(symptom: Symptom, details: FailureDetails = {}): Failure {
  const { status, retryAfterMs, quote, fair = true } = details;
  return {
    ...FAILURES[symptom],
    ...(!fair && { counts: 'nothing', trips: false }),
    symptom,
    ...(status !== undefined && { status }),
    ...(retryAfterMs !== undefined && { retryAfterMs }),
    ...(quote !== undefined && { quote }),
  };
}
