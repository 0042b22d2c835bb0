// Lets requests in: who may call, whether there is room for what they bring, and their body. What is let in goes to the desk.
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Protocol } from '../../../lib/api/spec.ts';
import type { Tracing } from '../../telemetry/tracing.ts';
import { TURNED_AWAY } from './access.ts';
import type { Verdict } from './access.ts';
import type { AnswerMemory } from '../course/answer-memory.ts';
import { roomNeeded } from './body-memory.ts';
import type { BodyMemory, Room } from './body-memory.ts';
import { watchCaller } from './caller.ts';
import type { Desk } from './desk.ts';
import type { OwnError } from '../dialects/errors.ts';
import type { Door } from './door.ts';
import { refusal } from './intake.ts';
import type { Limits } from './limits.ts';
import { readRequestBody } from './request-body.ts';
import { newRequestId } from './request-id.ts';
import { startRequestSpan } from '../traces/request-span.ts';
import type { RequestSpan } from '../traces/request-span.ts';
import type { Visit } from './visit.ts';

const NO_ROOM: OwnError = {
  status: 503,
  code: 'overloaded',
  message: 'the gateway holds as many requests as it has memory for',
  retryAfter: 1,
  shouldRetry: true,
};

/** A request of which nothing but the head has been read. */
export interface Arrival {
  readonly dialect: Protocol;
  /** Of the path, whether there is such a workflow or not. */
  readonly namespace: string;
  /** `namespace/name`. */
  readonly workflow: string;
  readonly incoming: IncomingMessage;
  readonly out: ServerResponse;
}

/** What an entrance is made of. */
export interface EntranceParts {
  readonly desk: Desk;
  readonly door: Door;
  readonly limits: Limits;
  readonly bodyMemory: BodyMemory;
  readonly answerMemory: AnswerMemory;
  readonly tracing?: Tracing | undefined;
  /** Whether an answer that is yet to begin should be the last on its connection. */
  readonly ending: () => boolean;
  /** An answer has ended, or its caller has left. */
  readonly afterAnswer: () => void;
}

/** A request that was let in, but for its body. */
type Admitted = Pick<Visit, 'room' | 'caller' | 'trace'> & { readonly bodyRoom: Room };

/** Tells an error of ours instead of serving a request. */
export function turnAway(
  desk: Desk,
  { dialect, incoming, out }: Pick<Arrival, 'dialect' | 'incoming' | 'out'>,
  error: OwnError,
  trace?: RequestSpan,
): void {
  // What was not read of the body is of no use to anyone.
  if (!incoming.complete) out.shouldKeepAlive = false;
  desk.refuse({ out, dialect, id: newRequestId(), trace }, error);
  trace?.end(out, false);
}

/** The one way in. */
export class Entrance {
  readonly #parts: EntranceParts;
  readonly #tooLarge: OwnError;

  constructor(parts: EntranceParts) {
    this.#parts = parts;
    this.#tooLarge = refusal(413, 'body_too_large', `a body may have ${parts.limits.bodyBytes / 1024 / 1024} MiB`);
  }

  /** Takes a request over: it is answered by us, whatever becomes of it. */
  enter(arrival: Arrival): void {
    const { namespace, workflow, incoming } = arrival;
    try {
      // Before anything of the body is read: nobody fills the memory who may not call.
      const verdict = this.#parts.door(namespace, workflow, incoming.headers);
      if (typeof verdict === 'string') this.#admit(arrival, verdict);
      else verdict.then((known) => this.#admit(arrival, known)).catch((bug: unknown) => this.#fail(arrival, bug));
    } catch (bug) {
      this.#fail(arrival, bug);
    }
  }

  #fail({ out, dialect }: Arrival, bug: unknown): void {
    this.#parts.desk.fail({ out, dialect, id: newRequestId(), trace: undefined }, bug);
  }

  #admit(arrival: Arrival, verdict: Verdict): void {
    const { desk, limits, bodyMemory, answerMemory, tracing, afterAnswer } = this.#parts;
    const { incoming, out } = arrival;
    // To ask about a token takes time, in which the caller may have left.
    if (out.destroyed) return;
    if (verdict !== 'allowed') return turnAway(desk, arrival, TURNED_AWAY[verdict]);
    // Who may not call is not traced: strangers could fill any store of traces.
    const trace = tracing && startRequestSpan(tracing, incoming, out);
    const bodyRoom = bodyMemory.enter(roomNeeded(incoming.headers, limits.bodyBytes));
    if (!bodyRoom) return turnAway(desk, arrival, NO_ROOM, trace);
    const room = answerMemory.open();
    const caller = watchCaller(out, () => {
      bodyRoom.leave();
      room.leave();
      afterAnswer();
    });
    readRequestBody(incoming, limits.bodyBytes, (body) =>
      this.#serve(arrival, { room, caller, trace, bodyRoom }, body),
    );
  }

  #serve(arrival: Arrival, { room, caller, trace, bodyRoom }: Admitted, body: Buffer | 'tooLarge'): void {
    const { desk, ending } = this.#parts;
    const { dialect, workflow, incoming, out } = arrival;
    if (body === 'tooLarge') return turnAway(desk, arrival, this.#tooLarge, trace);
    // The news that a connection is gone can come before the last part of a body that it had brought.
    if (out.destroyed) return;
    bodyRoom.shrinkTo(body.length);
    if (ending()) out.shouldKeepAlive = false;
    void desk.serve({ dialect, workflow, incoming, out, caller, room, body, id: newRequestId(), trace });
  }
}
