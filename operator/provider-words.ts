// What providers say of a failure, by the words that are made for programs: types, codes and headers, never a message. The
// gateway's requests and the operator's canaries must read them alike, and neither may see the other.

/** The words of an error object. `details.error_code` says more than the code beside it. */
export interface ErrorWords {
  readonly type?: string;
  readonly code?: string;
  readonly message?: string;
  /** The account has run out: asking again soon is useless. */
  readonly quota: boolean;
  /** It is the model that is not there, and not the path. */
  readonly modelNotFound: boolean;
}

type Members = Readonly<Record<string, unknown>>;

const QUOTA: ReadonlySet<string | undefined> = new Set([
  'insufficient_quota',
  'billing_error',
  'billing_hard_limit_reached',
  'billing_not_active',
  'enforced_spend_limit_reached',
  'contract_spend_limit_reached',
  'ramp_limit_exceeded',
]);

const members = (value: unknown): Members => (typeof value === 'object' && value !== null ? (value as Members) : {});
const word = (value: unknown): string | undefined => (typeof value === 'string' ? value : undefined);

/** Reads the value of an `error` member; anything that is none has no words. */
export function readErrorWords(error: unknown): ErrorWords {
  const said = members(error);
  const type = word(said['type']);
  const code = word(members(said['details'])['error_code']) ?? word(said['code']);
  const message = word(said['message']);
  return {
    ...(type !== undefined && { type }),
    ...(code !== undefined && { code }),
    ...(message !== undefined && { message }),
    quota: [type, code].some((each) => each !== undefined && QUOTA.has(each)),
    // Anthropic calls it by the type alone; OpenAI by a code, and servers like it by the parameter that is wrong.
    modelNotFound: type === 'not_found_error' || code === 'model_not_found' || said['param'] === 'model',
  };
}

/** Headers of an answer, by lower-case name. */
export type AnswerHeaders = Readonly<Record<string, string | readonly string[] | undefined>>;

/**
 * How long the provider asks us to wait, in milliseconds: `retry-after-ms`, else `retry-after` in seconds or as a date
 * (RFC 9110 §10.2.3), else when the limit that is used up is reset, by the provider's own headers. Never negative, never endless.
 */
export function waitAskedMs(headers: AnswerHeaders, now: number): number | undefined {
  const waitMs =
    number(headers['retry-after-ms']) ?? retryAfterMs(headers['retry-after'], now) ?? resetMs(headers, now);
  return Number.isFinite(waitMs) ? waitMs : undefined;
}

const number = (value: unknown): number | undefined => {
  const read = typeof value === 'string' && value.trim() !== '' ? Number(value) : Number.NaN;
  return read >= 0 ? read : undefined;
};

function retryAfterMs(value: unknown, now: number): number | undefined {
  const seconds = number(value);
  return seconds === undefined ? untilMs(value, now) : seconds * 1_000;
}

function untilMs(value: unknown, now: number): number | undefined {
  const at = typeof value === 'string' ? Date.parse(value) : Number.NaN;
  return Number.isNaN(at) ? undefined : Math.max(0, at - now);
}

/** Anthropic's limits are reset at a time, OpenAI's after a while such as `6m0s` or `20ms`. */
const LIMITS: readonly { readonly remaining: string; readonly reset: string }[] = [
  ...['requests', 'tokens', 'input-tokens', 'output-tokens'].map((kind) => ({
    remaining: `anthropic-ratelimit-${kind}-remaining`,
    reset: `anthropic-ratelimit-${kind}-reset`,
  })),
  ...['requests', 'tokens'].map((kind) => ({
    remaining: `x-ratelimit-remaining-${kind}`,
    reset: `x-ratelimit-reset-${kind}`,
  })),
];

function resetMs(headers: AnswerHeaders, now: number): number | undefined {
  const waits = LIMITS.filter(({ remaining }) => number(headers[remaining]) === 0).flatMap(
    ({ reset }) => untilMs(headers[reset], now) ?? whileMs(headers[reset]) ?? [],
  );
  return waits.length === 0 ? undefined : Math.max(...waits);
}

const UNIT_MS: Readonly<Record<string, number>> = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000 };

function whileMs(value: unknown): number | undefined {
  if (typeof value !== 'string' || !/^(\d+(\.\d+)?(ms|s|m|h))+$/.test(value)) return undefined;
  let total = 0;
  for (const [, digits, unit] of value.matchAll(/(\d+(?:\.\d+)?)(ms|s|m|h)/g)) {
    total += Number(digits) * (UNIT_MS[unit ?? ''] ?? 0);
  }
  return total;
}
