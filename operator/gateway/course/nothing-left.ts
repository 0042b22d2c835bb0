// The errors that say that nobody could answer, or not well enough, or that the answer could not be held: each model tried and why, and what is awaited.
import type { OwnError } from '../dialects/errors.ts';
import type { Exchange, Tried } from './exchange.ts';
import type { Health } from '../health/health.ts';

const MIN_RETRY_AFTER_S = 1;
const MAX_RETRY_AFTER_S = 5;
/** When no breaker says more, the operator's next canary is about as far away. */
const DEFAULT_RETRY_AFTER_S = 3;

function describe({ model, reason, status, skipped, quote, check }: Tried): string {
  if (check !== undefined) return `${model}: ${reason} (${check})`;
  const how = status === undefined ? reason : `${reason} (HTTP ${status})`;
  const said = quote === undefined ? '' : `, said "${quote}"`;
  return `${model}: ${skipped ? `not asked after ${reason}` : how}${said}`;
}

/** Seconds until a breaker next lets a request through. */
function nextProofS(health: Health, { candidates }: Exchange): number {
  const waits = candidates.flatMap((candidate) => health.keptOut(candidate)?.remainingMs ?? []);
  const seconds = waits.length > 0 ? Math.ceil(Math.min(...waits) / 1000) : DEFAULT_RETRY_AFTER_S;
  return Math.min(MAX_RETRY_AFTER_S, Math.max(MIN_RETRY_AFTER_S, seconds));
}

/** What to tell a caller whose answer could not be held. */
export const NO_ROOM_FOR_ANSWER: OwnError = {
  status: 503,
  code: 'overloaded',
  message: 'the gateway holds as many answers as it has memory for',
  retryAfter: MAX_RETRY_AFTER_S,
  shouldRetry: true,
};

/** What to tell a caller for whom there were answers, but none that passed the checks. To ask again costs as much again. */
export const noGoodAnswer = (workflow: string, tried: readonly Tried[]): OwnError => ({
  status: 422,
  code: 'check_failed',
  message: `no answer of ${workflow} passed its checks. ${tried.map(describe).join('; ')}`,
  shouldRetry: false,
});

/** What to tell a caller whom nobody could answer. */
export function noModelLeft(health: Health, exchange: Exchange, tried: readonly Tried[]): OwnError {
  const { route } = exchange;
  if (tried.length > 0 && tried.every(({ check }) => check !== undefined)) return noGoodAnswer(route.key, tried);
  const retryAfter = nextProofS(health, exchange);
  const unserved = route.notServing.map(({ name, reason }) => `${name}: ${reason}`);
  const list = [...tried.map(describe), ...unserved].join('; ') || 'no time was left to ask one';
  const awaited = route.message ?? `the next proof is possible in about ${retryAfter} s`;
  // What one model cannot take, it will not take a second later.
  const shouldRetry = !tried.some(({ reason, skipped }) => reason === 'Incompatible' && !skipped);
  return {
    status: 503,
    code: 'no_model_available',
    message: `no model of ${route.key} could answer. ${list}. Awaited: ${awaited}`,
    retryAfter,
    shouldRetry,
  };
}
