// Keeps the spans of a real OpenTelemetry SDK in memory, and hears what the SDK complains of: a span that ends twice, or of which
// something is said after its end.
import { diag, DiagLogLevel } from '@opentelemetry/api';
import { BasicTracerProvider } from '@opentelemetry/sdk-trace-base';
import type { ReadableSpan, Sampler, SpanProcessor } from '@opentelemetry/sdk-trace-base';
import { otelTracing } from '../../operator/telemetry/otel-spans.ts';
import type { Tracing } from '../../operator/telemetry/tracing.ts';

export interface SpanRecorder {
  readonly tracing: Tracing;
  /** In the order of their ends. */
  readonly ended: ReadableSpan[];
  readonly complaints: string[];
  /** Spans that have begun and not ended. */
  open(): number;
  clear(): void;
}

export function recordSpans(sampler?: Sampler): SpanRecorder {
  const ended: ReadableSpan[] = [];
  const complaints: string[] = [];
  let begun = 0;
  const processor: SpanProcessor = {
    onStart: () => void (begun += 1),
    onEnd: (span) => void ended.push(span),
    forceFlush: () => Promise.resolve(),
    shutdown: () => Promise.resolve(),
  };
  const complain = (message: string) => void complaints.push(message);
  const ignore = () => {};
  diag.setLogger(
    { error: complain, warn: complain, info: ignore, debug: ignore, verbose: ignore },
    { logLevel: DiagLogLevel.WARN, suppressOverrideMessage: true },
  );
  const provider = new BasicTracerProvider({ spanProcessors: [processor], ...(sampler && { sampler }) });
  return {
    tracing: otelTracing(provider.getTracer('test')),
    ended,
    complaints,
    open: () => begun - ended.length,
    clear() {
      begun -= ended.length;
      ended.length = 0;
    },
  };
}

/** All that a span says, for searching. */
export const saidBy = ({ name, attributes, events, status, links }: ReadableSpan): string =>
  JSON.stringify({ name, attributes, events, status, links });
