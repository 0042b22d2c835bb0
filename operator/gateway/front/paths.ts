// The paths that are served below `/{namespace}/{workflow}`, and what is said of all others.
import type { Protocol } from '../../../lib/api/spec.ts';
import type { Operation } from '../../telemetry/gen-ai.ts';
import { refusal } from './intake.ts';
import type { OwnError } from '../dialects/errors.ts';
import type { ModelApi } from '../dialects/model-api.ts';

/** What a path asks for. */
export type Endpoint = ModelApi | 'countTokens' | 'models';

interface Served {
  readonly method: 'GET' | 'POST';
  /** Below the base URL that the dialect's SDK takes. */
  readonly path: string;
  readonly endpoint: Endpoint;
}

interface Dialect {
  /** What stands behind the workflow in the base URL that the SDK takes. */
  readonly base: string;
  readonly served: readonly Served[];
}

const DIALECTS: Readonly<Record<Protocol, Dialect>> = {
  Anthropic: {
    base: 'anthropic',
    served: [
      { method: 'POST', path: '/v1/messages', endpoint: 'messages' },
      { method: 'POST', path: '/v1/messages/count_tokens', endpoint: 'countTokens' },
      { method: 'GET', path: '/v1/models', endpoint: 'models' },
    ],
  },
  OpenAI: {
    base: 'openai/v1',
    served: [
      { method: 'POST', path: '/chat/completions', endpoint: 'chat' },
      { method: 'POST', path: '/responses', endpoint: 'responses' },
      { method: 'GET', path: '/models', endpoint: 'models' },
    ],
  },
};

/** A request that is served. */
export interface Place {
  readonly endpoint: Endpoint;
  /** Below the base URL, without the query. */
  readonly path: string;
}

/** Finds what is served under a path, given as what stands behind `/anthropic` or `/openai`. */
export function placeOf(dialect: Protocol, method: string, below: string): Place | undefined {
  const { base, served } = DIALECTS[dialect];
  const prefix = base.slice(dialect.toLowerCase().length);
  if (!below.startsWith(prefix)) return undefined;
  const path = below.slice(prefix.length);
  const found = served.find((each) => each.method === method && each.path === path);
  return found && { endpoint: found.endpoint, path };
}

const OPERATIONS: Readonly<Record<Endpoint, Operation>> = {
  messages: 'chat',
  chat: 'chat',
  responses: 'chat',
  countTokens: 'count_tokens',
  models: 'list_models',
};

/** What a trace calls a place: the pattern that all paths to it follow, and what is asked there. */
export const tracedPlace = (dialect: Protocol, { endpoint, path }: Place) => ({
  route: `/{namespace}/{workflow}/${DIALECTS[dialect].base}${path}`,
  operation: OPERATIONS[endpoint],
});

/** The 404 that names what is served. */
export function notServed(dialect: Protocol, method: string, url: string, workflow: string): OwnError {
  const { base, served } = DIALECTS[dialect];
  const list = served.map((each) => `${each.method} /${workflow}/${base}${each.path}`).join(', ');
  const asked = `${method} ${url.slice(0, 200)}`;
  return refusal(404, 'not_served', `${asked} is not served; what is: ${list}. The base URL is /${workflow}/${base}`);
}

/** The dialect of the segment behind the workflow's name. */
export const DIALECT_SEGMENTS: Readonly<Record<string, Protocol>> = { anthropic: 'Anthropic', openai: 'OpenAI' };
const SEGMENT = /^\/[^/?]+\/[^/?]+\/(anthropic|openai)(?=[/?]|$)/;

/** The dialect that a URL is under, whatever else is wrong with it. */
export function dialectOf(url: string): Protocol | undefined {
  return DIALECT_SEGMENTS[SEGMENT.exec(url)?.[1] ?? ''];
}

/** What stands behind the dialect's segment, and the query. */
export function splitUrl(url: string): { readonly below: string; readonly query: string } {
  const rest = url.replace(SEGMENT, '');
  const mark = rest.indexOf('?');
  return mark < 0 ? { below: rest, query: '' } : { below: rest.slice(0, mark), query: rest.slice(mark) };
}
