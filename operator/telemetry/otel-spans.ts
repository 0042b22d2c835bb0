// Tracing by OpenTelemetry's API: spans of any tracer, and W3C Trace Context. No context is kept in async storage, because who
// starts a span has its parent in hand.
import { ROOT_CONTEXT, SpanKind, SpanStatusCode, trace, TraceFlags } from '@opentelemetry/api';
import type { Attributes as OTelAttributes, Context, Span as OTelSpan, Tracer } from '@opentelemetry/api';
import { parseTraceParent, TraceState } from '@opentelemetry/core';
import { STANDARD } from './gen-ai.ts';
import type { Attributes, Span, TraceContext, Tracing } from './tracing.ts';

/** A class for the sake of the garbage collector, as every object that is made for each request and has a getter. */
class TracedSpan implements Span {
  readonly #tracer: Tracer;
  readonly #span: OTelSpan;

  constructor(tracer: Tracer, span: OTelSpan) {
    this.#tracer = tracer;
    this.#span = span;
  }

  get traceId(): string {
    return this.#span.spanContext().traceId;
  }

  get recording(): boolean {
    return this.#span.isRecording();
  }

  context(): TraceContext {
    const { traceId, spanId, traceFlags, traceState } = this.#span.spanContext();
    const sampled = (traceFlags & TraceFlags.SAMPLED) === 0 ? '00' : '01';
    const traceparent = `00-${traceId}-${spanId}-${sampled}`;
    const tracestate = traceState?.serialize() ?? '';
    return tracestate === '' ? { traceparent } : { traceparent, tracestate };
  }

  call(name: string): Span {
    const within = trace.setSpan(ROOT_CONTEXT, this.#span);
    return new TracedSpan(this.#tracer, this.#tracer.startSpan(name, { kind: SpanKind.CLIENT }, within));
  }

  rename(name: string): void {
    this.#span.updateName(name);
  }

  set(attributes: Attributes): void {
    this.#span.setAttributes(attributes as OTelAttributes);
  }

  event(name: string, attributes?: Attributes): void {
    this.#span.addEvent(name, attributes as OTelAttributes | undefined);
  }

  end(errorType?: string): void {
    if (errorType !== undefined) {
      this.#span.setAttribute(STANDARD.errorType, errorType);
      this.#span.setStatus({ code: SpanStatusCode.ERROR });
    }
    this.#span.end();
  }
}

/** Without a valid `traceparent` the state of a trace means nothing, and is dropped. */
function contextOf({ traceparent, tracestate }: Parameters<Tracing['request']>[1]): Context {
  const parent = traceparent === undefined ? null : parseTraceParent(traceparent);
  if (!parent) return ROOT_CONTEXT;
  const state = tracestate === undefined ? {} : { traceState: new TraceState(tracestate) };
  return trace.setSpanContext(ROOT_CONTEXT, { ...parent, ...state, isRemote: true });
}

/** Traces whose spans this tracer makes. */
export const otelTracing = (tracer: Tracer): Tracing => ({
  request: (name, caller) =>
    new TracedSpan(tracer, tracer.startSpan(name, { kind: SpanKind.SERVER }, contextOf(caller))),
});
