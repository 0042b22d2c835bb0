// What the providers document of their errors, row by row, and the class that each must have. A status or a word that is
// documented and not in these tables would fall to a default, which is how gateways come to retry a spent quota for ever.
import { describe, expect, it } from '@jest/globals';
import { FAILURES } from '../../../../operator/gateway/failures/classify.ts';
import type { Symptom } from '../../../../operator/gateway/failures/classify.ts';
import {
  ERROR_WORDS,
  isCallerFault,
  symptomOfError,
  symptomOfStatus,
} from '../../../../operator/gateway/failures/recognize.ts';
import { readErrorWords } from '../../../../operator/provider-words.ts';

type Row = readonly [provider: string, status: number, error: Readonly<Record<string, unknown>>, symptom: Symptom];

const limit = (error_code: string) => ({ type: 'rate_limit_error', details: { error_code } });

/** platform.claude.com/docs/en/api/errors and platform.openai.com/docs/guides/error-codes; the rest as servers were seen to do. */
const DOCUMENTED: readonly Row[] = [
  ['Anthropic', 400, { type: 'invalid_request_error' }, 'incompatible'],
  [
    'Anthropic',
    400,
    { type: 'invalid_request_error', details: { error_code: 'enforced_spend_limit_reached' } },
    'quota',
  ],
  ['Anthropic', 401, { type: 'authentication_error' }, 'credentialRejected'],
  ['Anthropic', 402, { type: 'billing_error' }, 'quota'],
  ['Anthropic', 403, { type: 'permission_error' }, 'forbidden'],
  ['Anthropic', 404, { type: 'not_found_error' }, 'modelNotFound'],
  ['Anthropic', 409, { type: 'conflict_error' }, 'otherRefusal'],
  ['Anthropic', 413, { type: 'request_too_large' }, 'incompatible'],
  ['Anthropic', 429, { type: 'rate_limit_error' }, 'throttled'],
  ['Anthropic', 429, limit('enforced_spend_limit_reached'), 'quota'],
  ['Anthropic', 429, limit('contract_spend_limit_reached'), 'quota'],
  ['Anthropic', 429, limit('ramp_limit_exceeded'), 'quota'],
  ['Anthropic', 500, { type: 'api_error' }, 'serverErrorOnce'],
  ['Anthropic', 504, { type: 'timeout_error' }, 'providerTimeout'],
  ['Anthropic', 529, { type: 'overloaded_error' }, 'overloaded'],
  ['OpenAI', 400, { type: 'invalid_request_error' }, 'incompatible'],
  ['OpenAI', 401, { code: 'invalid_api_key' }, 'credentialRejected'],
  ['OpenAI', 403, { code: 'unsupported_country_region_territory' }, 'forbidden'],
  ['OpenAI', 404, { code: 'model_not_found' }, 'modelNotFound'],
  ['OpenAI', 422, { type: 'invalid_request_error' }, 'incompatible'],
  ['OpenAI', 429, { code: 'rate_limit_exceeded' }, 'throttled'],
  ['OpenAI', 429, { type: 'insufficient_quota', code: 'insufficient_quota' }, 'quota'],
  ['OpenAI', 429, { code: 'billing_hard_limit_reached' }, 'quota'],
  ['OpenAI', 500, { type: 'server_error' }, 'serverErrorOnce'],
  ['OpenAI', 503, { type: 'server_error' }, 'serverErrorOnce'],
  ['vLLM without the path', 404, { detail: 'Not Found' }, 'notFound'],
  ['llama.cpp while it loads', 503, { code: 503, type: 'unavailable_error' }, 'serverErrorOnce'],
  ['a proxy that gave up', 502, {}, 'serverErrorOnce'],
  ['a proxy that waited', 504, {}, 'providerTimeout'],
  ['a proxy that waited for the body', 408, {}, 'providerTimeout'],
  ['a proxy in front of nothing', 530, {}, 'serverError'],
  ['a method that is not allowed', 405, {}, 'otherRefusal'],
  ['a redirect', 307, {}, 'redirected'],
];

describe('an answer that is not a success', () => {
  it.each(DOCUMENTED)('%s %d %j is %s', (_provider, status, error, symptom) =>
    expect(symptomOfStatus(status, readErrorWords(error))).toBe(symptom),
  );

  it.each(DOCUMENTED)('of the primary is the caller’s fault or not: %s %d %j', (_provider, status, error, symptom) =>
    expect(isCallerFault(status, readErrorWords(error))).toBe(symptom === 'incompatible'),
  );

  it('has some class whatever its status is', () => {
    for (let status = 100; status < 1_000; status += 1) {
      if (status >= 200 && status < 300) continue;
      expect(FAILURES).toHaveProperty(symptomOfStatus(status, readErrorWords(undefined)));
    }
  });
});

/** The ErrorType of Anthropic's SDK 1.12 and the error codes of OpenAI's ResponseError. */
const IN_STREAMS: readonly (readonly [word: string, symptom: Symptom])[] = [
  ['invalid_request_error', 'incompatible'],
  ['authentication_error', 'credentialRejected'],
  ['billing_error', 'quota'],
  ['permission_error', 'forbidden'],
  ['not_found_error', 'modelNotFound'],
  ['rate_limit_error', 'throttled'],
  ['timeout_error', 'providerTimeout'],
  ['api_error', 'serverError'],
  ['overloaded_error', 'overloaded'],
  ['memory_precondition_failed_error', 'otherRefusal'],
  ['memory_path_conflict_error', 'otherRefusal'],
  ['conflict_error', 'otherRefusal'],
  ['server_error', 'serverError'],
  ['rate_limit_exceeded', 'throttled'],
  ['invalid_prompt', 'incompatible'],
  ['data_residency_mismatch', 'incompatible'],
  ['bio_policy', 'incompatible'],
  ['misalignment_policy_violation', 'incompatible'],
];

describe('an error inside a stream', () => {
  it.each(IN_STREAMS)('%s is %s, and by a row of its own', (word, symptom) => {
    expect(symptomOfError(readErrorWords({ type: word }))).toBe(symptom);
    expect(Object.hasOwn(ERROR_WORDS, word)).toBe(true);
  });

  it.each(['a word of tomorrow', 'toString', undefined])('without a known word is the server’s: %s', (type) =>
    expect(symptomOfError(readErrorWords({ type }))).toBe('serverError'),
  );
});

describe('the table of failures', () => {
  it.each(Object.entries(FAILURES))('%s: what says nothing of health opens no breaker', (_symptom, failure) => {
    if (failure.counts === 'nothing' || failure.counts === 'throttle' || failure.counts === 'unconfirmed')
      expect(failure.trips).toBe(false);
    // Only what may have been a moment's trouble before any byte is worth the same model once more.
    if (failure.again) expect(failure.counts).toBe('failure');
  });
});
