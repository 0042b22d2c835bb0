// Questions that go once to the active model and are no evidence of anything: token counts and lists of models.
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Protocol } from '../../../lib/api/spec.ts';
import { CANCELLED, INTERNAL } from '../../telemetry/gen-ai.ts';
import type { Operation } from '../../telemetry/gen-ai.ts';
import { writeAnswer, writeError } from './answers.ts';
import type { AnswerRoom } from './answer-memory.ts';
import type { AttemptSpan } from '../traces/attempt-span.ts';
import type { Candidate } from '../upstream/candidate.ts';
import { failureOf } from '../failures/classify.ts';
import { deadlineMs } from './deadlines.ts';
import type { OwnError } from '../dialects/errors.ts';
import type { Caller, Ports } from './exchange.ts';
import { answerHeaders, callerHeaders, servedHeaders, upstreamHeaders, withTraceContext } from '../upstream/headers.ts';
import { Holding } from './holding.ts';
import { NO_ROOM_FOR_ANSWER } from './nothing-left.ts';
import { readWhole } from '../upstream/answer-body.ts';
import type { RequestSpan } from '../traces/request-span.ts';
import type { UpstreamAnswer } from '../upstream/upstream-call.ts';
import { Watchdog } from './watchdog.ts';

/** One such question. */
export interface Question {
  readonly operation: Operation;
  readonly dialect: Protocol;
  readonly method: 'GET' | 'POST';
  readonly path: string;
  readonly candidate: Candidate;
  readonly incoming: IncomingMessage;
  readonly out: ServerResponse;
  readonly caller: Caller;
  /** For what is held of its answer. */
  readonly room: AnswerRoom;
  readonly id: string;
  readonly body?: readonly Buffer[];
  /** Only while traces are on. */
  readonly trace: RequestSpan | undefined;
}

const MAX_WAIT_MS = 60_000;

const unanswered = (model: string, why: string): OwnError => ({
  status: 503,
  code: 'no_answer',
  message: `${model} could not be asked: ${why}`,
  retryAfter: 1,
  shouldRetry: true,
});

/** What a provider says about our credential is nobody else's business. */
const isAboutOurKey = (status: number) => status === 401 || status === 403;

/** Why there is no answer: our own limits, or else what was seen. */
function brokenOff(watchdog: Watchdog, model: string, why: string): OwnError {
  const expiry = watchdog.expired;
  if (expiry?.symptom === 'noRoom') return NO_ROOM_FOR_ANSWER;
  return unanswered(model, expiry ? failureOf(expiry.symptom).reason : why);
}

async function judge(
  ports: Ports,
  question: Question,
  sent: UpstreamAnswer,
  credential: string | undefined,
  watchdog: Watchdog,
  holding: Holding,
): Promise<OwnError | undefined> {
  const { candidate, out, room, id } = question;
  const model = candidate.model.name;
  const body = await readWhole(sent.body, holding);
  if (!body) return brokenOff(watchdog, model, 'its answer was cut');
  if (isAboutOurKey(sent.status)) return unanswered(model, `CredentialRejected (HTTP ${sent.status})`);
  if (credential && body.includes(credential)) return unanswered(model, 'its answer held a credential');
  if (sent.status < 200 || (sent.status >= 300 && sent.status < 400)) return unanswered(model, `HTTP ${sent.status}`);
  const own = servedHeaders({ id, attempts: 1, model });
  writeAnswer(
    { out, room, clock: ports.clock },
    { status: sent.status, headers: answerHeaders(sent.headers, credential), body },
    own,
  );
  return undefined;
}

async function askActive(ports: Ports, question: Question, span?: AttemptSpan): Promise<OwnError | undefined> {
  const { candidate, incoming, caller, method, path, body } = question;
  const { model, target } = candidate;
  const credential = target.credential && ports.credentials(target.credential);
  if (target.credential && !credential) return unanswered(model.name, 'SecretNotFound');
  const version = incoming.headers['anthropic-version'] as string | undefined;
  const passed = callerHeaders(incoming.rawHeaders, incoming.headers.connection);
  const part = span ? withTraceContext(passed, span.context()) : passed;
  const headers = upstreamHeaders(part, target, version, credential);
  const call = ports.send({ target, method, path, headers, ...(body && { body }) });
  const cancel = () => call.cancel();
  const stay = caller.onLeave(cancel);
  const waitMs = Math.min(MAX_WAIT_MS, deadlineMs(incoming.headers['x-stainless-timeout'] as string | undefined));
  const watchdog = new Watchdog(ports.clock, cancel);
  watchdog.set('whole', waitMs, { symptom: 'timeout', fair: false });
  const deadlineAt = ports.clock.now() + waitMs;
  let holding: Holding | undefined;
  try {
    const sent = await call.head;
    if (sent.kind !== 'answer') return brokenOff(watchdog, model.name, failureOf(sent.symptom).reason);
    span?.answered(sent.status);
    holding = new Holding({ room: question.room, body: sent.body, clock: ports.clock, watchdog, deadlineAt });
    return await judge(ports, question, sent, credential, watchdog, holding);
  } finally {
    holding?.stop();
    watchdog.stop();
    stay();
  }
}

async function askTraced(ports: Ports, question: Question, trace: RequestSpan): Promise<OwnError | undefined> {
  const { operation, candidate, out, caller } = question;
  const span = trace.attempt({ operation, candidate, number: 1, stream: false });
  let error: OwnError | undefined;
  try {
    error = await askActive(ports, question, span);
  } catch (bug) {
    span.end(INTERNAL);
    throw bug;
  }
  const passedOn = out.statusCode >= 400 ? String(out.statusCode) : undefined;
  if (error) span.end(caller.left ? CANCELLED : error.code);
  else span.end(passedOn);
  return error;
}

/** Asks, and passes the answer on as it is. */
export async function askOnce(ports: Ports, question: Question): Promise<void> {
  const { trace } = question;
  const error = await (trace ? askTraced(ports, question, trace) : askActive(ports, question));
  if (!error) return;
  const own = servedHeaders({ id: question.id, attempts: 1, model: question.candidate.model.name });
  writeError(question.out, question.dialect, error, question.id, own);
}
