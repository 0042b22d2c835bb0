// An attempt of a request that is traced: the same as any other, with a span around it.
import { CANCELLED, INTERNAL } from '../../telemetry/gen-ai.ts';
import { runAttempt } from './attempt.ts';
import type { AttemptOptions } from './attempt.ts';
import type { AttemptSpan } from '../traces/attempt-span.ts';
import type { Candidate } from '../upstream/candidate.ts';
import type { AttemptResult, Exchange, Ports } from './exchange.ts';
import { failureOfCheck } from './judging.ts';
import type { RequestSpan } from '../traces/request-span.ts';

/** The word for what was wrong with it that health and headers use. */
function reasonOf(result: AttemptResult): string | undefined {
  switch (result.kind) {
    case 'empty':
      return 'EmptyOutput';
    case 'rejected':
      return failureOfCheck(result.verdict.stopper, true).reason;
    case 'failed':
    case 'streamed':
      return result.failure?.reason;
    case 'answered':
    case 'callerFault':
    case 'left':
      return undefined;
  }
}

function endWith(span: AttemptSpan, result: AttemptResult): void {
  if ('verdict' in result && result.verdict) span.judged(result.verdict);
  const reason = reasonOf(result);
  if (result.kind === 'left') span.end(CANCELLED);
  else if (result.kind === 'callerFault') span.end(String(result.answer.status));
  else span.end(reason, reason);
}

/** What an attempt is made with. */
export interface TracedAttempt extends Omit<AttemptOptions, 'span'> {
  readonly ports: Ports;
  readonly exchange: Exchange;
  readonly candidate: Candidate;
  /** Of the attempts of the request, from 1 on. */
  readonly number: number;
}

/** Makes one attempt as `runAttempt` does, and traces it as a part of its request. */
export async function runTraced(trace: RequestSpan, traced: TracedAttempt): Promise<AttemptResult> {
  const { ports, exchange, candidate, number, ...options } = traced;
  const span = trace.attempt({ operation: 'chat', candidate, number, stream: exchange.facts.stream });
  let result: AttemptResult;
  try {
    result = await runAttempt(ports, exchange, candidate, { ...options, span });
  } catch (error) {
    span.end(INTERNAL);
    throw error;
  }
  endWith(span, result);
  return result;
}
