// What the server needs to know of a wire dialect: its bodies, its stream and its errors.

/** A request to generate, as far as the simulation reads it. */
export interface GenerationRequest {
  readonly model: string;
  readonly stream: boolean;
  readonly prompt: string;
  readonly includeUsage: boolean;
  /** The JSON schema that the request declares. */
  readonly schema?: Readonly<Record<string, unknown>>;
}

/** The frames of a stream, by the place where it can break. */
export interface StreamScript {
  readonly head: readonly string[];
  readonly content: readonly string[];
  readonly tail: readonly string[];
}

export type ErrorKind =
  'overloaded' | 'server' | 'unavailable' | 'credential' | 'notFound' | 'rateLimited' | 'quota' | 'invalid';

/** An error answer: status, extra headers and the body. */
export interface ErrorAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: unknown;
}

/** One wire dialect. */
export interface Dialect {
  whole(request: GenerationRequest, text: string): unknown;
  script(request: GenerationRequest, text: string): StreamScript;
  error(kind: ErrorKind, message: string): ErrorAnswer;
  errorFrame(): string;
  /** A frame of content whose JSON stops half way. */
  brokenFrame(): string;
  ping(): string;
  model(id: string): unknown;
  modelList(ids: readonly string[]): unknown;
}
