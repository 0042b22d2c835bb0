// Errors of our own, in the shape of the API that was called. Never 409 or 501: SDKs retry the one and misread the other.
import type { Protocol } from '../../../lib/api/spec.ts';

/** The statuses that we answer with ourselves. */
export type OwnStatus = 400 | 401 | 403 | 404 | 413 | 415 | 422 | 500 | 503;

/** An error to tell the caller. */
export interface OwnError {
  readonly status: OwnStatus;
  /** One word for programs, where the dialect has a place for it. */
  readonly code: string;
  readonly message: string;
  /** Seconds; only with 503. */
  readonly retryAfter?: number;
  /** False when a retry cannot help. */
  readonly shouldRetry: boolean;
}

const ANTHROPIC_TYPES: Readonly<Record<OwnStatus, string>> = {
  400: 'invalid_request_error',
  401: 'authentication_error',
  403: 'permission_error',
  404: 'not_found_error',
  413: 'request_too_large',
  415: 'invalid_request_error',
  422: 'invalid_request_error',
  500: 'api_error',
  503: 'api_error',
};

function bodyOf(dialect: Protocol, type: string, error: Pick<OwnError, 'code' | 'message'>, id: string): string {
  const { code, message } = error;
  if (dialect === 'Anthropic') return JSON.stringify({ type: 'error', error: { type, message }, request_id: id });
  return JSON.stringify({ error: { message, type, param: null, code } });
}

const openAIType = (status: OwnStatus) => (status >= 500 ? 'server_error' : 'invalid_request_error');

/** The body of an error answer. */
export function errorBody(dialect: Protocol, error: OwnError, id: string): string {
  const type = dialect === 'Anthropic' ? ANTHROPIC_TYPES[error.status] : openAIType(error.status);
  return bodyOf(dialect, type, error, id);
}

/** The headers of an error answer, beside the served-model headers. */
export function errorHeaders(error: OwnError): string[] {
  const headers = ['content-type', 'application/json', 'x-should-retry', String(error.shouldRetry)];
  if (error.status === 401) headers.push('www-authenticate', 'Bearer');
  if (error.retryAfter !== undefined) headers.push('retry-after', String(error.retryAfter));
  return headers;
}

/** The data of the event that tells, inside a committed stream, that it died. */
export function streamErrorBody(dialect: Protocol, code: string, message: string, id: string): string {
  return bodyOf(dialect, dialect === 'Anthropic' ? 'api_error' : 'server_error', { code, message }, id);
}
