// Every way in which an attempt can fail, in one table: what it is called, whether the same model is asked again, and
// what it says about the model's health. In every case but the caller's own fault the next model is asked.
import type { Reason } from '../../lib/api/reasons.ts';
import type { ErrorWords } from '../provider-words.ts';

/** What a failed attempt adds to the counters that the operator pulls. */
export type Counts = 'failure' | 'timeout' | 'throttle' | 'unconfirmed' | 'gaveUp' | 'nothing';

/** What was seen of a failed attempt. */
export type Symptom =
  | 'unreachable'
  | 'reset'
  | 'timeout'
  | 'firstTokenTimeout'
  | 'stalled'
  | 'cut'
  | 'malformed'
  | 'redirected'
  | 'empty'
  | 'incompatible'
  | 'credentialRejected'
  | 'forbidden'
  | 'modelNotFound'
  | 'notFound'
  | 'quota'
  | 'throttled'
  | 'serverErrorOnce'
  | 'serverError'
  | 'overloaded'
  | 'otherRefusal'
  | 'noCredential';

interface Row {
  readonly reason: Reason;
  /** A further try on the same model may help. */
  readonly again: boolean;
  readonly counts: Counts;
  /** One step towards opening the gateway's own breaker. */
  readonly trips: boolean;
  /** The upstream gave an HTTP answer, which ends a run of 429s. */
  readonly answered: boolean;
}

const failing = (reason: Reason, options: Partial<Row> = {}): Row => ({
  reason,
  again: false,
  counts: 'failure',
  trips: true,
  answered: true,
  ...options,
});

const TABLE: Readonly<Record<Symptom, Row>> = {
  unreachable: failing('ConnectionFailed', { answered: false }),
  reset: failing('ConnectionFailed', { answered: false, again: true }),
  timeout: failing('Timeout', { answered: false, counts: 'timeout' }),
  firstTokenTimeout: failing('FirstTokenTimeout', { answered: false, counts: 'timeout' }),
  stalled: failing('StreamStalled', { answered: false, counts: 'timeout' }),
  cut: failing('StreamTruncated'),
  malformed: failing('MalformedOutput'),
  redirected: failing('MalformedOutput'),
  // Counted only when another model answers the same request; see attempts.ts.
  empty: failing('EmptyOutput'),
  incompatible: failing('Incompatible', { counts: 'nothing', trips: false }),
  credentialRejected: failing('CredentialRejected'),
  // A 403, or a 404 that does not say that it is about the model, may be about this one request: the operator asks.
  forbidden: failing('CredentialRejected', { counts: 'unconfirmed', trips: false }),
  modelNotFound: failing('ModelNotFound'),
  notFound: failing('ModelNotFound', { counts: 'unconfirmed', trips: false }),
  quota: failing('QuotaExhausted', { trips: false }),
  throttled: failing('RateLimited', { counts: 'throttle', trips: false, answered: false }),
  serverErrorOnce: failing('ServerError', { again: true }),
  serverError: failing('ServerError'),
  overloaded: failing('Overloaded'),
  otherRefusal: failing('Incompatible', { counts: 'nothing', trips: false }),
  noCredential: failing('SecretNotFound', { counts: 'nothing', trips: false, answered: false }),
};

/** One failed attempt, judged. */
export interface Failure extends Row {
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
  /** False when the attempt had too little time to say anything about the model. */
  readonly fair?: boolean;
}

/** Judges a symptom. */
export function failureOf(symptom: Symptom, details: FailureDetails = {}): Failure {
  const { status, retryAfterMs, quote, fair = true } = details;
  const row = TABLE[symptom];
  return {
    ...row,
    ...(!fair && { counts: 'nothing', trips: false }),
    symptom,
    ...(status !== undefined && { status }),
    ...(retryAfterMs !== undefined && { retryAfterMs }),
    ...(quote !== undefined && { quote }),
  };
}

/** The statuses that speak for themselves. */
const BY_STATUS: Readonly<Record<number, Symptom>> = {
  400: 'incompatible',
  401: 'credentialRejected',
  402: 'quota',
  403: 'forbidden',
  404: 'notFound',
  413: 'incompatible',
  422: 'incompatible',
  429: 'throttled',
  500: 'serverErrorOnce',
  502: 'serverErrorOnce',
  503: 'serverErrorOnce',
  529: 'overloaded',
};

/** The statuses with which the primary says that the caller is wrong. */
const CALLER_FAULTS: ReadonlySet<number> = new Set([400, 413, 422]);

function byStatus(status: number): Symptom {
  const known = BY_STATUS[status];
  if (known) return known;
  if (status >= 500) return 'serverError';
  return status >= 400 ? 'otherRefusal' : 'redirected';
}

/** What an answer that is not a success says. */
export function symptomOfStatus(status: number, error: ErrorWords): Symptom {
  if (error.quota && (status === 400 || status === 429)) return 'quota';
  if (status === 404 && error.modelNotFound) return 'modelNotFound';
  return byStatus(status);
}

/** Whether the primary's status is the caller's fault, so that its answer is passed on as it is. */
export function isCallerFault(status: number, error: ErrorWords): boolean {
  return CALLER_FAULTS.has(status) && !error.quota;
}

/** What the types and codes of an error event say; others are server errors. */
const BY_ERROR_WORD: Readonly<Record<string, Symptom>> = {
  overloaded_error: 'overloaded',
  rate_limit_error: 'throttled',
  rate_limit_exceeded: 'throttled',
  authentication_error: 'credentialRejected',
  permission_error: 'forbidden',
  billing_error: 'quota',
  insufficient_quota: 'quota',
  invalid_request_error: 'incompatible',
  request_too_large: 'incompatible',
  model_not_found: 'modelNotFound',
};

/** What an error inside a stream says. */
export function symptomOfErrorEvent(error: ErrorWords): Symptom {
  if (error.quota) return 'quota';
  return BY_ERROR_WORD[error.code ?? ''] ?? BY_ERROR_WORD[error.type ?? ''] ?? 'serverError';
}
