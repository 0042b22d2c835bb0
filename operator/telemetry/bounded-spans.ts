// What stands around OpenTelemetry's batch processor, which keeps its losses to itself: spans beyond a bound are dropped, and both
// these and failures to send are told once in a while. Traffic notices nothing of either.
import type { Context } from '@opentelemetry/api';
import { ExportResultCode } from '@opentelemetry/core';
import type { ExportResult } from '@opentelemetry/core';
import type { ReadableSpan, Span, SpanExporter, SpanProcessor } from '@opentelemetry/sdk-trace-base';
import type { Logger } from './logger.ts';

/** So often at most is each kind of trouble told. */
const TELL_EVERY_MS = 60_000;

/** What trouble is told by. */
export interface LossOptions {
  /** Ended spans that wait to be sent. */
  readonly maxWaiting: number;
  /** Epoch milliseconds, as a clock has them. */
  readonly now: () => number;
  readonly log: Pick<Logger, 'warn'>;
}

/** The class of an error and its code: what a library or a collector says in its text may be anything. */
function classOf(error: unknown): { readonly error: string; readonly code?: string } {
  if (!(error instanceof Error)) return { error: 'unknown' };
  const code = 'code' in error ? error.code : undefined;
  return typeof code === 'string' || typeof code === 'number'
    ? { error: error.name, code: String(code) }
    : { error: error.name };
}

/** Counts what is lost between spans that end and those that have been sent. */
export class Losses {
  readonly #options: LossOptions;
  #waiting = 0;
  #unsent = 0;
  #dropped = 0;
  #toldUnsentAt = -Infinity;
  #toldDroppedAt = -Infinity;

  constructor(options: LossOptions) {
    this.#options = options;
  }

  /** Whether there is room for one more span; it then waits. */
  enter(): boolean {
    if (this.#waiting < this.#options.maxWaiting) {
      this.#waiting += 1;
      return true;
    }
    this.#dropped += 1;
    if (this.#isTime(this.#toldDroppedAt)) {
      this.#toldDroppedAt = this.#options.now();
      this.#options.log.warn('spans are dropped: more end than the collector takes', { spans: this.#dropped });
      this.#dropped = 0;
    }
    return false;
  }

  /** So many spans wait no more. */
  leave(spans: number): void {
    this.#waiting -= spans;
  }

  /** So many could not be sent. */
  unsent(spans: number, error: unknown): void {
    this.#unsent += spans;
    if (!this.#isTime(this.#toldUnsentAt)) return;
    this.#toldUnsentAt = this.#options.now();
    this.#options.log.warn('spans could not be sent; they are lost', { spans: this.#unsent, ...classOf(error) });
    this.#unsent = 0;
  }

  #isTime(toldAt: number): boolean {
    return this.#options.now() - toldAt >= TELL_EVERY_MS;
  }
}

/** The exporter, whose failures are told. */
export class ToldExporter implements SpanExporter {
  readonly #exporter: SpanExporter;
  readonly #losses: Losses;

  constructor(exporter: SpanExporter, losses: Losses) {
    this.#exporter = exporter;
    this.#losses = losses;
  }

  export(spans: ReadableSpan[], done: (result: ExportResult) => void): void {
    this.#losses.leave(spans.length);
    this.#exporter.export(spans, (result) => {
      if (result.code !== ExportResultCode.SUCCESS) this.#losses.unsent(spans.length, result.error);
      done(result);
    });
  }

  shutdown(): Promise<void> {
    return this.#exporter.shutdown();
  }
}

/** The processor, which gets no more spans than may wait. */
export class BoundedProcessor implements SpanProcessor {
  readonly #processor: SpanProcessor;
  readonly #losses: Losses;

  constructor(processor: SpanProcessor, losses: Losses) {
    this.#processor = processor;
    this.#losses = losses;
  }

  onStart(span: Span, parent: Context): void {
    this.#processor.onStart(span, parent);
  }

  onEnd(span: ReadableSpan): void {
    if (this.#losses.enter()) this.#processor.onEnd(span);
  }

  forceFlush(): Promise<void> {
    return this.#processor.forceFlush();
  }

  shutdown(): Promise<void> {
    return this.#processor.shutdown();
  }
}
