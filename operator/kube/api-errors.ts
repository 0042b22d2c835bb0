// What the API server answers instead of what was asked, as one of the two classes of error of the program.
import { TerminalError, TransientError } from '../errors.ts';

/** Come back later: no answer, 409, 429 or 5xx. */
export class ApiTransientError extends TransientError {
  /** Absent when there was no answer at all. */
  readonly httpStatus: number | undefined;
  /** The reason word of the API server, or of the first of its causes. */
  readonly reason: string | undefined;

  constructor(message: string, details: TransientDetails = {}) {
    super(message, {
      ...(details.cause === undefined ? {} : { cause: details.cause }),
      ...(details.retryAfterMs === undefined ? {} : { retryAfterMs: details.retryAfterMs }),
    });
    this.httpStatus = details.httpStatus;
    this.reason = details.reason;
  }
}

interface TransientDetails {
  readonly cause?: unknown;
  readonly httpStatus?: number;
  readonly retryAfterMs?: number | undefined;
  readonly reason?: string | undefined;
}

/** The API server rejects the request; the same request will be rejected again. */
export class ApiTerminalError extends TerminalError {
  readonly httpStatus: number;

  constructor(httpStatus: number, reason: string, message: string) {
    super(reason, message);
    this.httpStatus = httpStatus;
  }
}

/** The HTTP status behind an error; undefined when there was no answer or the error is of another kind. */
export function httpStatusOf(error: unknown): number | undefined {
  return error instanceof ApiTransientError || error instanceof ApiTerminalError ? error.httpStatus : undefined;
}

interface StatusObject {
  readonly message?: unknown;
  readonly reason?: unknown;
  readonly details?: { readonly causes?: readonly { readonly reason?: unknown }[] | null } | null;
}

const MAX_MESSAGE = 500;
const TOO_LARGE = 'ResourceVersionTooLarge';

/** The error for an answer that is not a success. `body` is a `Status` object, or whatever came instead of one. */
export function apiError(
  what: string,
  httpStatus: number,
  body: unknown,
  retryAfterMs?: number,
): ApiTransientError | ApiTerminalError {
  const status: StatusObject = typeof body === 'object' && body !== null ? body : {};
  const said = typeof status.message === 'string' ? status.message.slice(0, MAX_MESSAGE) : 'no reason given';
  const message = `${what}: ${httpStatus} ${said}`;
  const reason = reasonOf(status);
  if (httpStatus === 409 || httpStatus === 429 || httpStatus >= 500) {
    return new ApiTransientError(message, { httpStatus, reason, retryAfterMs });
  }
  return new ApiTerminalError(httpStatus, reason ?? `Http${httpStatus}`, message);
}

function reasonOf(status: StatusObject): string | undefined {
  // Only this cause says more than the reason: the server has not seen the resource version that was asked for.
  if (status.details?.causes?.some((cause) => cause.reason === TOO_LARGE)) return TOO_LARGE;
  return typeof status.reason === 'string' && status.reason !== '' ? status.reason : undefined;
}

/** A Retry-After header in milliseconds, given as seconds or as a date. */
export function retryAfterMsOf(header: string | undefined, now: number): number | undefined {
  if (header === undefined) return undefined;
  if (/^\d+$/.test(header.trim())) return Number(header) * 1000;
  const at = Date.parse(header);
  return Number.isNaN(at) ? undefined : Math.max(0, at - now);
}
