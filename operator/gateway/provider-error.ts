// Reads the error body of a provider for the few words that are branched on. Its message is never branched on.
import { fieldsOf, parseFields } from './json-fields.ts';
import type { Fields } from './json-fields.ts';

/** What the gateway understands of a provider's error. */
export interface ProviderError {
  readonly type?: string;
  readonly code?: string;
  readonly message?: string;
  /** The account has run out: asking again soon is useless. */
  readonly quota: boolean;
  readonly modelNotFound: boolean;
}

const QUOTA_WORDS: ReadonlySet<string> = new Set([
  'insufficient_quota',
  'billing_error',
  'enforced_spend_limit_reached',
  'contract_spend_limit_reached',
  'ramp_limit_exceeded',
]);

/** Larger error bodies are not read as JSON. */
const MAX_ERROR_BYTES = 64 * 1024;

const asWord = (value: unknown) => (typeof value === 'string' ? value : undefined);

/** Anthropic calls it by the type alone; OpenAI by a code, and servers like it by the parameter that is wrong. */
function saysModelNotFound(type: string | undefined, code: string | undefined, param: unknown): boolean {
  return type === 'not_found_error' || code === 'model_not_found' || param === 'model';
}

function fromFields(error: Fields): ProviderError {
  const type = asWord(error['type']);
  const detailCode = asWord(fieldsOf(error['details'])['error_code']);
  const code = detailCode ?? asWord(error['code']);
  const message = asWord(error['message']);
  return {
    ...(type !== undefined && { type }),
    ...(code !== undefined && { code }),
    ...(message !== undefined && { message }),
    quota: [type, code].some((word) => word !== undefined && QUOTA_WORDS.has(word)),
    modelNotFound: saysModelNotFound(type, code, error['param']),
  };
}

/** Reads `{"error": {…}}`; anything else is an error without words. */
export function readProviderError(body: Buffer): ProviderError {
  if (body.length > MAX_ERROR_BYTES) return fromFields({});
  return fromFields(fieldsOf(parseFields(body.toString('utf8'))?.['error']));
}

/** Reads the value of an `error` member that was parsed already. */
export function providerErrorOf(error: unknown): ProviderError {
  return fromFields(fieldsOf(error));
}

/** The provider's message for a human: bounded, on one line, without the credential. */
export function quoteOf(error: ProviderError, credential: string | undefined): string | undefined {
  if (error.message === undefined) return undefined;
  const clean = credential ? error.message.replaceAll(credential, '[credential]') : error.message;
  return clean.replace(/\s+/g, ' ').slice(0, 300);
}

/** The wait that a Retry-After (or `retry-after-ms`) header asks for. */
export function readRetryAfterMs(
  headers: Readonly<Record<string, string | string[] | undefined>>,
  nowMs: number,
): number | undefined {
  const ms = Number(headers['retry-after-ms']);
  if (headers['retry-after-ms'] !== undefined && ms >= 0) return ms;
  const value = headers['retry-after'];
  if (typeof value !== 'string' || value === '') return undefined;
  const seconds = Number(value);
  if (seconds >= 0) return seconds * 1000;
  const at = Date.parse(value);
  return Number.isNaN(at) ? undefined : Math.max(0, at - nowMs);
}
