// HTTP to the API server: one request or one stream of lines at a time. It knows tokens, errors and timeouts, and nothing of
// what is asked for.
import { request as send } from 'undici';
import type { Dispatcher } from 'undici';
import type { Clock } from '../clock.ts';
import { agentSource } from './agents.ts';
import { apiError, ApiTransientError, retryAfterMsOf } from './api-errors.ts';
import type { Connection } from './connection.ts';
import { linesOf } from './lines.ts';

/** Query parameters; those without a value are left out. */
export type Query = Readonly<Record<string, string | number | boolean | undefined>>;

/** What may come with a request. */
export interface RequestOptions {
  readonly query?: Query;
  /** Sent as JSON. */
  readonly body?: unknown;
  /** @default application/json */
  readonly contentType?: string;
  readonly signal?: AbortSignal;
  /** For the whole exchange. @default 30 s */
  readonly timeoutMs?: number;
}

/** A successful answer. */
export interface Answer {
  readonly status: number;
  /** The decoded JSON. */
  readonly body: unknown;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
}

export type Method = 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';

/** What the rest of kube/ needs of an API server. Both reject with an ApiTransientError or an ApiTerminalError. */
export interface Transport {
  request(method: Method, path: string, options?: RequestOptions): Promise<Answer>;
  /**
   * The lines of a watch, as they come, until the server ends it. The first is empty and says that the watch is open.
   * Nothing is asked before it is pulled.
   */
  stream(path: string, query: Query, signal: AbortSignal): AsyncIterable<string>;
}

/** A transport that must be closed. */
export interface OpenTransport extends Transport {
  close(): Promise<void>;
}

/** One exchange, for metrics. */
export interface Exchange {
  /** The method in lower case, or `watch`. */
  readonly verb: string;
  /** The HTTP status, or 0 without an answer. */
  readonly code: number;
  /** Until the answer began. */
  readonly durationMs: number;
}

/** What a transport is built from. */
export interface TransportOptions {
  readonly connection: Connection;
  readonly clock: Clock;
  /** Requests at once, watches excluded. @default 16 */
  readonly connections?: number;
  readonly onRequest?: (exchange: Exchange) => void;
}

const DEFAULT_TIMEOUT_MS = 30_000;

interface Call {
  readonly verb: string;
  readonly method: Method;
  readonly path: string;
  readonly query: Query;
  readonly body?: string;
  readonly contentType?: string;
  readonly signal: AbortSignal;
}

/** Opens nothing yet; connections are made when they are needed. */
export function createTransport(options: TransportOptions): OpenTransport {
  const { connection, clock, onRequest } = options;
  const agents = agentSource(connection, options.connections ?? 16);

  async function once(call: Call, fresh: boolean): Promise<Dispatcher.ResponseData> {
    const startedAt = clock.now();
    let code = 0;
    try {
      const token = await connection.token(fresh);
      const pools = await agents.current();
      const answer = await send(`${connection.server}${call.path}${queryText(call.query)}`, {
        dispatcher: call.verb === 'watch' ? pools.watches : pools.requests,
        method: call.method,
        headers: headersOf(call, token),
        signal: call.signal,
        ...(call.body === undefined ? {} : { body: call.body }),
      });
      code = answer.statusCode;
      return answer;
    } catch (cause) {
      throw new ApiTransientError(`${nameOf(call)}: no answer: ${messageOf(cause)}`, { cause });
    } finally {
      onRequest?.({ verb: call.verb, code, durationMs: clock.now() - startedAt });
    }
  }

  async function open(call: Call): Promise<Dispatcher.ResponseData> {
    let answer = await once(call, false);
    if (answer.statusCode === 401) {
      await answer.body.dump();
      answer = await once(call, true);
    }
    if (answer.statusCode < 300) return answer;
    const retryAfter = answer.headers['retry-after'];
    const retryAfterMs = retryAfterMsOf(Array.isArray(retryAfter) ? retryAfter[0] : retryAfter, clock.now());
    const text = await answer.body.text().catch(() => '');
    throw apiError(nameOf(call), answer.statusCode, decode(text), retryAfterMs);
  }

  async function* stream(path: string, query: Query, signal: AbortSignal): AsyncGenerator<string> {
    const call: Call = { verb: 'watch', method: 'GET', path, query, signal };
    const answer = await open(call);
    try {
      yield '';
      yield* linesOf(answer.body);
    } catch (cause) {
      throw new ApiTransientError(`${nameOf(call)}: cut: ${messageOf(cause)}`, { cause });
    }
  }

  return {
    async request(method, path, given = {}) {
      const deadline = new AbortController();
      const timeoutMs = given.timeoutMs ?? DEFAULT_TIMEOUT_MS;
      const timer = clock.after(timeoutMs, () => deadline.abort(new Error(`no answer within ${timeoutMs} ms`)));
      const call: Call = {
        verb: method.toLowerCase(),
        method,
        path,
        query: given.query ?? {},
        signal: given.signal ? AbortSignal.any([deadline.signal, given.signal]) : deadline.signal,
        ...(given.body === undefined ? {} : { body: JSON.stringify(given.body) }),
        ...(given.contentType === undefined ? {} : { contentType: given.contentType }),
      };
      try {
        const answer = await open(call);
        return { status: answer.statusCode, body: decode(await wholeBody(call, answer)), headers: answer.headers };
      } finally {
        timer.cancel();
      }
    },
    stream,
    close: () => agents.close(),
  };
}

async function wholeBody(call: Call, answer: Dispatcher.ResponseData): Promise<string> {
  try {
    return await answer.body.text();
  } catch (cause) {
    throw new ApiTransientError(`${nameOf(call)}: the answer was cut: ${messageOf(cause)}`, { cause });
  }
}

function headersOf(call: Call, token: string | undefined): Record<string, string> {
  const headers: Record<string, string> = { accept: 'application/json', 'user-agent': 'mcpworkflow' };
  if (token !== undefined) headers['authorization'] = `Bearer ${token}`;
  if (call.body !== undefined) headers['content-type'] = call.contentType ?? 'application/json';
  return headers;
}

function queryText(query: Query): string {
  const parameters = new URLSearchParams();
  for (const [name, value] of Object.entries(query)) if (value !== undefined) parameters.set(name, String(value));
  const text = parameters.toString();
  return text === '' ? '' : `?${text}`;
}

const nameOf = (call: Call) => `${call.verb} ${call.path}`;
const messageOf = (error: unknown) => (error instanceof Error ? error.message : String(error));

function decode(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text; // a proxy in between may speak plain text
  }
}
