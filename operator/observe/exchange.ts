// One bounded HTTP exchange: a deadline over everything, a limit on what is read, no redirects. It never throws, because
// every way to fail is something seen.
import { request } from 'undici';
import type { Dispatcher } from 'undici';
import type { Clock } from '../clock.ts';
import { EgressDeniedError } from '../errors.ts';

export interface HttpPorts {
  readonly dispatcher: Dispatcher;
  readonly clock: Clock;
}

export interface Call {
  readonly method: 'GET' | 'POST';
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string;
  readonly timeoutMs: number;
  readonly maxBytes: number;
  /** Ends the call early. Its end is then a Timeout, which the caller throws away. */
  readonly signal?: AbortSignal;
}

/** An HTTP answer. `ended` says whether the body is whole. */
export interface Answer {
  readonly kind: 'answer';
  readonly status: number;
  readonly headers: Readonly<Record<string, string | readonly string[] | undefined>>;
  readonly body: Buffer;
  readonly ended: 'whole' | 'tooLong' | 'cut' | 'timeout';
}

export type Exchange =
  | Answer
  | { readonly kind: 'noAnswer'; readonly reason: 'ConnectionFailed' | 'Timeout' | 'EgressDenied' }
  /** Nothing was sent: the URL or a header value is not one that HTTP can carry. */
  | { readonly kind: 'unsendable' };

type Body = Dispatcher.ResponseData['body'];

async function readBody(
  body: Body,
  maxBytes: number,
  timedOut: () => boolean,
): Promise<Pick<Answer, 'body' | 'ended'>> {
  const chunks: Buffer[] = [];
  let size = 0;
  try {
    for await (const chunk of body as AsyncIterable<Buffer>) {
      chunks.push(chunk);
      size += chunk.length;
      // Leaving the loop destroys the body, and with it the connection: the rest is never read.
      if (size > maxBytes) return { body: Buffer.concat(chunks).subarray(0, maxBytes), ended: 'tooLong' };
    }
    return { body: Buffer.concat(chunks), ended: 'whole' };
  } catch {
    return { body: Buffer.concat(chunks), ended: timedOut() ? 'timeout' : 'cut' };
  }
}

const UNSENDABLE: ReadonlySet<unknown> = new Set(['UND_ERR_INVALID_ARG', 'ERR_INVALID_URL', 'UND_ERR_NOT_SUPPORTED']);

function whyNoAnswer(error: unknown, timedOut: boolean): Exchange {
  if (timedOut) return { kind: 'noAnswer', reason: 'Timeout' };
  if (error instanceof EgressDeniedError) return { kind: 'noAnswer', reason: 'EgressDenied' };
  const code = (error as { readonly code?: unknown } | undefined)?.code;
  if (UNSENDABLE.has(code)) return { kind: 'unsendable' };
  return { kind: 'noAnswer', reason: code === 'UND_ERR_CONNECT_TIMEOUT' ? 'Timeout' : 'ConnectionFailed' };
}

/** Sends one request and reads its answer. */
export async function exchange({ dispatcher, clock }: HttpPorts, call: Call): Promise<Exchange> {
  const abort = new AbortController();
  let timedOut = false;
  const expire = () => {
    timedOut = true;
    abort.abort();
  };
  const deadline = clock.after(call.timeoutMs, expire);
  call.signal?.addEventListener('abort', expire, { once: true });
  try {
    const { statusCode, headers, body } = await request(call.url, {
      dispatcher,
      method: call.method,
      headers: { ...call.headers, 'accept-encoding': 'identity' },
      body: call.body ?? null,
      signal: abort.signal,
      // One deadline is enough; undici's own timers would run on real time.
      headersTimeout: 0,
      bodyTimeout: 0,
    });
    return { kind: 'answer', status: statusCode, headers, ...(await readBody(body, call.maxBytes, () => timedOut)) };
  } catch (error) {
    return whyNoAnswer(error, timedOut);
  } finally {
    deadline.cancel();
    call.signal?.removeEventListener('abort', expire);
  }
}
