// An attempt whose upstream has begun to answer: what the readers of answers share.
import type { AttemptSpan } from '../traces/attempt-span.ts';
import { failureOf } from '../failures/classify.ts';
import type { AttemptTimes } from './deadlines.ts';
import type { AttemptResult, Exchange, Ports } from './exchange.ts';
import type { Verdict } from '../checks/verdict.ts';
import type { Holding } from './holding.ts';
import type { UpstreamAnswer } from '../upstream/upstream-call.ts';
import type { Watchdog } from './watchdog.ts';

/** An attempt whose upstream has answered with a success. */
export interface Running {
  readonly ports: Ports;
  readonly exchange: Exchange;
  readonly answer: UpstreamAnswer;
  readonly times: AttemptTimes;
  readonly watchdog: Watchdog;
  readonly holding: Holding;
  readonly credential: string | undefined;
  /** The served-model headers, with what the checks say of this answer. */
  readonly servedBy: (verdict?: Verdict) => string[];
  /** Only while traces are on. */
  readonly span: AttemptSpan | undefined;
}

/** Why an attempt broke off: our own deadline, the caller, or else what was seen. */
export function brokenOff(exchange: Exchange, watchdog: Watchdog, otherwise: AttemptResult): AttemptResult {
  if (exchange.caller.left) return { kind: 'left' };
  const expiry = watchdog.expired;
  return expiry ? { kind: 'failed', failure: failureOf(expiry.symptom, { fair: expiry.fair }) } : otherwise;
}
