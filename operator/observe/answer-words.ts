// The few words of an answer that are branched on: codes and types, never a message.
import type { Protocol } from '../../lib/api/spec.ts';
import type { Answer } from './exchange.ts';

type Members = Readonly<Record<string, unknown>>;

const QUOTA_WORDS: ReadonlySet<unknown> = new Set([
  'insufficient_quota',
  'billing_error',
  'billing_hard_limit_reached',
  'billing_not_active',
  'enforced_spend_limit_reached',
  'contract_spend_limit_reached',
  'ramp_limit_exceeded',
]);

const members = (value: unknown): Members => (typeof value === 'object' && value !== null ? (value as Members) : {});

/** The members of the answer's JSON object; none when it is not one. */
export function jsonMembers(answer: Answer): Members {
  try {
    return members(JSON.parse(answer.body.toString('utf8')));
  } catch {
    return {};
  }
}

const errorMembers = (answer: Answer) => members(jsonMembers(answer)['error']);

/** The error says that the account has run out. */
export function saysQuota(answer: Answer): boolean {
  const error = errorMembers(answer);
  const words = [error['type'], error['code'], members(error['details'])['error_code']];
  return words.some((word) => QUOTA_WORDS.has(word));
}

/** The error is the dialect's model-not-found, and not that of a path which the server does not have. */
export function saysModelNotFound(answer: Answer): boolean {
  const error = errorMembers(answer);
  return error['type'] === 'not_found_error' || error['code'] === 'model_not_found' || error['param'] === 'model';
}

/** The answer is a whole one of its dialect: whatever it says, it ended as the dialect ends. */
export function endsAsDialect(protocol: Protocol, answer: Answer): boolean {
  const body = jsonMembers(answer);
  switch (protocol) {
    case 'Anthropic':
      return body['type'] === 'message' && typeof body['stop_reason'] === 'string';
    case 'OpenAI': {
      const choices = body['choices'];
      return Array.isArray(choices) && typeof members(choices[0])['finish_reason'] === 'string';
    }
  }
}

/** How long the provider asks us to wait, by `retry-after-ms` or `retry-after` (seconds or a date). */
export function retryAfterMs(answer: Answer, now: number): number | undefined {
  const ms = Number(answer.headers['retry-after-ms'] ?? Number.NaN);
  if (ms >= 0) return ms;
  const text = answer.headers['retry-after'];
  if (typeof text !== 'string' || text.trim() === '') return undefined;
  const seconds = Number(text);
  if (seconds >= 0) return seconds * 1_000;
  const at = Date.parse(text);
  return Number.isNaN(at) ? undefined : Math.max(0, at - now);
}
