// What an HTTP answer to a probe or a canary was, as tables: the first row that fits speaks. They say what was seen; what
// it means for a model's health is for decide.
import type { Reason } from '../../lib/api/reasons.ts';
import type { Protocol } from '../../lib/api/spec.ts';
import type { Outcome } from '../decide/types.ts';
import { waitAskedMs } from '../provider-words.ts';
import { endsAsDialect, errorWords } from './answer-words.ts';
import type { Answer, Exchange } from './exchange.ts';

interface Seen {
  readonly answer: Answer;
  readonly protocol: Protocol;
  readonly now: number;
}

interface Row {
  readonly when: (seen: Seen) => boolean;
  readonly outcome: (seen: Seen) => Outcome;
}

const ANSWERED: Outcome = { kind: 'answered' };

const status =
  (...codes: readonly number[]) =>
  ({ answer }: Seen) =>
    codes.includes(answer.status);
const between =
  (low: number, high: number) =>
  ({ answer }: Seen) =>
    answer.status >= low && answer.status <= high;
const failed =
  (reason: Reason) =>
  ({ answer }: Seen): Outcome => ({ kind: 'failed', reason, httpStatus: answer.status });
const couldNotAsk =
  (reason: Extract<Outcome, { kind: 'couldNotAsk' }>['reason']) =>
  ({ answer }: Seen): Outcome => ({ kind: 'couldNotAsk', reason, httpStatus: answer.status });
const always = () => true;

/** An answer began, so somebody is there; but it never became whole. */
const BROKEN_BODY: readonly Row[] = [
  { when: ({ answer }) => answer.ended === 'timeout', outcome: failed('Timeout') },
  { when: ({ answer }) => answer.ended === 'cut', outcome: failed('StreamTruncated') },
];

const SERVER_FAULTS: readonly Row[] = [
  { when: status(529), outcome: failed('Overloaded') },
  { when: between(500, 599), outcome: failed('ServerError') },
];

const PROBE_ROWS: readonly Row[] = [
  ...BROKEN_BODY,
  { when: between(200, 299), outcome: () => ANSWERED },
  { when: status(401, 403), outcome: failed('CredentialRejected') },
  { when: status(402), outcome: failed('QuotaExhausted') },
  { when: ({ answer }) => answer.status === 404 && errorWords(answer).modelNotFound, outcome: failed('ModelNotFound') },
  { when: status(429), outcome: couldNotAsk('RateLimited') },
  { when: status(501), outcome: couldNotAsk('ProbeUnsupported') },
  ...SERVER_FAULTS,
  // Redirects, an endpoint that the server lacks (404, 405), and everything that no probe should get.
  { when: always, outcome: couldNotAsk('ProbeUnsupported') },
];

const CANARY_ROWS: readonly Row[] = [
  ...BROKEN_BODY,
  {
    when: ({ answer, protocol }) =>
      answer.status >= 200 && answer.status <= 299 && answer.ended === 'whole' && endsAsDialect(protocol, answer),
    outcome: () => ANSWERED,
  },
  // A well-formed transport with something else in it; a redirect is that, too.
  { when: between(200, 399), outcome: failed('MalformedOutput') },
  { when: status(401, 403), outcome: failed('CredentialRejected') },
  {
    when: (seen) => seen.answer.status === 402 || (status(400, 429)(seen) && errorWords(seen.answer).quota),
    outcome: failed('QuotaExhausted'),
  },
  {
    when: (seen) => seen.answer.status === 404 || (status(400, 422)(seen) && errorWords(seen.answer).modelNotFound),
    outcome: failed('ModelNotFound'),
  },
  { when: status(408), outcome: failed('Timeout') },
  {
    when: status(429),
    outcome: ({ answer, now }) => {
      const waitMs = waitAskedMs(answer.headers, now);
      return waitMs === undefined ? { kind: 'throttled' } : { kind: 'throttled', retryAfterMs: waitMs };
    },
  },
  ...SERVER_FAULTS,
  { when: always, outcome: couldNotAsk('CanaryInvalid') },
];

function firstFit(rows: readonly Row[], seen: Seen): Outcome {
  const row = rows.find((candidate) => candidate.when(seen));
  return row === undefined ? ANSWERED : row.outcome(seen);
}

/** What a free probe saw. */
export function probeOutcome(seen: Exchange, protocol: Protocol, now: number): Outcome {
  switch (seen.kind) {
    case 'noAnswer':
      return { kind: 'noAnswer', reason: seen.reason };
    case 'unsendable':
      return { kind: 'couldNotAsk', reason: 'ProbeUnsupported', httpStatus: 0 };
    case 'answer':
      return firstFit(PROBE_ROWS, { answer: seen, protocol, now });
  }
}

/** What a canary saw. */
export function canaryOutcome(seen: Exchange, protocol: Protocol, now: number): Outcome {
  switch (seen.kind) {
    case 'noAnswer':
      return { kind: 'noAnswer', reason: seen.reason };
    case 'unsendable':
      return { kind: 'couldNotAsk', reason: 'CanaryInvalid', httpStatus: 0 };
    case 'answer':
      return firstFit(CANARY_ROWS, { answer: seen, protocol, now });
  }
}
