import { describe, expect, it } from '@jest/globals';
import { readErrorWords, waitAskedMs } from '../../operator/provider-words.ts';
import type { AnswerHeaders } from '../../operator/provider-words.ts';

const NOW = Date.parse('2026-01-01T00:00:00Z');

describe('the wait that a provider asks for', () => {
  it.each<[string, AnswerHeaders, number | undefined]>([
    ['nothing', {}, undefined],
    ['seconds', { 'retry-after': '7' }, 7_000],
    ['a date', { 'retry-after': 'Thu, 01 Jan 2026 00:00:09 GMT' }, 9_000],
    ['a date that has passed', { 'retry-after': 'Wed, 31 Dec 2025 23:00:00 GMT' }, 0],
    ['milliseconds, which say it more exactly', { 'retry-after': '7', 'retry-after-ms': '250' }, 250],
    ['a word that is no time', { 'retry-after': 'soon' }, undefined],
    ['a time without end', { 'retry-after': 'Infinity' }, undefined],
    ['seconds beyond all numbers', { 'retry-after': '1e308' }, undefined],
    ['a limit that is never reset', limit('tokens', `${'9'.repeat(400)}s`), undefined],
    ['an empty header', { 'retry-after': '' }, undefined],
    [
      'Anthropic’s limit that is used up',
      {
        'anthropic-ratelimit-requests-remaining': '0',
        'anthropic-ratelimit-requests-reset': '2026-01-01T00:00:12Z',
        'anthropic-ratelimit-tokens-remaining': '900',
        'anthropic-ratelimit-tokens-reset': '2026-01-01T00:01:00Z',
      },
      12_000,
    ],
    ['OpenAI’s', { 'x-ratelimit-remaining-tokens': '0', 'x-ratelimit-reset-tokens': '1m30.5s' }, 90_500],
    ['the longer of two', { ...limit('requests', '20ms'), ...limit('tokens', '6m0s') }, 360_000],
    [
      'a limit of which something remains',
      { 'x-ratelimit-remaining-tokens': '1', 'x-ratelimit-reset-tokens': '1s' },
      undefined,
    ],
    ['Retry-After before all limits', { 'retry-after': '2', ...limit('tokens', '6m0s') }, 2_000],
  ])('%s', (_name, headers, expected) => expect(waitAskedMs(headers, NOW)).toBe(expected));
});

function limit(kind: string, reset: string): AnswerHeaders {
  return { [`x-ratelimit-remaining-${kind}`]: '0', [`x-ratelimit-reset-${kind}`]: reset };
}

describe('the words of an error', () => {
  it.each<[string, unknown, object]>([
    ['nothing', undefined, { quota: false, modelNotFound: false }],
    ['a text', 'overloaded', { quota: false, modelNotFound: false }],
    ['Anthropic’s missing model', { type: 'not_found_error' }, { modelNotFound: true }],
    ['OpenAI’s missing model', { type: 'invalid_request_error', code: 'model_not_found' }, { modelNotFound: true }],
    ['a server that names the parameter', { param: 'model' }, { modelNotFound: true }],
    ['OpenAI’s spent quota', { type: 'insufficient_quota', code: 'insufficient_quota' }, { quota: true }],
    [
      'Anthropic’s spend limit, dressed as another error',
      { type: 'invalid_request_error', details: { error_code: 'enforced_spend_limit_reached' } },
      { type: 'invalid_request_error', code: 'enforced_spend_limit_reached', quota: true },
    ],
    ['a code that is a number', { code: 503, type: 'unavailable_error' }, { type: 'unavailable_error', quota: false }],
  ])('%s', (_name, error, expected) => expect(readErrorWords(error)).toMatchObject(expected));
});
