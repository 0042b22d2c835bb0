// The classes of error that say what to do next: the two that a visit to a workflow may end in, and the one of a program that
// cannot start as it was told to. Any other class is our bug and is logged with its stack.

/** Come back later: with back-off, or after the delay that the other side asked for. */
export class TransientError extends Error {
  override readonly name = 'TransientError';
  readonly retryAfterMs: number | undefined;

  constructor(message: string, options: { readonly cause?: unknown; readonly retryAfterMs?: number } = {}) {
    super(message, { cause: options.cause });
    this.retryAfterMs = options.retryAfterMs;
  }
}

/** Only an edit can help. `reason` is one word for the user. */
export class TerminalError extends Error {
  override readonly name = 'TerminalError';
  readonly reason: string;

  constructor(reason: string, message: string, options: { readonly cause?: unknown } = {}) {
    super(message, { cause: options.cause });
    this.reason = reason;
  }
}

/** Whoever started the program has to change something first. The message says what, in sentences, one a line. */
export class SetupError extends Error {
  override readonly name: string = 'SetupError';
}

/** A connection was not made, because of where it would have led. */
export class EgressDeniedError extends Error {
  override readonly name = 'EgressDeniedError';
}
