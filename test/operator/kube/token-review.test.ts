import { describe, expect, it } from '@jest/globals';
import { apiError, ApiTransientError } from '../../../operator/kube/api-errors.ts';
import { expiryOf, reviewToken } from '../../../operator/kube/token-review.ts';
import { tokenReviewer } from '../../../operator/kube/token-reviewer.ts';
import type { RequestOptions } from '../../../operator/kube/transport.ts';
import { steppedClock } from '../../fakes/clock.ts';

const MINUTE = 60_000;
const START = Date.UTC(2026, 0, 1);

/** A token as the API server makes them, with this payload; what signs it is nobody's business here. */
const jwt = (payload: object) =>
  ['{"alg":"RS256"}', JSON.stringify(payload), 'signature']
    .map((part) => Buffer.from(part).toString('base64url'))
    .join('.');
const tokenUntil = (atMs: number, id = 0) => jwt({ exp: atMs / 1_000, id });

const GOOD = {
  authenticated: true,
  audiences: ['mcpworkflow'],
  user: { username: 'system:serviceaccount:team:bot' },
};
const BOT = { kind: 'serviceAccount', namespace: 'team', name: 'bot' };
const NOBODY = { kind: 'nobody' };
const NOT_ASKED = { kind: 'notAsked' };

type Reply = () => Promise<unknown>;
const says =
  (status: unknown): Reply =>
  async () => ({ status });
const fails: Reply = () => Promise.reject(new ApiTransientError('no answer'));

/** An API server that says what the test wants next. */
function setup(remembered = 3) {
  const clock = steppedClock(START);
  const asked: unknown[] = [];
  const said: string[] = [];
  const log = {
    error: (sentence: string) => void said.push(sentence),
    warn: (sentence: string) => void said.push(sentence),
    info: (sentence: string) => void said.push(sentence),
  };
  const state: { reply: Reply } = { reply: says(GOOD) };
  const transport = {
    async request(_method: string, _path: string, { body }: RequestOptions = {}) {
      asked.push(body);
      return { status: 201, body: await state.reply(), headers: {} };
    },
  };
  return { clock, asked, said, state, transport, reviewer: tokenReviewer({ transport, clock, log, remembered }) };
}

describe('a review', () => {
  it.each([
    ['a ServiceAccount with a token for us', GOOD, BOT],
    ['a token that is not valid', { authenticated: false, error: 'invalid bearer token' }, NOBODY],
    ['an answer without a word on audiences', { ...GOOD, audiences: undefined }, NOBODY],
    ['a token for the API server', { ...GOOD, audiences: ['https://kubernetes.default.svc'] }, NOBODY],
    ['a token for us and others', { ...GOOD, audiences: ['x', 'mcpworkflow'] }, BOT],
    ['a person', { ...GOOD, user: { username: 'alice' } }, NOBODY],
    ['a node', { ...GOOD, user: { username: 'system:node:a' } }, NOBODY],
    ['a name with too many parts', { ...GOOD, user: { username: 'system:serviceaccount:a:b:c' } }, NOBODY],
    ['a name that only ends so', { ...GOOD, user: { username: 'x:system:serviceaccount:a:b' } }, NOBODY],
    ['nobody at all', { ...GOOD, user: null }, NOBODY],
    ['true as a word', { ...GOOD, authenticated: 'true' }, NOBODY],
    ['no status', undefined, NOBODY],
  ])('of %s', async (_, status, expected) => {
    const { transport, state } = setup();
    state.reply = says(status);
    expect(await reviewToken(transport, 't', 1)).toEqual(expected);
  });

  it('asks for our audience', async () => {
    const { transport, asked } = setup();
    await reviewToken(transport, 't', 1);
    expect(asked).toEqual([
      {
        apiVersion: 'authentication.k8s.io/v1',
        kind: 'TokenReview',
        spec: { token: 't', audiences: ['mcpworkflow'] },
      },
    ]);
  });
});

describe('what a token says of its end', () => {
  it.each([
    ['its second', jwt({ exp: 1_700_000_000 }), 1_700_000_000_000],
    ['nothing', jwt({}), Infinity],
    ['a word', jwt({ exp: 'never' }), Infinity],
    ['that it is no token: a provider’s key', 'sk-ant-api03-x', undefined],
    ['that it is no token: a host name', 'api.example.com', undefined],
    ['that it is no token: four parts', 'e30.e30.x.y', undefined],
    ['that it is no token: nothing', '', undefined],
  ])('%s', (_, token, expected) => expect(expiryOf(token)).toBe(expected));
});

describe('tokens that are remembered', () => {
  it('are reviewed once in five minutes', async () => {
    const { clock, asked, reviewer } = setup();
    const token = tokenUntil(START + 60 * MINUTE);
    for (let minute = 0; minute < 5; minute += 1) {
      expect(await reviewer.whose(token)).toEqual(BOT);
      await clock.advance(MINUTE - 1);
    }
    expect(asked).toHaveLength(1);
    await clock.advance(5);
    expect(await reviewer.whose(token)).toEqual(BOT);
    expect(asked).toHaveLength(2);
  });

  it('end when they say so, unasked', async () => {
    const { clock, asked, reviewer } = setup();
    const token = tokenUntil(START + MINUTE);
    expect(await reviewer.whose(token)).toEqual(BOT);
    await clock.advance(MINUTE);
    expect(await reviewer.whose(token)).toEqual(NOBODY);
    expect(asked).toHaveLength(1);
  });

  it('are refused when a later review says so', async () => {
    const { clock, state, reviewer } = setup();
    const token = tokenUntil(START + 60 * MINUTE);
    await reviewer.whose(token);
    state.reply = says({ authenticated: false });
    await clock.advance(5 * MINUTE);
    expect(await reviewer.whose(token)).toEqual(NOBODY);
  });

  it('stay good until they end while the API server cannot be asked, and keep nobody waiting for it', async () => {
    const { clock, asked, said, state, reviewer } = setup();
    const token = tokenUntil(START + 60 * MINUTE);
    await reviewer.whose(token);
    state.reply = fails;
    await clock.advance(5 * MINUTE);
    expect(await reviewer.whose(token)).toEqual(BOT);
    expect(asked).toHaveLength(2);
    expect(await reviewer.whose(token)).toEqual(BOT);
    expect(asked).toHaveLength(2);
    // From now on the API server does not even answer.
    state.reply = () => new Promise(() => {});
    await clock.advance(10_000);
    expect(await reviewer.whose(token)).toEqual(BOT);
    expect(asked).toHaveLength(3);
    await clock.advance(55 * MINUTE);
    expect(await reviewer.whose(token)).toEqual(NOBODY);
    expect(said).toEqual(['tokens cannot be reviewed; those known to be good go on']);
  });

  it('without an end are good for five minutes, whatever happens', async () => {
    const { clock, state, reviewer } = setup();
    const token = jwt({});
    expect(await reviewer.whose(token)).toEqual(BOT);
    state.reply = fails;
    await clock.advance(5 * MINUTE);
    expect(await reviewer.whose(token)).toEqual(NOT_ASKED);
  });
});

describe('tokens of strangers', () => {
  it('are refused unasked for ten seconds, then reviewed again', async () => {
    const { clock, asked, state, reviewer } = setup();
    state.reply = says({ authenticated: false });
    const token = tokenUntil(START + 60 * MINUTE);
    expect(await reviewer.whose(token)).toEqual(NOBODY);
    expect(await reviewer.whose(token)).toEqual(NOBODY);
    expect(asked).toHaveLength(1);
    state.reply = says(GOOD);
    await clock.advance(10_000);
    expect(await reviewer.whose(token)).toEqual(BOT);
  });

  it('are not asked about when they are no tokens, or have ended', async () => {
    const { asked, reviewer } = setup();
    for (const token of ['any', 'sk-x', tokenUntil(START)]) expect(await reviewer.whose(token)).toEqual(NOBODY);
    expect(asked).toEqual([]);
  });

  it('that cannot be asked about are not refused', async () => {
    const { said, state, reviewer } = setup();
    const token = tokenUntil(START + MINUTE);
    // Also when our own role does not allow it: that says nothing of the caller.
    for (const reply of [fails, () => Promise.reject(apiError('post', 403, { message: 'forbidden' }))]) {
      state.reply = reply;
      expect(await reviewer.whose(token)).toEqual(NOT_ASKED);
    }
    state.reply = says(GOOD);
    expect(await reviewer.whose(token)).toEqual(BOT);
    expect(said).toEqual(['tokens cannot be reviewed; those known to be good go on', 'tokens can be reviewed again']);
  });
});

describe('a reviewer under load', () => {
  it('asks once for all who bring the same token', async () => {
    const { asked, reviewer } = setup();
    const token = tokenUntil(START + MINUTE);
    const verdicts = await Promise.all(Array.from({ length: 100 }, () => reviewer.whose(token)));
    expect(verdicts).toEqual(Array.from({ length: 100 }, () => BOT));
    expect(asked).toHaveLength(1);
  });

  it('asks about 64 tokens at once and says of the others that they could not be asked about', async () => {
    const { asked, state, reviewer } = setup(100);
    let answer = () => {};
    const answered = new Promise<void>((resolve) => (answer = resolve));
    state.reply = () => answered.then(() => ({ status: GOOD }));
    const verdicts = Array.from({ length: 70 }, (_, id) => reviewer.whose(tokenUntil(START + MINUTE, id)));
    expect(await Promise.all(verdicts.slice(64))).toEqual(Array.from({ length: 6 }, () => NOT_ASKED));
    answer();
    expect(await Promise.all(verdicts.slice(0, 64))).toEqual(Array.from({ length: 64 }, () => BOT));
    expect(asked).toHaveLength(64);
  });

  it('forgets the owner that it has known longest, and strangers push out no owner', async () => {
    const { asked, state, reviewer } = setup(3);
    const owners = [0, 1, 2, 3].map((id) => tokenUntil(START + MINUTE, id));
    for (const token of owners) await reviewer.whose(token);
    state.reply = says({ authenticated: false });
    for (let id = 10; id < 20; id += 1) await reviewer.whose(tokenUntil(START + MINUTE, id));
    asked.length = 0;
    state.reply = says(GOOD);
    for (const token of owners.slice(1)) await reviewer.whose(token);
    expect(asked).toHaveLength(0);
    await reviewer.whose(owners[0]!);
    expect(asked).toHaveLength(1);
  });
});
