// What the gateway measures, as small functions. The program gives them names and buckets; without one, nothing is kept.
import type { Protocol } from '../../../lib/api/spec.ts';
import type { Check } from '../checks/verdict.ts';

/**
 * How a request ended, as its caller saw it. `ok`: a whole answer. `refused`: a whole answer in which the model
 * declined. `callerError`: the request was wrong. `noModel`: no model could answer. `overloaded`: one did, and there was no
 * memory to hold it. `checkFailed`:
 * there were answers, but none that passed the checks. `told`: a committed stream died, or failed a check at its end.
 */
export type RequestOutcome =
  'ok' | 'refused' | 'callerError' | 'noModel' | 'overloaded' | 'checkFailed' | 'told' | 'clientGone' | 'internal';

/** Where the gateway's measurements go. */
export interface GatewayMetrics {
  /** A model request ended. `status` is 0 when the caller left before one was sent. */
  request(dialect: Protocol, streaming: boolean, outcome: RequestOutcome, status: number, seconds: number): void;
  /** We answered with an error of our own before a model was asked. */
  refusal(code: string): void;
  /** An attempt on a model ended: `Ok`, or the reason of its failure. */
  attempt(reason: string): void;
  /** Another model answered than the one that was asked first. */
  failover(reason: string): void;
  /** An answer failed a check. */
  checkFailed(check: Pick<Check, 'type' | 'onFail'>): void;
  /** A further try on the same model was wanted. */
  retry(result: 'tried' | 'budgetEmpty'): void;
  /** From the request to the first content of a stream. */
  firstContent(dialect: Protocol, seconds: number): void;
  /** A committed stream died and the caller was told. */
  told(reason: string): void;
  /** A provider's answer ended before it was complete. */
  truncated(committed: boolean): void;
  /** A stream was committed (1) or ended (-1). */
  openStreams(change: 1 | -1): void;
}

/** Keeps nothing. */
export function noMetrics(): GatewayMetrics {
  const ignore = () => {};
  return {
    request: ignore,
    refusal: ignore,
    attempt: ignore,
    failover: ignore,
    checkFailed: ignore,
    retry: ignore,
    firstContent: ignore,
    told: ignore,
    truncated: ignore,
    openStreams: ignore,
  };
}
