// A streamed answer. It is held back until its first content, which commits; then it goes on event by event, verbatim. Where
// a check wants it so, it is held until its end. Before the commit a death costs nothing: the next model is asked. After it the
// caller is told: an error event and a broken stream, never an end that looks whole.
import type { Timer } from '../../clock.ts';
import type { BodyReader } from '../upstream/answer-body.ts';
import { failureOf } from '../failures/classify.ts';
import type { Failure } from '../failures/classify.ts';
import { streamReader } from '../dialects/commit.ts';
import { endsWithToolResult } from './facts.ts';
import { answerHeaders } from '../upstream/headers.ts';
import { Outlet } from './outlet.ts';
import { symptomOfError } from '../failures/recognize.ts';
import { eventSplitter } from '../dialects/sse.ts';
import type { StreamEvent } from '../dialects/sse.ts';
import type { EventMeaning, StreamReader } from '../dialects/stream-reader.ts';
import type { AttemptResult, StoppingVerdict } from './exchange.ts';
import { brokenOff } from './running.ts';
import type { Running } from './running.ts';
import type { Verdict } from '../checks/verdict.ts';
import { failureOfCheck, isStopping, streamJudge } from './judging.ts';
import type { StreamJudge } from './judging.ts';

/** More than this is held for no stream. */
const MAX_HELD_BYTES = 16 * 1024 * 1024;
/** After its end a stream may take this long to end its connection, which can then be used again. */
const LINGER_MS = 1_000;
/** How long the news of a death may take to reach a caller that reads slowly. */
const TELLING_MS = 5_000;

const failed = (failure: Failure): AttemptResult => ({ kind: 'failed', failure });

class StreamRelay implements BodyReader {
  readonly #running: Running;
  readonly #reader: StreamReader;
  /** Only for a request whose answers have to be judged. */
  readonly #judge: StreamJudge | undefined;
  readonly #splitter = eventSplitter();
  readonly #outlet: Outlet;
  readonly #done: (result: AttemptResult) => void;
  #waiting: Buffer[] = [];
  /** Of what is waiting before the commit. */
  #heldBytes = 0;
  #hasContent = false;
  #committed = false;
  #settled = false;
  #started = false;
  /** The body has, whatever the events in it say. */
  #ended = false;
  #lingering: Timer | undefined;

  constructor(running: Running, done: (result: AttemptResult) => void) {
    this.#running = running;
    this.#reader = streamReader(running.exchange.api);
    this.#judge = streamJudge(running);
    const { out, room } = running.exchange;
    this.#outlet = new Outlet({ out, room, clock: running.ports.clock, onTaken: () => this.#onTaken() });
    this.#done = done;
  }

  /** A dialect's end comes before the body's. */
  onEnd(): void {
    this.onCut();
  }

  onCut(): void {
    this.#ended = true;
    this.#lingering?.cancel();
    if (!this.#settled) this.#onDeath();
  }

  onPart(chunk: Buffer): void {
    if (this.#settled) return;
    const { watchdog, times } = this.#running;
    watchdog.set('idle', times.idleMs, { symptom: 'stalled', fair: true });
    for (const event of this.#splitter.push(chunk)) {
      if (!this.#settled) this.#onEvent(event);
    }
    if (!this.#settled) this.#flush();
    if (!this.#settled && this.#heldBytes + this.#splitter.pendingBytes() > MAX_HELD_BYTES) this.#onTooLong();
    if (!this.#settled) this.#tellHeld();
  }

  #tellHeld(): void {
    const judgedBytes = this.#judge?.heldBytes() ?? 0;
    this.#running.holding.hold(
      this.#heldBytes + this.#outlet.queuedBytes + judgedBytes + this.#splitter.pendingBytes(),
    );
  }

  #onEvent(event: StreamEvent): void {
    if (!this.#started) this.#onFirstEvent();
    this.#waiting.push(event.raw);
    if (!this.#committed) this.#heldBytes += event.raw.length;
    this.#judge?.see(event);
    const meaning = this.#committed ? this.#reader.readCommitted(event) : this.#reader.read(event);
    this.#follow(meaning);
  }

  #onFirstEvent(): void {
    const { watchdog, times } = this.#running;
    this.#started = true;
    watchdog.clear('firstEvent');
    watchdog.set('content', times.firstContentMs, { symptom: 'firstTokenTimeout', fair: true });
  }

  #follow(meaning: EventMeaning): void {
    switch (meaning.kind) {
      case 'other':
        return;
      case 'content':
        if (!this.#committed) this.#onContent();
        return;
      case 'end':
        return this.#onEnd();
      case 'error':
        return this.#onErrorEvent(failureOf(symptomOfError(meaning.error)));
      case 'malformed':
        return this.#fail(failureOf('malformed'));
    }
  }

  #onContent(): void {
    this.#hasContent = true;
    this.#running.watchdog.clear('content');
    if (!this.#judge?.holds) this.#commit();
  }

  /** What is held to be judged may not go on unjudged; else something that has no content so far is no answer. */
  #onTooLong(): void {
    const verdict = this.#hasContent ? this.#judge?.tooLong() : undefined;
    if (isStopping(verdict)) this.#reject(verdict);
    else this.#fail(failureOf('malformed'));
  }

  #commit(verdict?: Verdict): void {
    const { ports, exchange, answer, watchdog, holding, credential, servedBy, span } = this.#running;
    this.#committed = true;
    this.#heldBytes = 0;
    holding.outlivesDeadline();
    watchdog.clear('whole');
    watchdog.clear('firstEvent');
    watchdog.clear('content');
    ports.metrics.firstContent(exchange.dialect, (ports.clock.now() - exchange.startedAt) / 1000);
    ports.metrics.openStreams(1);
    span?.committed();
    exchange.out.writeHead(answer.status, [...answerHeaders(answer.headers, credential), ...servedBy(verdict)]);
  }

  /** Everything that is waiting goes to the caller; a slow one slows the provider down, not us. */
  #flush(): void {
    if (!this.#committed || this.#waiting.length === 0) return;
    const bytes = this.#waiting.length === 1 ? (this.#waiting[0] as Buffer) : Buffer.concat(this.#waiting);
    this.#waiting = [];
    if (!this.#outlet.write(bytes)) this.#running.holding.callerIsBehind();
  }

  #onTaken(): void {
    if (this.#settled) return;
    this.#tellHeld();
    this.#running.holding.callerHasCaughtUp();
  }

  #onEnd(): void {
    const { answer, credential } = this.#running;
    if (!this.#hasContent && this.#isEmpty()) {
      const body = Buffer.concat(this.#waiting);
      const headers = answerHeaders(answer.headers, credential);
      return this.#settle({ kind: 'empty', answer: { status: answer.status, headers, body } });
    }
    const refusal = this.#reader.refused();
    const verdict = this.#judge?.atEnd(refusal);
    if (isStopping(verdict)) return this.#reject(verdict);
    if (!this.#committed) this.#commit(verdict);
    this.#outlet.end(Buffer.concat(this.#waiting));
    this.#waiting = [];
    this.#settle({ kind: 'streamed', refusal, ...(verdict && { verdict }) });
  }

  /** After the commit the caller has all of it but the terminal event, which would say that it is good. */
  #reject(verdict: StoppingVerdict): void {
    if (!this.#committed) return this.#settle({ kind: 'rejected', verdict });
    const failure = failureOfCheck(verdict.stopper, false);
    const message = `the answer failed the check ${verdict.stopper.name}`;
    this.#waiting.pop();
    this.#flush();
    this.#breakStream(failure, this.#reader.deathEvent(failure.reason, message, this.#running.exchange.id), verdict);
  }

  #isEmpty(): boolean {
    const { api, request } = this.#running.exchange;
    return this.#reader.empty() && !endsWithToolResult(api, request);
  }

  /** After the commit the provider's own error event has told it already. */
  #onErrorEvent(failure: Failure): void {
    if (!this.#committed) return this.#fail(failure);
    this.#flush();
    this.#breakStream(failure, '');
  }

  #onDeath(): void {
    const { exchange, watchdog, ports } = this.#running;
    const result = brokenOff(exchange, watchdog, failed(failureOf('cut')));
    if (result.kind !== 'failed') return this.#settle(result);
    if (result.failure.symptom === 'cut') ports.metrics.truncated(this.#committed);
    this.#fail(result.failure);
  }

  #fail(failure: Failure): void {
    if (!this.#committed) return this.#settle(failed(failure));
    const { exchange } = this.#running;
    const message = `the stream of the model broke off: ${failure.reason}`;
    this.#breakStream(failure, this.#reader.deathEvent(failure.reason, message, exchange.id));
  }

  #breakStream(failure: Failure, lastWords: string, verdict?: Verdict): void {
    const { ports, exchange, span } = this.#running;
    ports.metrics.told(failure.reason);
    span?.told(failure.reason);
    if (!exchange.out.destroyed) this.#tell(lastWords === '' ? ':\n\n' : lastWords);
    this.#settle({ kind: 'streamed', refusal: false, failure, ...(verdict && { verdict }) });
  }

  /** Ends the connection after these words, or when they were not taken in time. */
  #tell(lastWords: string): void {
    const { ports, exchange } = this.#running;
    const { out } = exchange;
    const timer = ports.clock.after(TELLING_MS, () => out.destroy());
    // A caller that leaves meanwhile takes no words, and what was to be written does not always say so.
    out.once('close', () => timer.cancel());
    this.#outlet.breakWith(lastWords, () => out.destroy());
  }

  #settle(result: AttemptResult): void {
    this.#settled = true;
    const { ports, answer } = this.#running;
    if (this.#committed) ports.metrics.openStreams(-1);
    if (result.kind === 'streamed' && !result.failure) this.#linger();
    else answer.body.cancel();
    this.#done(result);
  }

  /** What still comes is dropped; a connection that ends in time goes back to the pool. */
  #linger(): void {
    const { ports, answer } = this.#running;
    if (this.#ended) return;
    this.#lingering = ports.clock.after(LINGER_MS, () => answer.body.cancel());
    answer.body.resume();
  }
}

const isEventStream = (type: string | string[] | undefined) =>
  typeof type === 'string' && type.toLowerCase().startsWith('text/event-stream');

/** Passes a 2xx answer to a streaming request on to the caller. */
export function relayStream(running: Running): Promise<AttemptResult> {
  const { body, headers, status } = running.answer;
  if (!isEventStream(headers['content-type'])) {
    body.cancel();
    return Promise.resolve(failed(failureOf('malformed', { status })));
  }
  return new Promise((resolve) => body.read(new StreamRelay(running, resolve)));
}
