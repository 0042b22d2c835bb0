// An answer that does not stream: read whole, judged by its checks, and only then worth anything.
import { judgeAnswer } from '../checks/checks.ts';
import { failureOf } from '../failures/classify.ts';
import { isStopping, judgeWhole } from './judging.ts';
import { endsWithToolResult } from './facts.ts';
import { answerHeaders } from '../upstream/headers.ts';
import type { AttemptResult } from './exchange.ts';
import { brokenOff } from './running.ts';
import type { Running } from './running.ts';
import { readProviderError } from '../failures/provider-error.ts';
import { symptomOfError } from '../failures/recognize.ts';
import { readWhole } from '../upstream/answer-body.ts';

/** Reads and judges a 2xx answer. */
export async function readAnswer(running: Running): Promise<AttemptResult> {
  const { ports, exchange, answer, watchdog, holding, credential } = running;
  const { status, headers } = answer;
  const body = await readWhole(answer.body, holding);
  if (!body) {
    const result = brokenOff(exchange, watchdog, { kind: 'failed', failure: failureOf('cut', { status }) });
    if (result.kind === 'failed' && result.failure.symptom === 'cut') ports.metrics.truncated(false);
    return result;
  }
  const judgement = judgeAnswer(exchange.api, body);
  if (judgement === 'malformed') return { kind: 'failed', failure: failureOf('malformed', { status }) };
  if (judgement === 'failed')
    return { kind: 'failed', failure: failureOf(symptomOfError(readProviderError(body)), { status }) };
  const whole = { status, headers: answerHeaders(headers, credential), body };
  if (judgement === 'empty' && !endsWithToolResult(exchange.api, exchange.request)) {
    return { kind: 'empty', answer: whole };
  }
  const refusal = judgement === 'refusal';
  const verdict = judgeWhole(running, body, refusal);
  if (isStopping(verdict)) return { kind: 'rejected', verdict };
  return { kind: 'answered', answer: whole, refusal, ...(verdict && { verdict }) };
}
