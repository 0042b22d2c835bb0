// One attempt on one model: the request that goes to it, its limits, and what its answer means. It writes to the caller
// only through a committed stream.
import type { AttemptSpan } from '../traces/attempt-span.ts';
import { failureOf } from '../failures/classify.ts';
import { isCallerFault, symptomOfStatus } from '../failures/recognize.ts';
import { attemptTimes, hadFairChance } from './deadlines.ts';
import type { AttemptTimes } from './deadlines.ts';
import { Holding } from './holding.ts';
import { factsFor } from './facts.ts';
import { answerHeaders, upstreamHeaders, withTraceContext } from '../upstream/headers.ts';
import { waitAskedMs } from '../../provider-words.ts';
import { quoteOf, readProviderError } from '../failures/provider-error.ts';
import { relayStream } from './stream.ts';
import { readAnswer } from './unary.ts';
import type { Candidate } from '../upstream/candidate.ts';
import type { Verdict } from '../checks/verdict.ts';
import type { AttemptResult, Exchange, Ports } from './exchange.ts';
import { brokenOff } from './running.ts';
import type { Running } from './running.ts';
import { bodyFor } from './upstream-body.ts';
import { readWhole } from '../upstream/answer-body.ts';
import { Watchdog } from './watchdog.ts';

/** What an attempt gets from the course of its request. */
export interface AttemptOptions {
  /** What it may use of the request's time. */
  readonly limitMs: number;
  /** The served-model headers, asked for when a stream is committed. */
  readonly servedBy: (verdict?: Verdict) => string[];
  /** Only while traces are on. */
  readonly span?: AttemptSpan;
}

/** The provider's credential in nobody's answer, though it echoes what it got. */
function withoutCredential(body: Buffer, credential: string | undefined): Buffer {
  if (!credential || !body.includes(credential)) return body;
  return Buffer.from(body.toString('latin1').replaceAll(credential, '[credential]'), 'latin1');
}

async function readRefusal(running: Running, candidate: Candidate): Promise<AttemptResult> {
  const { ports, exchange, answer, watchdog, holding, credential } = running;
  const { status, headers } = answer;
  const body = await readWhole(answer.body, holding);
  if (!body) return brokenOff(exchange, watchdog, { kind: 'failed', failure: failureOf('cut', { status }) });
  const error = readProviderError(body);
  if (candidate.model.name === exchange.primary && isCallerFault(status, error)) {
    const safe = withoutCredential(body, credential);
    return { kind: 'callerFault', answer: { status, headers: answerHeaders(headers, credential), body: safe } };
  }
  const symptom = symptomOfStatus(status, error);
  const quote = symptom === 'incompatible' ? quoteOf(error, credential) : undefined;
  const retryAfterMs = waitAskedMs(headers, ports.clock.now());
  return { kind: 'failed', failure: failureOf(symptom, { status, retryAfterMs, quote }) };
}

function setLimits(watchdog: Watchdog, times: AttemptTimes, limitMs: number, { facts, checks }: Exchange): void {
  const { stream } = facts;
  const ownMs = stream ? times.firstEventMs : times.requestMs;
  const symptom = stream ? 'firstTokenTimeout' : 'timeout';
  const givenMs = Math.min(ownMs, limitMs);
  watchdog.set(stream ? 'firstEvent' : 'whole', givenMs, { symptom, fair: hadFairChance(givenMs, ownMs) });
  if (!stream) return;
  const late = checks?.holdStreams ? 'timeout' : symptom;
  watchdog.set('whole', limitMs, { symptom: late, fair: hadFairChance(limitMs, ownMs) });
}

function judge(running: Running, candidate: Candidate): Promise<AttemptResult> {
  const { status } = running.answer;
  if (status < 200 || status > 299) return readRefusal(running, candidate);
  return running.exchange.facts.stream ? relayStream(running) : readAnswer(running);
}

/** Makes one attempt. Never rejects for anything that a provider or a caller does. */
export async function runAttempt(
  ports: Ports,
  exchange: Exchange,
  candidate: Candidate,
  { limitMs, servedBy, span }: AttemptOptions,
): Promise<AttemptResult> {
  const { target } = candidate;
  const { route, api, facts, request } = exchange;
  const credential = target.credential && ports.credentials(target.credential);
  if (target.credential && !credential) return { kind: 'failed', failure: failureOf('noCredential') };
  const body = bodyFor(request, candidate);
  const times = attemptTimes(route, api, target, factsFor(request, facts, candidate), request.bytes.length);
  const passed = span ? withTraceContext(exchange.headers, span.context()) : exchange.headers;
  const headers = upstreamHeaders(passed, target, exchange.anthropicVersion, credential);
  const call = ports.send({ target, method: 'POST', path: exchange.path, headers, body });
  const cancel = () => call.cancel();
  const watchdog = new Watchdog(ports.clock, cancel);
  const stay = exchange.caller.onLeave(cancel);
  setLimits(watchdog, times, limitMs, exchange);
  let holding: Holding | undefined;
  try {
    const sent = await call.head;
    if (sent.kind === 'failed')
      return brokenOff(exchange, watchdog, { kind: 'failed', failure: failureOf(sent.symptom) });
    span?.answered(sent.status);
    const { room, deadlineAt } = exchange;
    holding = new Holding({ room, body: sent.body, clock: ports.clock, watchdog, deadlineAt });
    const running = { ports, exchange, answer: sent, times, watchdog, holding, credential, servedBy, span };
    return await judge(running, candidate);
  } finally {
    holding?.stop();
    watchdog.stop();
    stay();
  }
}
