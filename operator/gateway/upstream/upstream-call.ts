// One exchange with a provider as undici tells it: the head of the answer, its body part by part, its end or its death.
import { errors } from 'undici';
import type { Dispatcher } from 'undici';
import { EgressDeniedError } from '../../errors.ts';
import type { AnswerBody, BodyReader } from './answer-body.ts';
import type { Symptom } from '../failures/classify.ts';
import { decodedBody } from './decoded-body.ts';
import type { UpstreamHeaders } from './headers.ts';

/** An answer whose body has not been read. */
export interface UpstreamAnswer {
  readonly kind: 'answer';
  readonly status: number;
  readonly headers: UpstreamHeaders;
  readonly body: AnswerBody;
}

/** An answer has begun, or there was none. */
export type Sent = UpstreamAnswer | { readonly kind: 'failed'; readonly symptom: Symptom };

/** Errors after which a connection existed, and broke before a byte of the answer. */
const RESETS: ReadonlySet<unknown> = new Set(['ECONNRESET', 'EPIPE', 'UND_ERR_SOCKET']);

function symptomOf(error: unknown): Symptom {
  if (error instanceof EgressDeniedError) return 'egressDenied';
  const code = typeof error === 'object' && error !== null && 'code' in error ? error.code : undefined;
  if (RESETS.has(code)) return 'reset';
  return typeof code === 'string' && code.startsWith('HPE_') ? 'malformed' : 'unreachable';
}

/** The exchange, as whoever asks sees it. */
export interface Call {
  /** Settles once the head has come, or nothing will. Never rejects. */
  readonly head: Promise<Sent>;
  /** Ends it, in whatever state it is. */
  cancel(): void;
}

/** Made for one dispatch, whose handler it is. */
export class UpstreamCall implements Call, AnswerBody, Dispatcher.DispatchHandler {
  readonly head: Promise<Sent>;
  #settleHead: (sent: Sent) => void = () => {};
  #state: 'asking' | 'answering' | 'whole' | 'cut' = 'asking';
  #controller: Dispatcher.DispatchController | undefined;
  #reader: BodyReader | undefined;
  /** What came before there was a reader: little, because one follows in the same turn. */
  readonly #early: Buffer[] = [];

  constructor() {
    this.head = new Promise((resolve) => {
      this.#settleHead = resolve;
    });
  }

  onRequestStart(controller: Dispatcher.DispatchController): void {
    this.#controller = controller;
    if (this.#state === 'cut') controller.abort(new errors.RequestAbortedError());
  }

  onResponseStart(_controller: Dispatcher.DispatchController, status: number, headers: UpstreamHeaders): void {
    if (status < 200) return;
    this.#state = 'answering';
    this.#settleHead(this.#answerOf(status, headers));
  }

  onResponseData(_controller: Dispatcher.DispatchController, part: Buffer): void {
    if (this.#reader) this.#reader.onPart(part);
    else this.#early.push(part);
  }

  onResponseEnd(): void {
    this.#state = 'whole';
    this.#reader?.onEnd();
  }

  onResponseError(_controller: unknown, error: unknown): void {
    if (this.#state === 'cut') return;
    if (this.#state === 'asking') this.#settleHead({ kind: 'failed', symptom: symptomOf(error) });
    this.#state = 'cut';
    this.#reader?.onCut();
  }

  cancel(): void {
    if (this.#state === 'whole' || this.#state === 'cut') return;
    const reason = new errors.RequestAbortedError();
    // Without a connection there is nothing to abort yet; it is when the request would start.
    if (this.#controller) this.#controller.abort(reason);
    else this.onResponseError(undefined, reason);
  }

  read(reader: BodyReader): void {
    for (const part of this.#early) reader.onPart(part);
    this.#reader = reader;
    if (this.#state === 'whole') reader.onEnd();
    if (this.#state === 'cut') reader.onCut();
  }

  pause(): void {
    this.#controller?.pause();
  }

  resume(): void {
    this.#controller?.resume();
  }

  #answerOf(status: number, headers: UpstreamHeaders): Sent {
    const encoding = headers['content-encoding'];
    if (encoding === undefined || encoding === 'identity') return { kind: 'answer', status, headers, body: this };
    const body = typeof encoding === 'string' ? decodedBody(this, encoding) : undefined;
    if (body) return { kind: 'answer', status, headers: { ...headers, 'content-encoding': undefined }, body };
    this.cancel();
    return { kind: 'failed', symptom: 'malformed' };
  }
}
