// What arrived at the gateway.
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Protocol } from '../../../lib/api/spec.ts';
import type { AnswerRoom } from '../course/answer-memory.ts';
import type { Caller } from '../course/exchange.ts';
import type { RequestSpan } from '../traces/request-span.ts';

/** One HTTP request to a workflow, before it is known what it asks for. */
export interface Visit {
  readonly dialect: Protocol;
  readonly workflow: string;
  readonly incoming: IncomingMessage;
  readonly out: ServerResponse;
  readonly caller: Caller;
  /** For what is held of its answers. */
  readonly room: AnswerRoom;
  readonly body: Buffer;
  readonly id: string;
  /** Only while traces are on. */
  readonly trace: RequestSpan | undefined;
}
