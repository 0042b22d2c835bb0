// What the gateway asks of tracing. Nothing of OpenTelemetry is loaded with it: where traces are off there is no Tracing at all.

/** What an attribute may be. Undefined ones are left out. */
export type Attributes = Readonly<Record<string, string | number | boolean | readonly string[] | undefined>>;

/** Headers of W3C Trace Context, which say what a request is a part of. */
export interface TraceContext {
  readonly traceparent: string;
  readonly tracestate?: string;
}

/** Something that takes time and has not ended. It ends exactly once, and nothing is said of it afterwards. */
export interface Span {
  /** The trace that it is a part of, as 32 hexadecimal digits. */
  readonly traceId: string;
  /** False when it was not chosen to be kept: what is said of it is lost, and need not be gathered. */
  readonly recording: boolean;
  /** What requests carry that are sent because of it. */
  context(): TraceContext;
  /** Starts a call to someone else as a part of it. */
  call(name: string): Span;
  rename(name: string): void;
  set(attributes: Attributes): void;
  event(name: string, attributes?: Attributes): void;
  /** Ends it, as a failure when there is a class of error to tell. */
  end(errorType?: string): void;
}

/** Where traces begin. */
export interface Tracing {
  /** Starts the span of a request that has arrived. Headers of the caller that say nothing valid begin a new trace. */
  request(name: string, caller: { readonly [Header in keyof TraceContext]?: string | undefined }): Span;
}
