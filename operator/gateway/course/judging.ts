// Judges the answer of an attempt by the checks of its request, and counts what failed. What follows from a verdict is for
// the readers of answers and for the course of the request.
import { textOfAnswer } from '../checks/answer-text.ts';
import { gatherText } from '../checks/stream-text.ts';
import { CALLER_SCHEMA } from '../checks/verdict.ts';
import type { Check, Verdict } from '../checks/verdict.ts';
import { failureOf } from '../failures/classify.ts';
import type { Failure } from '../failures/classify.ts';
import type { StoppingVerdict } from './exchange.ts';
import type { Running } from './running.ts';
import type { StreamEvent } from '../dialects/sse.ts';

/** Follows a stream that has to be judged. */
export interface StreamJudge {
  /** The stream is held until it is judged. */
  readonly holds: boolean;
  see(event: StreamEvent): void;
  /** What it has gathered. */
  heldBytes(): number;
  /** At the terminal event. */
  atEnd(refused: boolean): Verdict;
  /** It cannot be held any longer. */
  tooLong(): Verdict;
}

/** Whether the answer may not go to the caller. */
export const isStopping = (verdict: Verdict | undefined): verdict is StoppingVerdict => verdict?.stopper !== undefined;

/** What it means for the model when another one answers the same request well; else nothing. */
export const failureOfCheck = ({ type }: Check, fair: boolean): Failure =>
  failureOf(type === CALLER_SCHEMA ? 'schemaViolation' : 'checkFailed', { fair });

function counted({ ports }: Running, verdict: Verdict): Verdict {
  for (const check of verdict.failed) ports.metrics.checkFailed(check);
  return verdict;
}

/** Judges an answer that does not stream. Undefined when nothing has to be judged. */
export function judgeWhole(running: Running, body: Buffer, refused: boolean): Verdict | undefined {
  const { api, checks } = running.exchange;
  return checks && counted(running, checks.judge(textOfAnswer(api, body, refused)));
}

/** A judge for a stream. Undefined when nothing has to be judged. */
export function streamJudge(running: Running): StreamJudge | undefined {
  const { api, checks } = running.exchange;
  if (!checks) return undefined;
  const gatherer = gatherText(api);
  return {
    holds: checks.holdStreams,
    see: (event) => gatherer.see(event),
    heldBytes: () => gatherer.heldBytes(),
    atEnd: (refused) => counted(running, checks.judge(gatherer.text(refused))),
    tooLong: () => counted(running, checks.tooLong()),
  };
}
