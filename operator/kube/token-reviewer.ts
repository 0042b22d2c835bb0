// Whose tokens those are that callers bring, remembered, so that the API server is asked once in minutes and not once per
// request. A token that was good stays good until it ends while the API server cannot be asked; a new one has to wait.
import { createHash } from 'node:crypto';
import { LRUCache } from 'lru-cache';
import type { Clock } from '../clock.ts';
import { asError } from './log.ts';
import type { KubeLog } from './log.ts';
import { expiryOf, NOBODY, reviewToken } from './token-review.ts';
import type { ServiceAccount, TokenOwner } from './token-review.ts';
import type { Transport } from './transport.ts';

/** Whose token it is, or that it could not be asked: which says nothing against the one who brought it. */
export type TokenVerdict = TokenOwner | { readonly kind: 'notAsked' };

/** Knows tokens. */
export interface TokenReviewer {
  /** Never rejects. */
  whose(token: string): Promise<TokenVerdict>;
}

/** What it needs. */
export interface TokenReviewerPorts {
  readonly transport: Pick<Transport, 'request'>;
  readonly clock: Clock;
  readonly log: KubeLog;
  /** How many owners, and how many refused tokens, are remembered. @default 10,000 of each */
  readonly remembered?: number;
}

const REVIEW_AGAIN_MS = 5 * 60_000;
const STRANGER_MS = 10_000;
/** After a review that could not be made. */
const TRY_AGAIN_MS = 10_000;
const TIMEOUT_MS = 3_000;
/** Strangers may invent tokens faster than the API server can judge them. */
const MAX_ASKED_AT_ONCE = 64;
const NOT_ASKED: TokenVerdict = { kind: 'notAsked' };

interface Known {
  readonly owner: ServiceAccount;
  readonly expiresAt: number;
  readonly reviewAt: number;
  /** The last review could not be made: the next one keeps nobody waiting. */
  readonly unanswered: boolean;
}

/** A reviewer that knows nobody yet. Tokens are kept only as their SHA-256. */
export function tokenReviewer({ transport, clock, log, remembered = 10_000 }: TokenReviewerPorts): TokenReviewer {
  const owners = new LRUCache<string, Known>({ max: remembered });
  /** Until when a token is refused unasked. */
  const strangers = new LRUCache<string, number>({ max: remembered });
  const asked = new Map<string, Promise<TokenVerdict>>();
  let couldAsk = true;

  function answered(print: string, owner: TokenOwner, expiresAt: number): TokenVerdict {
    if (!couldAsk) log.info('tokens can be reviewed again');
    couldAsk = true;
    const now = clock.now();
    if (owner.kind === 'nobody') {
      owners.delete(print);
      strangers.set(print, now + STRANGER_MS);
      return owner;
    }
    const reviewAt = now + REVIEW_AGAIN_MS;
    const ends = expiresAt === Infinity ? reviewAt : expiresAt;
    owners.set(print, { owner, expiresAt: ends, reviewAt, unanswered: false });
    return owner;
  }

  function unanswered(print: string, error: unknown): TokenVerdict {
    if (couldAsk) log.warn('tokens cannot be reviewed; those known to be good go on', { error: asError(error) });
    couldAsk = false;
    return withoutAnswer(print);
  }

  function withoutAnswer(print: string): TokenVerdict {
    const known = owners.get(print);
    if (!known || known.expiresAt <= clock.now()) return NOT_ASKED;
    owners.set(print, { ...known, reviewAt: clock.now() + TRY_AGAIN_MS, unanswered: true });
    return known.owner;
  }

  /** One review per token at a time, whoever waits for it. */
  function review(print: string, token: string, expiresAt: number): Promise<TokenVerdict> {
    const running = asked.get(print);
    if (running) return running;
    if (asked.size >= MAX_ASKED_AT_ONCE) return Promise.resolve(withoutAnswer(print));
    const asking = reviewToken(transport, token, TIMEOUT_MS)
      .then(
        (owner) => answered(print, owner, expiresAt),
        (error: unknown) => unanswered(print, error),
      )
      .finally(() => asked.delete(print));
    asked.set(print, asking);
    return asking;
  }

  return {
    async whose(token) {
      const now = clock.now();
      const print = createHash('sha256').update(token).digest('base64');
      const known = owners.get(print);
      if (known && now < known.expiresAt && now < known.reviewAt) return known.owner;
      if ((strangers.get(print) ?? 0) > now) return NOBODY;
      const expiresAt = expiryOf(token);
      if (expiresAt === undefined || expiresAt <= now) return NOBODY;
      const verdict = review(print, token, expiresAt);
      return known?.unanswered ? known.owner : verdict;
    },
  };
}
