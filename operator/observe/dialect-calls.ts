// How each dialect is asked: where, with which headers, with which body.
import type { Protocol } from '../../lib/api/spec.ts';
import type { ProbeTarget } from './probe-target.ts';

const ANTHROPIC_VERSION = '2023-06-01';

interface DialectCalls {
  modelPath(model: string): string;
  readonly inferencePath: string;
  readonly headers: Readonly<Record<string, string>>;
  auth(credential: string): Readonly<Record<string, string>>;
  canaryBody(target: ProbeTarget): Readonly<Record<string, unknown>>;
}

const messages = (target: ProbeTarget) => [{ role: 'user', content: target.canary.prompt }];

/** OpenAI's newer models refuse `max_tokens`; most servers that speak its dialect know only that. */
const tokenLimitMember = (baseURL: string) =>
  URL.parse(baseURL)?.hostname === 'api.openai.com' ? 'max_completion_tokens' : 'max_tokens';

const CALLS: Readonly<Record<Protocol, DialectCalls>> = {
  Anthropic: {
    modelPath: (model) => `/v1/models/${encodeURIComponent(model)}`,
    inferencePath: '/v1/messages',
    headers: { 'anthropic-version': ANTHROPIC_VERSION },
    auth: (credential) => ({ 'x-api-key': credential }),
    canaryBody: (target) => ({
      model: target.upstreamModel,
      max_tokens: target.canary.maxTokens,
      messages: messages(target),
    }),
  },
  OpenAI: {
    modelPath: (model) => `/models/${encodeURIComponent(model)}`,
    inferencePath: '/chat/completions',
    headers: {},
    auth: (credential) => ({ authorization: `Bearer ${credential}` }),
    canaryBody: (target) => ({
      model: target.upstreamModel,
      [tokenLimitMember(target.baseURL)]: target.canary.maxTokens,
      messages: messages(target),
    }),
  },
};

function authHeaders(target: ProbeTarget): Readonly<Record<string, string>> {
  const credential = target.credential();
  if (credential === undefined) return {};
  const own = target.authHeader?.toLowerCase();
  if (own === undefined) return CALLS[target.protocol].auth(credential);
  return { [own]: own === 'authorization' ? `Bearer ${credential}` : credential };
}

const join = (baseURL: string, path: string) => baseURL.replace(/\/+$/, '') + path;

/** The free question: does the provider know the model, with our credential? */
export function probeCall(target: ProbeTarget) {
  const dialect = CALLS[target.protocol];
  return {
    method: 'GET',
    url: join(target.baseURL, dialect.modelPath(target.upstreamModel)),
    headers: { accept: 'application/json', ...dialect.headers, ...authHeaders(target) },
  } as const;
}

/** The paid question: does the model answer? */
export function canaryCall(target: ProbeTarget) {
  const dialect = CALLS[target.protocol];
  return {
    method: 'POST',
    url: join(target.baseURL, dialect.inferencePath),
    headers: {
      accept: 'application/json',
      'content-type': 'application/json',
      ...dialect.headers,
      ...authHeaders(target),
    },
    body: JSON.stringify(dialect.canaryBody(target)),
  } as const;
}
