// Which class of failure an answer is of, by its status and by the words of its error. The words of a quota and of a missing
// model come before the status they hide behind.
import type { ErrorWords } from '../../provider-words.ts';
import type { Symptom } from './classify.ts';

/** The statuses that speak for themselves. */
const BY_STATUS: Readonly<Record<number, Symptom>> = {
  400: 'incompatible',
  401: 'credentialRejected',
  402: 'quota',
  403: 'forbidden',
  404: 'notFound',
  408: 'providerTimeout',
  413: 'incompatible',
  422: 'incompatible',
  429: 'throttled',
  500: 'serverErrorOnce',
  502: 'serverErrorOnce',
  503: 'serverErrorOnce',
  504: 'providerTimeout',
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

/** What the types and codes of an error say where there is no status: in a stream, or in an answer that says that it failed. */
export const ERROR_WORDS: Readonly<Record<string, Symptom>> = {
  // Anthropic
  invalid_request_error: 'incompatible',
  request_too_large: 'incompatible',
  conflict_error: 'otherRefusal',
  memory_precondition_failed_error: 'otherRefusal',
  memory_path_conflict_error: 'otherRefusal',
  authentication_error: 'credentialRejected',
  permission_error: 'forbidden',
  billing_error: 'quota',
  not_found_error: 'modelNotFound',
  rate_limit_error: 'throttled',
  timeout_error: 'providerTimeout',
  api_error: 'serverError',
  overloaded_error: 'overloaded',
  // OpenAI
  server_error: 'serverError',
  rate_limit_exceeded: 'throttled',
  insufficient_quota: 'quota',
  model_not_found: 'modelNotFound',
  invalid_api_key: 'credentialRejected',
  invalid_prompt: 'incompatible',
  data_residency_mismatch: 'incompatible',
  bio_policy: 'incompatible',
  misalignment_policy_violation: 'incompatible',
};

/** What an error without a status says; one without a known word is the server's. */
export function symptomOfError(error: ErrorWords): Symptom {
  if (error.quota) return 'quota';
  return symptomOfWord(error.code) ?? symptomOfWord(error.type) ?? 'serverError';
}

const symptomOfWord = (word: string | undefined): Symptom | undefined =>
  word !== undefined && Object.hasOwn(ERROR_WORDS, word) ? ERROR_WORDS[word] : undefined;
