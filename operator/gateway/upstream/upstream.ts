// Sends HTTP requests to providers. No redirects, no retries, no timers: those who call it have them.
import { Readable } from 'node:stream';
import { Agent } from 'undici';
import type { buildConnector, Dispatcher } from 'undici';
import type { Target } from '../../routes/types.ts';
import { UpstreamCall } from './upstream-call.ts';
import type { Call } from './upstream-call.ts';

/** A request to a target. */
export interface UpstreamRequest {
  readonly target: Target;
  readonly method: 'GET' | 'POST';
  /** Below the target's base URL, with the query. */
  readonly path: string;
  readonly headers: readonly string[];
  /** In order. */
  readonly body?: readonly Buffer[];
}

const CONNECT_TIMEOUT_MS = 10_000;

/** How connections are made. */
export type Connect = buildConnector.connector;

/** The connections of one gateway: kept alive, as many as are needed, HTTP/1.1, without time limits of their own. */
export function createAgent(connect?: Connect): Agent {
  return new Agent({
    allowH2: false,
    headersTimeout: 0,
    bodyTimeout: 0,
    connect: connect ?? { timeout: CONNECT_TIMEOUT_MS },
  });
}

interface Base {
  readonly origin: string;
  readonly prefix: string;
}

function parseBase(baseURL: string): Base {
  const { origin, pathname } = new URL(baseURL);
  return { origin, prefix: pathname.endsWith('/') ? pathname.slice(0, -1) : pathname };
}

/** Of several pieces undici has to be told how long they are together; else it would send chunks, which not every server takes. */
function framed(
  headers: readonly string[],
  pieces: readonly Buffer[],
): Pick<Dispatcher.DispatchOptions, 'headers' | 'body'> {
  if (pieces.length <= 1) return { headers: [...headers], body: pieces[0] ?? null };
  const size = pieces.reduce((sum, { length }) => sum + length, 0);
  return { headers: [...headers, 'content-length', String(size)], body: Readable.from(pieces) };
}

/** Sends a request. */
export type Send = (request: UpstreamRequest) => Call;

/** Sends over that dispatcher. A target's URL is parsed once. */
export function createSend(dispatcher: Dispatcher): Send {
  const bases = new WeakMap<Target, Base>();
  const baseOf = (target: Target): Base => {
    let base = bases.get(target);
    if (!base) bases.set(target, (base = parseBase(target.baseURL)));
    return base;
  };
  return ({ target, method, path, headers, body = [] }) => {
    const { origin, prefix } = baseOf(target);
    const call = new UpstreamCall();
    dispatcher.dispatch({ origin, path: prefix + path, method, ...framed(headers, body) }, call);
    return call;
  };
}
