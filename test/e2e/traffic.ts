// Callers that ask one after the other, for ever, and a tally of what became of it.
import { chatCallers, messagesCallers, responsesCallers } from './callers.ts';
import type { Judgement } from '../../operator/dev/judge-answer.ts';
import type { Caller } from './callers.ts';

/** What the callers got, and what became of it. */
export interface TrafficTally {
  sent: number;
  whole: number;
  /** An error, or an incomplete answer, before any content. */
  lost: number;
  /** A stream that died after its first content and said so. */
  told: number;
  /** A cut answer that looked like a success. Must be 0. */
  truncatedAsSuccess: number;
  readonly errors: string[];
}

export interface Traffic {
  /** The tally since the last call of `take`. */
  take(): TrafficTally;
  /** Requests sent since the start. */
  sent(): number;
  stop(): Promise<void>;
}

/** Milliseconds between an answer and the next question. */
const GAP_MS = 50;

const emptyTally = (): TrafficTally => ({ sent: 0, whole: 0, lost: 0, told: 0, truncatedAsSuccess: 0, errors: [] });

function add(tally: TrafficTally, got: Judgement): void {
  switch (got.kind) {
    case 'whole':
      tally.whole += 1;
      return;
    case 'told':
      tally.told += 1;
      return;
    case 'truncated':
      tally.truncatedAsSuccess += 1;
      return;
    case 'lost':
      tally.lost += 1;
      tally.errors.push(got.why);
      return;
  }
}

/** Lets these callers ask, each `gapMs` after its last answer. */
export function startCallers(callers: readonly Caller[], gapMs = GAP_MS): Traffic {
  let tally = emptyTally();
  let stopped = false;
  let nextNonce = 0;

  const loops = callers.map(async ({ ask }) => {
    while (!stopped) {
      const mine = tally;
      mine.sent += 1;
      add(mine, await ask(`nonce-${(nextNonce += 1)}-end`));
      await new Promise((resolve) => setTimeout(resolve, gapMs));
    }
  });

  return {
    take() {
      const taken = tally;
      tally = emptyTally();
      return taken;
    },
    sent: () => nextNonce,
    async stop() {
      stopped = true;
      await Promise.all(loops);
    },
  };
}

/**
 * Starts callers of all APIs, each `gapMs` after its last answer. `gatewayURL` is the gateway's origin; `anthropic` and
 * `openai` are the workflows (`namespace/name`) that are called in these dialects.
 */
export function startTraffic(options: {
  readonly gatewayURL: string;
  readonly anthropic?: string;
  readonly openai?: string;
  readonly gapMs?: number;
}): Traffic {
  const { gatewayURL, anthropic, openai, gapMs } = options;
  return startCallers(
    [
      ...(anthropic === undefined ? [] : messagesCallers(`${gatewayURL}/${anthropic}/anthropic`)),
      ...(openai === undefined
        ? []
        : [chatCallers, responsesCallers].flatMap((callersAt) => callersAt(`${gatewayURL}/${openai}/openai/v1`))),
    ],
    gapMs,
  );
}
