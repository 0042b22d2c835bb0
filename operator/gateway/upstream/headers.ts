// Which headers go on, both ways. Those of one hop, cookies, and credentials do not; everything unknown does.
import type { Protocol } from '../../../lib/api/spec.ts';
import type { Target } from '../../routes/types.ts';
import type { TraceContext } from '../../telemetry/tracing.ts';

const HOP_BY_HOP = [
  'connection',
  'keep-alive',
  'proxy-authenticate',
  'proxy-authorization',
  'proxy-connection',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
];

/** The caller's credential is for this gateway, and so is the account that it names. */
const CALLER_CREDENTIALS = ['authorization', 'x-api-key', 'api-key', 'openai-organization', 'openai-project'];

/** Never sent upstream. Answers must come uncompressed: they are looked into, and go on byte for byte. */
const NOT_UPSTREAM: ReadonlySet<string> = new Set([
  ...HOP_BY_HOP,
  ...CALLER_CREDENTIALS,
  'accept-encoding',
  'content-length',
  'cookie',
  'expect',
  'forwarded',
  'host',
]);

/** Never given back. What binds a browser to an origin is about the provider's origin, not ours. */
const NOT_BACK: ReadonlySet<string> = new Set([
  ...HOP_BY_HOP,
  'alt-svc',
  'api-key',
  'authorization',
  'content-length',
  'set-cookie',
  'strict-transport-security',
  'x-api-key',
]);

/** From this version on Anthropic's API takes the key as a bearer token. */
const BEARER_SINCE = '2026-10-21';
const OWN_PREFIX = 'x-mcpworkflow-';

/** Headers that `Connection` names belong to one hop as well. */
function namedByConnection(value: string | undefined): ReadonlySet<string> | undefined {
  if (value === undefined || value === 'keep-alive' || value === 'close') return undefined;
  return new Set(value.split(',').map((name) => name.trim().toLowerCase()));
}

const isForwarding = (name: string) => name.startsWith('x-forwarded-') || name.startsWith(OWN_PREFIX);

/** The caller's headers that may go upstream, from Node's raw list of names and values. */
export function callerHeaders(raw: readonly string[], connection: string | undefined): string[] {
  const hop = namedByConnection(connection);
  const kept: string[] = ['accept-encoding', 'identity'];
  for (let i = 0; i + 1 < raw.length; i += 2) {
    const name = (raw[i] as string).toLowerCase();
    if (NOT_UPSTREAM.has(name) || isForwarding(name) || hop?.has(name)) continue;
    kept.push(name, raw[i + 1] as string);
  }
  return kept;
}

function without(headers: readonly string[], name: string): string[] {
  const kept: string[] = [];
  for (let i = 0; i + 1 < headers.length; i += 2) {
    if (headers[i] !== name) kept.push(headers[i] as string, headers[i + 1] as string);
  }
  return kept;
}

/** The same headers as a part of another span than the caller's. */
export function withTraceContext(headers: readonly string[], { traceparent, tracestate }: TraceContext): string[] {
  const kept = [...without(without(headers, 'traceparent'), 'tracestate'), 'traceparent', traceparent];
  if (tracestate !== undefined) kept.push('tracestate', tracestate);
  return kept;
}

/** Where the dialect wants the key. */
function authHeader(dialect: Protocol, version: string | undefined, credential: string): [string, string] {
  const bearer = dialect === 'OpenAI' || (version !== undefined && version >= BEARER_SINCE);
  return bearer ? ['authorization', `Bearer ${credential}`] : ['x-api-key', credential];
}

/** The headers of one attempt: the caller's, and the provider's credential in its place. */
export function upstreamHeaders(
  headers: readonly string[],
  target: Target,
  anthropicVersion: string | undefined,
  credential: string | undefined,
): readonly string[] {
  const own = target.authHeader?.toLowerCase();
  const base = own === undefined ? headers : without(headers, own);
  if (credential === undefined) return base;
  if (own === undefined) return [...base, ...authHeader(target.protocol, anthropicVersion, credential)];
  return [...base, own, own === 'authorization' ? `Bearer ${credential}` : credential];
}

/** An upstream's headers as undici gives them. */
export type UpstreamHeaders = Readonly<Record<string, string | string[] | undefined>>;

/** The upstream's headers that may go back to the caller. One that carries the provider's credential does not. */
export function answerHeaders(headers: UpstreamHeaders, credential: string | undefined): string[] {
  const hop = namedByConnection(headers['connection'] as string | undefined);
  const kept: string[] = [];
  const keep = (name: string, value: string) => {
    if (!credential || !value.includes(credential)) kept.push(name, value);
  };
  for (const name of Object.keys(headers)) {
    if (NOT_BACK.has(name) || name.startsWith(OWN_PREFIX) || hop?.has(name)) continue;
    const value = headers[name];
    if (typeof value === 'string') keep(name, value);
    else for (const one of value ?? []) keep(name, one);
  }
  return kept;
}

const PLAIN_VALUE = /^[\x21-\x7e]{1,256}$/;

/** Header values are visible ASCII: whatever else a caller puts into a model's name is percent-encoded and bounded. */
const asHeaderValue = (text: string) =>
  PLAIN_VALUE.test(text)
    ? text
    : text.slice(0, 256).replace(/[^\x21-\x7e]/gu, (c) => encodeURIComponent(c.isWellFormed() ? c : '�'));

/** What our own headers say of a request. */
export interface ServedBy {
  readonly id: string;
  readonly attempts: number;
  readonly model?: string | undefined;
  readonly requestedModel?: string | undefined;
  /** Why it is not the primary that served. */
  readonly reason?: string | undefined;
  /** The checks that answers to this request failed, whether these answers were used or not. */
  readonly failedChecks?: readonly string[] | undefined;
}

/** The `x-mcpworkflow-*` headers. */
export function servedHeaders({ id, attempts, model, requestedModel, reason, failedChecks }: ServedBy): string[] {
  const headers = [`${OWN_PREFIX}request-id`, id, `${OWN_PREFIX}attempts`, String(attempts)];
  if (model !== undefined) headers.push(`${OWN_PREFIX}model`, asHeaderValue(model));
  if (requestedModel !== undefined) headers.push(`${OWN_PREFIX}requested-model`, asHeaderValue(requestedModel));
  if (reason !== undefined) headers.push(`${OWN_PREFIX}reason`, asHeaderValue(reason));
  if (failedChecks?.length) headers.push(`${OWN_PREFIX}failed-checks`, failedChecks.join(','));
  return headers;
}
