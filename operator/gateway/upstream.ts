// One HTTP request to a provider, and the reading of its answer. No redirects, no retries, no timers: those who call
// it have them.
import type { EventEmitter } from 'node:events';
import type { Readable } from 'node:stream';
import { pipeline } from 'node:stream';
import { createBrotliDecompress, createGunzip, createInflate } from 'node:zlib';
import { Agent } from 'undici';
import type { buildConnector, Dispatcher } from 'undici';
import { EgressDeniedError } from '../errors.ts';
import type { Target } from '../routes/types.ts';
import type { Symptom } from './classify.ts';
import type { UpstreamHeaders } from './headers.ts';

/** A request to a target. */
export interface UpstreamRequest {
  readonly target: Target;
  readonly method: 'GET' | 'POST';
  /** Below the target's base URL, with the query. */
  readonly path: string;
  readonly headers: string[];
  readonly body?: Buffer;
  /** Emits `abort`. An event emitter, because an AbortSignal per attempt costs several times as much. */
  readonly signal: EventEmitter;
}

/** An answer whose body has not been read. */
export interface UpstreamAnswer {
  readonly kind: 'answer';
  readonly status: number;
  readonly headers: UpstreamHeaders;
  readonly body: Readable;
}

/** An answer has begun, or there was none. */
export type Sent = UpstreamAnswer | { readonly kind: 'failed'; readonly symptom: Symptom };

/** Larger answers are not held in memory. */
const MAX_ANSWER_BYTES = 64 * 1024 * 1024;
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

/** Errors after which a connection existed, and broke before a byte of the answer. */
const RESETS: ReadonlySet<unknown> = new Set(['ECONNRESET', 'EPIPE', 'UND_ERR_SOCKET']);

function symptomOf(error: unknown): Symptom {
  if (error instanceof EgressDeniedError) return 'egressDenied';
  const code = typeof error === 'object' && error !== null && 'code' in error ? error.code : undefined;
  if (RESETS.has(code)) return 'reset';
  return typeof code === 'string' && code.startsWith('HPE_') ? 'malformed' : 'unreachable';
}

const DECODERS: Readonly<Record<string, () => NodeJS.ReadWriteStream & Readable>> = {
  gzip: () => createGunzip(),
  'x-gzip': () => createGunzip(),
  deflate: () => createInflate(),
  br: () => createBrotliDecompress(),
};

/** Some servers compress though they were asked not to. The caller gets the plain bytes. */
function decoded(answer: UpstreamAnswer): Sent {
  const encoding = answer.headers['content-encoding'];
  if (encoding === undefined || encoding === 'identity') return answer;
  const decoder = typeof encoding === 'string' ? DECODERS[encoding.toLowerCase()] : undefined;
  if (!decoder) {
    answer.body.on('error', () => {}).destroy();
    return { kind: 'failed', symptom: 'malformed' };
  }
  const plain = decoder();
  // The error of either end reaches whoever reads `plain`.
  pipeline(answer.body, plain, () => {});
  return { ...answer, headers: { ...answer.headers, 'content-encoding': undefined }, body: plain };
}

interface Base {
  readonly origin: string;
  readonly prefix: string;
}

function parseBase(baseURL: string): Base {
  const { origin, pathname } = new URL(baseURL);
  return { origin, prefix: pathname.endsWith('/') ? pathname.slice(0, -1) : pathname };
}

/** Sends a request and waits for the head of the answer. Never rejects. */
export type Send = (request: UpstreamRequest) => Promise<Sent>;

/** Sends over that dispatcher. A target's URL is parsed once. */
export function createSend(dispatcher: Dispatcher): Send {
  const bases = new WeakMap<Target, Base>();
  const baseOf = (target: Target): Base => {
    let base = bases.get(target);
    if (!base) bases.set(target, (base = parseBase(target.baseURL)));
    return base;
  };
  return async ({ target, method, path, headers, body, signal }) => {
    try {
      const { origin, prefix } = baseOf(target);
      const url = { origin, path: prefix + path };
      const answer = await dispatcher.request({ ...url, method, headers, signal, body: body ?? null });
      return decoded({ kind: 'answer', status: answer.statusCode, headers: answer.headers, body: answer.body });
    } catch (error) {
      return { kind: 'failed', symptom: symptomOf(error) };
    }
  };
}

/**
 * Reads a body to its end. Undefined when it is cut, or larger than an answer may be. By events: an iterator over a
 * stream costs more than the rest of a small request.
 */
export function readWhole(body: Readable): Promise<Buffer | undefined> {
  return new Promise((resolve) => {
    const chunks: Buffer[] = [];
    let bytes = 0;
    body.on('data', (chunk: Buffer) => {
      bytes += chunk.length;
      chunks.push(chunk);
      if (bytes > MAX_ANSWER_BYTES) body.destroy();
    });
    body.on('end', () => resolve(chunks.length === 1 ? chunks[0] : Buffer.concat(chunks)));
    body.on('error', () => resolve(undefined));
    body.on('close', () => resolve(undefined));
  });
}
