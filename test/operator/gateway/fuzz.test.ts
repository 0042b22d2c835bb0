// Whatever bytes come, from whichever side: every request gets an answer, and none that was cut passes for whole.
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { APIS, askerOf } from './ask.ts';
import type { Asker } from './ask.ts';
import { providerKey, startStage } from './stage.ts';
import type { Stage } from './stage.ts';
import { goodStream, unaryAnswer } from './upstream.ts';

const FALLBACK_TEXT = 'b';

let stage: Stage;
let asker: Asker;
beforeAll(async () => {
  stage = await startStage();
  asker = askerOf(stage.origin);
});
afterAll(async () => {
  await asker.close();
  await stage.close();
});
beforeEach(() => {
  Object.assign(stage.primary, { mode: 'ok', headers: {}, errorBody: undefined, text: 'ab' });
  Object.assign(stage.fallback, { mode: 'ok', text: FALLBACK_TEXT });
  stage.errors.length = 0;
  // A breaker would spare the primary after a while, and a try on the same model would only cost time.
  stage.use(stage.usual({ uid: `uid-${Math.random()}`, consecutiveFailures: 1_000_000, retries: 0 }));
});

const post: Asker['post'] = (api, body) => asker.post(api, body);

const apis = fc.constantFrom(...APIS);
const bytes = fc.uint8Array({ maxLength: 300 }).map((list) => Buffer.from(list));
/** Bytes that are nearly what they should be: a good text with one of them changed, or cut. */
const nearly = (good: string) =>
  fc.tuple(fc.nat(good.length - 1), fc.integer({ min: 0, max: 255 }), fc.boolean()).map(([at, byte, cut]) => {
    const copy = Buffer.from(good, 'latin1');
    copy[at] = byte;
    return cut ? copy.subarray(0, at) : copy;
  });

describe('any bytes as a request', () => {
  it('get an answer in the dialect, and no bug of ours', async () => {
    const bodies = fc.oneof(bytes, nearly('{"model":"any","stream":true,"messages":[{"role":"user","content":"é"}]}'));
    await fc.assert(
      fc.asyncProperty(apis, bodies, async (api, body) => {
        const { status, text, broken } = await post(api, body);
        expect(broken).toBe(false);
        expect([200, 400]).toContain(status);
        if (status === 400) expect(JSON.parse(text)).toHaveProperty('error.message');
        expect(stage.errors).toEqual([]);
      }),
      { numRuns: 300 },
    );
  });
});

describe('any bytes as an answer', () => {
  it('are passed on only when they are whole, else the next model answers', async () => {
    await fc.assert(
      fc.asyncProperty(
        apis.chain((api) => fc.tuple(fc.constant(api), fc.oneof(bytes, nearly(unaryAnswer(api, 'ok', 'ab'))))),
        async ([api, answer]) => {
          Object.assign(stage.primary, { mode: 'raw', raw: { bytes: answer, ending: 'end' } });
          const { status, headers, text } = await post(api, '{}');
          expect(status).toBe(200);
          const isPrimarys = headers['x-mcpworkflow-model'] === 'primary';
          expect(text).toBe(isPrimarys ? answer.toString('latin1') : unaryAnswer(api, 'ok', FALLBACK_TEXT));
          if (isPrimarys) expect(() => JSON.parse(answer.toString('utf8')) as unknown).not.toThrow();
          expect(stage.errors).toEqual([]);
        },
      ),
      { numRuns: 300 },
    );
  });

  it('never show the provider’s key, wherever an answer repeats it', async () => {
    const secret = providerKey('primary');
    await fc.assert(
      fc.asyncProperty(apis, fc.constantFrom(200, 400, 401, 422, 529), bytes, async (api, status, noise) => {
        const echo = Buffer.concat([
          Buffer.from(`{"error":{"message":"${secret} `),
          noise,
          Buffer.from(`${secret}"}}`),
        ]);
        Object.assign(stage.primary, { mode: 'status', status, errorBody: echo, headers: { 'x-echo': secret } });
        const { headers, text } = await post(api, '{}');
        expect(text).not.toContain(secret);
        expect(JSON.stringify(headers)).not.toContain(secret);
      }),
      { numRuns: 100 },
    );
  });
});

// proves death-is-told
describe.each(APIS)('a stream of %s that ends after any number of bytes', (api) => {
  const good = Buffer.from(goodStream(api, 'ab').join(''));
  const fallback = goodStream(api, FALLBACK_TEXT).join('');

  it.each(['destroy', 'end'] as const)(
    'is whole, told, or answered by the next model: %s',
    async (ending) => {
      Object.assign(stage.fallback, { mode: 'raw', raw: { bytes: Buffer.from(fallback), ending: 'end' } });
      for (let length = 0; length < good.length; length += 1) {
        Object.assign(stage.primary, { mode: 'raw', raw: { bytes: good.subarray(0, length), ending } });
        const { text, broken } = await post(api, '{"stream":true}');
        if (text !== fallback) expect(text).toContain(good.toString('latin1').slice(0, 20));
        // A clean end is a whole answer: the fallback's, or the primary's with its terminal event.
        if (!broken) expect(text).toMatch(/message_stop|\[DONE\]|response\.completed/);
      }
      expect(stage.errors).toEqual([]);
    },
    60_000, // some thousand requests, one for each byte
  );
});
