// How long things may take: the request as a whole, one attempt, and the silences of a stream.
import type { Target, WorkflowRoute } from '../../routes/types.ts';
import type { RequestFacts } from './facts.ts';
import type { ModelApi } from '../dialects/model-api.ts';

/** The times of one attempt, each from the moment that it names. */
export interface AttemptTimes {
  /** From the start to the whole of an answer that does not stream. */
  readonly requestMs: number;
  /** From the start to the first event of any kind. */
  readonly firstEventMs: number;
  /** From the first event to the first content. */
  readonly firstContentMs: number;
  /** Between two events. */
  readonly idleMs: number;
}

/** What the times depend on. */
export type TimedFacts = Pick<RequestFacts, 'reasoning' | 'maxTokens'>;

const DEFAULT_DEADLINE_MS = 590_000;
const MAX_REQUEST_MS = 600_000;
const BYTES_PER_SECOND_OF_READING = 100 * 1024;
const TOKENS_PER_SECOND = 40;
/** While another model is left, one attempt may use this much of what remains. */
const SHARE_OF_REMAINING = 0.6;
/** An attempt that had less than this, because the caller is in a hurry, says nothing about the model. */
const FAIR_CHANCE_MS = 5_000;

/** The time that a request has: what its SDK says it waits, less a margin to answer in, else the default. */
export function deadlineMs(stainlessTimeout: string | undefined): number {
  const seconds = Number(stainlessTimeout);
  if (stainlessTimeout === undefined || !(seconds > 0) || !Number.isFinite(seconds)) return DEFAULT_DEADLINE_MS;
  const ms = seconds * 1000;
  return ms - Math.min(5_000, ms / 10);
}

function autoRequestMs(facts: TimedFacts, reasoning: boolean): number {
  if (reasoning) return MAX_REQUEST_MS;
  if (facts.maxTokens === undefined) return 90_000;
  return Math.min(MAX_REQUEST_MS, 30_000 + (Math.max(0, facts.maxTokens) / TOKENS_PER_SECOND) * 1000);
}

/** On Chat Completions nothing is sent while the model thinks. */
function autoFirstEventMs(api: ModelApi, reasoning: boolean, bodyBytes: number): number {
  const reading = 10_000 + (bodyBytes / BYTES_PER_SECOND_OF_READING) * 1000;
  return reasoning && api === 'chat' ? Math.max(120_000, reading) : reading;
}

/** The times of one attempt, by the workflow's detection and the Auto rules. */
export function attemptTimes(
  route: WorkflowRoute,
  api: ModelApi,
  target: Target,
  facts: TimedFacts,
  bodyBytes: number,
): AttemptTimes {
  const reasoning = facts.reasoning || target.reasoning;
  const chosen = (timeout: number | 'Auto', autoMs: number) => (timeout === 'Auto' ? autoMs : timeout);
  return {
    requestMs: chosen(route.requestTimeout, autoRequestMs(facts, reasoning)),
    firstEventMs: chosen(route.firstTokenTimeout, autoFirstEventMs(api, reasoning, bodyBytes)),
    firstContentMs: reasoning ? 300_000 : 60_000,
    idleMs: chosen(route.streamIdleTimeout, reasoning ? 120_000 : 30_000),
  };
}

/** What an attempt may use of the request's time. */
export function attemptLimitMs(remainingMs: number, othersLeft: boolean): number {
  return Math.max(0, othersLeft ? remainingMs * SHARE_OF_REMAINING : remainingMs);
}

/** Whether running out of time is evidence against the model, or only says that the caller was in a hurry. */
export function hadFairChance(givenMs: number, ownMs: number): boolean {
  return givenMs >= Math.min(ownMs, FAIR_CHANCE_MS);
}
