// What a trace says of one call to a provider: who was called for which model, how it went, and nothing that either side wrote.
import { EVENTS, OWN, STANDARD } from '../../telemetry/gen-ai.ts';
import type { Operation } from '../../telemetry/gen-ai.ts';
import type { Span, TraceContext } from '../../telemetry/tracing.ts';
import type { Candidate } from '../upstream/candidate.ts';
import type { Verdict } from '../checks/verdict.ts';

const DEFAULT_PORTS: Readonly<Record<string, number>> = { 'http:': 80, 'https:': 443 };

function addressOf(baseURL: string): { readonly address: string; readonly port: number | undefined } {
  const { hostname, port, protocol } = new URL(baseURL);
  return { address: hostname, port: port === '' ? DEFAULT_PORTS[protocol] : Number(port) };
}

/** What is called. */
export interface Called {
  readonly operation: Operation;
  readonly candidate: Candidate;
  /** Of the calls of one request, from 1 on. */
  readonly number: number;
  readonly stream: boolean;
}

/** The span of one call. */
export class AttemptSpan {
  readonly #span: Span;

  constructor(request: Span, { operation, candidate, number, stream }: Called) {
    const { model, target } = candidate;
    this.#span = request.call(`${operation} ${target.upstreamModel}`);
    if (!this.#span.recording) return;
    const { address, port } = addressOf(target.baseURL);
    this.#span.set({
      [STANDARD.operation]: operation,
      // The conventions mean whose API it is, whoever serves it.
      [STANDARD.provider]: target.protocol.toLowerCase(),
      [STANDARD.requestModel]: target.upstreamModel,
      [STANDARD.stream]: stream,
      [STANDARD.serverAddress]: address,
      [STANDARD.serverPort]: port,
      [OWN.model]: model.name,
      [OWN.provider]: target.provider,
      [OWN.attempt]: number,
    });
  }

  /** What the provider is sent, in place of what the caller sent. */
  context(): TraceContext {
    return this.#span.context();
  }

  /** The head of an answer came. */
  answered(status: number): void {
    this.#span.set({ [STANDARD.status]: status });
  }

  /** The first content of a stream goes to the caller. */
  committed(): void {
    this.#span.event(EVENTS.commit);
  }

  /** The caller is told that the stream died. */
  told(reason: string): void {
    this.#span.event(EVENTS.told, { [OWN.reason]: reason });
  }

  /** Checks looked at the answer. */
  judged(verdict: Verdict): void {
    if (verdict.failed.length > 0) this.#span.set({ [OWN.failedChecks]: verdict.failed.map(({ name }) => name) });
  }

  /** It ended well, or with a class of error; `reason` is the word for it that health and headers use. */
  end(errorType?: string, reason?: string): void {
    if (reason !== undefined) this.#span.set({ [OWN.reason]: reason });
    this.#span.end(errorType);
  }
}
