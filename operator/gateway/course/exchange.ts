// What the parts of the gateway hand each other. A request is one Exchange; what it needs of the gateway is in Ports.
import type { ServerResponse } from 'node:http';
import type { Protocol } from '../../../lib/api/spec.ts';
import type { Clock } from '../../clock.ts';
import type { CredentialRef, WorkflowRoute } from '../../routes/types.ts';
import type { Logger } from '../../telemetry/logger.ts';
import type { AnswerRoom } from './answer-memory.ts';
import type { Candidate } from '../upstream/candidate.ts';
import type { AnswerChecks, ChecksFor, Verdict } from '../checks/verdict.ts';
import type { Failure } from '../failures/classify.ts';
import type { RequestFacts } from './facts.ts';
import type { Health } from '../health/health.ts';
import type { GatewayMetrics } from '../health/metrics.ts';
import type { ModelApi } from '../dialects/model-api.ts';
import type { RequestSpan } from '../traces/request-span.ts';
import type { RetryBudget } from './retry.ts';
import type { ScannedRequest } from '../json/scan.ts';
import type { Send } from '../upstream/upstream.ts';

/** The one who asked, as far as the gateway can see: still there, or gone. */
export interface Caller {
  readonly left: boolean;
  /** Runs `task` when the caller leaves; the result takes it back. */
  onLeave(task: () => void): () => void;
}

/** One request on its way through the gateway. It keeps the route that it started with. */
export interface Exchange {
  readonly route: WorkflowRoute;
  readonly dialect: Protocol;
  readonly api: ModelApi;
  /** The path below the base URL, with the query. */
  readonly path: string;
  readonly request: ScannedRequest;
  readonly facts: RequestFacts;
  /** The caller's headers that may go upstream: name, value, name, value … */
  readonly headers: readonly string[];
  readonly anthropicVersion: string | undefined;
  /** Undefined when no answer has to be judged but by the checks that are always on. */
  readonly checks: AnswerChecks | undefined;
  /** In the order of attempts. */
  readonly candidates: readonly Candidate[];
  /** The first model, in spec order, that speaks the request's dialect. */
  readonly primary: string;
  readonly id: string;
  readonly startedAt: number;
  readonly deadlineAt: number;
  /** False when the SDK is already retrying: no further try on the same model. */
  readonly mayRetry: boolean;
  readonly caller: Caller;
  readonly out: ServerResponse;
  /** For what is held of its answers. */
  readonly room: AnswerRoom;
  /** Only while traces are on. */
  readonly trace: RequestSpan | undefined;
}

/** A whole answer of an upstream, ready to be passed on. */
export interface Answer {
  readonly status: number;
  readonly headers: readonly string[];
  readonly body: Buffer;
}

/** A verdict because of which an answer does not go to the caller. */
export type StoppingVerdict = Verdict & Required<Pick<Verdict, 'stopper'>>;

/** How one attempt ended. */
export type AttemptResult =
  | { readonly kind: 'answered'; readonly answer: Answer; readonly refusal: boolean; readonly verdict?: Verdict }
  /** The primary says that the request itself is wrong. */
  | { readonly kind: 'callerFault'; readonly answer: Answer }
  /** Whole, but there is nothing in it. */
  | { readonly kind: 'empty'; readonly answer: Answer }
  /** Whole, but its verdict has a stopper; nothing of it was written. */
  | { readonly kind: 'rejected'; readonly verdict: StoppingVerdict }
  | { readonly kind: 'failed'; readonly failure: Failure }
  /** A stream was committed and everything was written; `failure` is the death that the caller was told of. */
  | {
      readonly kind: 'streamed';
      readonly refusal: boolean;
      readonly failure?: Failure;
      readonly verdict?: Verdict;
    }
  | { readonly kind: 'left' };

/** A failed attempt of this request, or a model that was not asked at all. */
export interface Tried {
  readonly model: string;
  readonly reason: string;
  readonly status?: number;
  readonly skipped: boolean;
  /** What an incompatible model said. */
  readonly quote?: string;
  /** The check that its answer failed. */
  readonly check?: string;
}

/** What requests need of the gateway. */
export interface Ports {
  readonly clock: Clock;
  readonly random: () => number;
  readonly log: Logger;
  readonly metrics: GatewayMetrics;
  readonly send: Send;
  readonly credentials: (ref: CredentialRef) => string | undefined;
  readonly health: Health;
  readonly budget: RetryBudget;
  readonly checksFor: ChecksFor;
}
