// What a trace says of one request: what was asked of which workflow, how it ended for its caller, and who served it. Only names
// that specs and catalogs have, and words of ours: nothing that a caller or a provider wrote.
import type { IncomingMessage, ServerResponse } from 'node:http';
import { CANCELLED, EVENTS, INTERNAL, OWN, STANDARD } from '../../telemetry/gen-ai.ts';
import type { Operation } from '../../telemetry/gen-ai.ts';
import type { Span, Tracing } from '../../telemetry/tracing.ts';
import { AttemptSpan } from './attempt-span.ts';
import type { Called } from './attempt-span.ts';
import type { OwnError } from '../dialects/errors.ts';
import type { ServedBy } from '../upstream/headers.ts';
import type { RequestOutcome } from '../health/metrics.ts';

/** Outcomes that make a request a failed one. A wrong request is none, nor is an answer that a check kept back. */
const FAILED: Readonly<Partial<Record<RequestOutcome, string>>> = {
  noModel: 'noModel',
  overloaded: 'overloaded',
  told: 'told',
  internal: INTERNAL,
  clientGone: CANCELLED,
};

/** What is being asked, of a workflow that there is. */
export interface Asked {
  readonly id: string;
  readonly method: string;
  /** The pattern of its path. */
  readonly route: string;
  readonly operation: Operation;
  /** `namespace/name`. */
  readonly workflow: string;
}

/** The span of a request, from its headers to the end of its answer. It ends once, whatever happens. */
export class RequestSpan {
  readonly #span: Span;
  #state: 'arriving' | 'inHand' | 'ended' = 'arriving';
  /** Its outcome is known; it is a failure if there is a class of error. */
  #judged: { readonly errorType: string | undefined } | undefined;

  constructor(span: Span) {
    this.#span = span;
  }

  get traceId(): string {
    return this.#span.traceId;
  }

  /** The request has arrived whole, and who has it in hand will end the span. */
  taken(): void {
    if (this.#state === 'arriving') this.#state = 'inHand';
  }

  /** It is known what is asked. */
  asks({ id, method, route, operation, workflow }: Asked): void {
    this.#span.rename(`${method} ${route}`);
    if (!this.#span.recording) return;
    const [namespace, name] = workflow.split('/');
    this.#span.set({
      [STANDARD.httpRoute]: route,
      [STANDARD.operation]: operation,
      [OWN.namespace]: namespace,
      [OWN.workflow]: name,
      [OWN.requestId]: id,
    });
  }

  /** Starts the span of one call because of it. */
  attempt(called: Called): AttemptSpan {
    return new AttemptSpan(this.#span, called);
  }

  /** A model was not asked. */
  skipped(model: string, reason: string): void {
    this.#span.event(EVENTS.skipped, { [OWN.model]: model, [OWN.reason]: reason });
  }

  /** It was answered with an error of ours before a model was asked. */
  refused({ status, code }: Pick<OwnError, 'status' | 'code'>): void {
    this.#judged = { errorType: status >= 500 ? code : undefined };
    this.#span.set({ [OWN.refusal]: code });
  }

  /** Models were asked, and this is what came of it. */
  served(outcome: RequestOutcome, by: ServedBy, stream: boolean): void {
    this.#judged = { errorType: FAILED[outcome] };
    this.#span.set({
      [STANDARD.stream]: stream,
      [OWN.outcome]: outcome,
      [OWN.attempts]: by.attempts,
      [OWN.model]: by.model,
      [OWN.reason]: by.reason,
      [OWN.failedChecks]: by.failedChecks?.length ? by.failedChecks : undefined,
    });
  }

  /** The answer is at its end, or there will be none because the caller left. */
  end({ headersSent, statusCode }: Pick<ServerResponse, 'headersSent' | 'statusCode'>, left: boolean): void {
    // The news that a connection is gone can come before the last part of a body that it had brought.
    if (this.#state === 'ended') return;
    this.#state = 'ended';
    if (headersSent) this.#span.set({ [STANDARD.status]: statusCode });
    const unjudged = left ? CANCELLED : statusCode >= 500 ? String(statusCode) : undefined;
    this.#span.end(this.#judged ? this.#judged.errorType : unjudged);
  }

  /** The connection is gone. Who has the request in hand sees it for itself. */
  closed(out: ServerResponse): void {
    if (this.#state === 'arriving') this.end(out, true);
  }
}

/** Starts the span of a request whose headers have come. */
export function startRequestSpan(
  tracing: Tracing,
  { method = '', headers }: IncomingMessage,
  out: ServerResponse,
): RequestSpan {
  const span = tracing.request(method, {
    traceparent: headers['traceparent'] as string | undefined,
    tracestate: headers['tracestate'] as string | undefined,
  });
  span.set({ [STANDARD.method]: method });
  const traced = new RequestSpan(span);
  out.once('close', () => traced.closed(out));
  return traced;
}
