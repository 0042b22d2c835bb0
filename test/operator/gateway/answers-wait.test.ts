// A gateway whose memory for answers is full: who waits, what its caller gets, and that all room comes back. What is held is
// counted by the gateway itself; providers are driven part by part, callers are sockets that need not read.
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { Server, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as shortly } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { request } from 'undici';
import type { Limits } from '../../../operator/gateway/front/limits.ts';
import { noMetrics } from '../../../operator/gateway/health/metrics.ts';
import type { ModelApi } from '../../../operator/gateway/dialects/model-api.ts';
import type { WorkflowRoute } from '../../../operator/routes/types.ts';
import { steppedClock } from '../../fakes/clock.ts';
import type { SteppedClock } from '../../fakes/clock.ts';
import { APIS, askerOf, PATHS } from './ask.ts';
import type { Asker } from './ask.ts';
import { check, regex } from './judged-stage.ts';
import { rawCaller } from './raw-caller.ts';
import { model, route, startStage } from './stage.ts';
import type { Stage } from './stage.ts';
import { goodStream, MODES, unaryAnswer } from './upstream.ts';

const KIB = 1024;
const MIB = 1024 * KIB;

/** An answer of a provider that the test lets go on. */
interface Held {
  readonly response: ServerResponse;
  /** What is still to come. */
  readonly rest: string;
}

async function until(isSo: () => boolean) {
  for (let i = 0; i < 3_000 && !isSo(); i += 1) await shortly(1);
  expect(isSo()).toBe(true);
}

let stage: Stage;
let clock: SteppedClock;
let asker: Asker;
let provider: Server;
const held: Held[] = [];
const told: string[] = [];
const outcomes: string[] = [];

const answers = () => stage.gateway.held().answers;

/** A good answer, whole or as a stream, that is about so long. */
const good = (api: ModelApi, stream: boolean, bytes: number) => {
  const text = 'x'.repeat(bytes);
  return stream
    ? goodStream(api, 'ab')
        .join('')
        .replace(/"(text|content|delta)":"b"/, `"$1":"${text}"`)
    : unaryAnswer(api, 'ok', text);
};

/** Open 1 MiB, small 256 KiB, last 768 KiB. */
const LIMITS = { heldAnswerBytes: 2 * MIB, answerBytes: 768 * KIB };
const LARGE = 600 * KIB;

const useProvider = (change: Partial<WorkflowRoute> = {}) => {
  const origin = `http://127.0.0.1:${(provider.address() as AddressInfo).port}`;
  const patient = { requestTimeout: 600_000, streamIdleTimeout: 600_000, ...change };
  stage.use(route([model('primary', 0, origin), model('fallback', 1, stage.fallback.origin)], patient));
};

const start = (limits: Partial<Limits>) =>
  startStage({
    clock,
    limits,
    metrics: {
      ...noMetrics(),
      told: (reason) => void told.push(reason),
      request: (_dialect, _streaming, outcome) => void outcomes.push(outcome),
    },
  });

async function stop() {
  await asker.close();
  const closed = stage.close();
  await shortly(1);
  await clock.advance(1);
  await closed;
}

async function restart(limits: Partial<Limits>) {
  await stop();
  stage = await start(limits);
  asker = askerOf(stage.origin);
  useProvider();
}

beforeEach(async () => {
  held.length = told.length = outcomes.length = 0;
  clock = steppedClock();
  stage = await start(LIMITS);
  asker = askerOf(stage.origin);
  // Sends nine tenths of what the request asks for by its `bytes`; the test has the rest.
  provider = createServer((incoming, response) => {
    const parts: Buffer[] = [];
    incoming.on('data', (part: Buffer) => void parts.push(part));
    incoming.on('end', () => {
      const { stream, bytes } = JSON.parse(Buffer.concat(parts).toString()) as { stream: boolean; bytes: number };
      const api =
        APIS.find((each) => incoming.url?.includes(PATHS[each].slice(PATHS[each].lastIndexOf('/')))) ?? 'chat';
      const whole = good(api, stream, bytes);
      const most = Math.floor(whole.length * 0.9);
      const cut = bytes < 100 ? whole.lastIndexOf('data: ', most) : most;
      response.writeHead(200, { 'content-type': stream ? 'text/event-stream' : 'application/json' });
      response.write(whole.slice(0, cut));
      held.push({ response, rest: whole.slice(cut) });
    });
  });
  await once(provider.listen(0, '127.0.0.1'), 'listening');
  useProvider({ checks: [check(regex('x', 'Required'), { buffer: 'Full' })] });
});

afterEach(async () => {
  expect(stage.errors).toEqual([]);
  await stop();
  provider.closeAllConnections();
  await new Promise((resolve) => provider.close(resolve));
});

const ask = (api: ModelApi, stream: boolean, bytes: number) => asker.post(api, JSON.stringify({ stream, bytes }));

/** Lets the gateway hold as much as it can of answers that do not go on: the next large one has to wait. */
async function fill(api: ModelApi, stream: boolean) {
  const asked: ReturnType<typeof ask>[] = [];
  for (const bytes of [LARGE, LARGE / 2, LARGE]) {
    const before = answers();
    asked.push(ask(api, stream, bytes));
    await until(() => answers() >= before + Math.floor(bytes * 0.9));
  }
  return asked;
}

const caller = (api: ModelApi, bytes: number, stream = false, paused = false) =>
  rawCaller({ origin: stage.origin, api, body: JSON.stringify({ stream, bytes }), paused });

const finish = ({ response, rest }: Held) => response.end(rest);
const counters = () =>
  stage.gateway.counters().entries.filter(({ failures, timeouts, gaveUp }) => failures + timeouts + gaveUp > 0);

const KINDS = APIS.flatMap((api) => [
  { api, stream: false, what: 'an answer' },
  { api, stream: true, what: 'a stream that is held' },
]);

describe.each(KINDS)('$what of $api for which there is no room', ({ api, stream }) => {
  it('waits, and is whole when room came back', async () => {
    const first = await fill(api, stream);
    const waiting = ask(api, stream, LARGE);
    await until(() => held.length === 4);
    await shortly(50);
    expect(answers()).toBeLessThan(1.6 * MIB);
    for (const each of held.splice(0, 4)) finish(each);
    for (const each of [...first, waiting]) {
      const { status, broken, headers, text } = await each;
      expect([status, broken, text.includes('xxx')]).toEqual([200, false, true]);
      expect(headers['x-mcpworkflow-model']).toBe('primary');
    }
    await until(() => answers() === 0);
    expect([counters(), stage.fallback.seen]).toEqual([[], []]);
  });

  it('is a 503 of ours after a minute, and says nothing of its model', async () => {
    const first = await fill(api, stream);
    const waiting = ask(api, stream, LARGE);
    await until(() => held.length === 4);
    await shortly(50);
    await clock.advance(59_000);
    expect(outcomes).toEqual([]);
    await clock.advance(1_500);
    const { status, headers, text } = await waiting;
    expect(status).toBe(503);
    expect(headers).toMatchObject({ 'retry-after': '5', 'x-should-retry': 'true', 'x-mcpworkflow-attempts': '1' });
    expect(text).toMatch(/memory/);
    expect(outcomes).toEqual(['overloaded']);
    for (const each of held.slice(0, 3)) finish(each);
    for (const each of first) expect((await each).status).toBe(200);
    await until(() => answers() === 0);
    expect([counters(), stage.fallback.seen]).toEqual([[], []]);
  });
});

describe('an answer that waits', () => {
  it('costs its provider no time: what its limits were is put off', async () => {
    useProvider({ requestTimeout: 40_000 });
    const first = await fill('chat', false);
    const waiting = ask('chat', false, LARGE);
    await until(() => held.length === 4);
    await shortly(50);
    await clock.advance(30_000);
    for (const each of held.slice(0, 3)) finish(each);
    for (const each of first) expect((await each).status).toBe(200);
    await until(() => answers() > LARGE * 0.85);
    // 65 s after its start, of which it waited for 30.
    await clock.advance(35_000);
    finish(held[3] as Held);
    const { status, headers } = await waiting;
    expect([status, headers['x-mcpworkflow-model']]).toEqual([200, 'primary']);
    expect(counters()).toEqual([]);
  });

  it('gives back what it held when its caller leaves, and waits for nothing', async () => {
    const first = await fill('chat', false);
    const before = answers();
    const { socket } = caller('chat', LARGE);
    await until(() => held.length === 4);
    await shortly(50);
    expect(answers()).toBeGreaterThan(before);
    socket.destroy();
    await until(() => answers() === before);
    expect(clock.pending()).toBe(3);
    for (const each of held.slice(0, 3)) finish(each);
    for (const each of first) expect((await each).status).toBe(200);
  });

  it('of a stream that its caller already sees is told, and not as the fault of its model', async () => {
    useProvider({ checks: [] });
    const first = await fill('chat', false);
    const { socket, seen } = caller('chat', 1, true);
    await until(() => held.length === 4);
    await until(() => seen.text.includes('"content":"a"'));
    held[3]?.response.write(`data: {"pad":"${'x'.repeat(LARGE)}`);
    await shortly(50);
    const closed = once(socket, 'close');
    await clock.advance(60_500);
    await closed;
    expect(seen.text).toContain('GatewayFull');
    expect(seen.text).not.toContain('[DONE]');
    expect(told).toEqual(['GatewayFull']);
    for (const each of held.slice(0, 3)) finish(each);
    for (const each of first) await each;
    await until(() => answers() === 0);
    expect(counters()).toEqual([]);
  });
});

describe('while the next model is asked', () => {
  it.each([
    ['nothing is held of an answer that was cut', 'cutAfterContent', 'ab', false],
    ['nothing is held of an answer that failed a check', 'ok', 'ab', false],
    ['an answer with nothing in it is held, as it may be the only one', 'empty', '', true],
  ] as const)('%s', async (_name, mode, text, isHeld) => {
    stage.use(stage.usual({ retries: 0, checks: [check(regex('x', 'Required'))] }));
    Object.assign(stage.primary, { mode, text });
    stage.fallback.mode = 'hang';
    const { socket } = caller('chat', 0);
    await until(() => stage.fallback.seen.length === 1);
    expect(answers() > 0).toBe(isHeld);
    socket.destroy();
    await until(() => answers() === 0);
  });
});

describe('a gateway without any room', () => {
  // One answer may finish, and there is no place for a byte of another.
  beforeEach(() => restart({ heldAnswerBytes: 1, answerBytes: 10 * KIB }));

  it.each([
    ['POST', PATHS.messages, { type: 'error', error: { type: 'api_error' } }],
    ['POST', PATHS.chat, { error: { type: 'server_error', code: 'overloaded' } }],
    ['POST', PATHS.responses, { error: { type: 'server_error', code: 'overloaded' } }],
    ['POST', `${PATHS.messages}/count_tokens`, { type: 'error', error: { type: 'api_error' } }],
    ['GET', '/ns/wf/openai/v1/models', { error: { type: 'server_error', code: 'overloaded' } }],
  ] as const)('says so at once, in the dialect: %s %s', async (method, path, error) => {
    const first = ask('chat', false, 100);
    await until(() => answers() > 0);
    stage.use(stage.usual());
    const { statusCode, headers, body } = await request(stage.origin + path, {
      method,
      body: method === 'GET' ? null : '{}',
    });
    expect(statusCode).toBe(503);
    expect(headers).toMatchObject({ 'retry-after': '5', 'x-should-retry': 'true', 'x-mcpworkflow-attempts': '1' });
    expect(await body.json()).toMatchObject(error);
    expect([counters(), stage.fallback.seen]).toEqual([[], []]);
    finish(held[0] as Held);
    expect((await first).status).toBe(200);
    await until(() => answers() === 0);
  });
});

describe('callers that do not read', () => {
  /** More than the buffers of a connection take. */
  const HUGE = 12 * MIB;
  const BOUND = 64 * MIB;
  const callers: ReturnType<typeof caller>[] = [];

  beforeEach(async () => {
    callers.length = 0;
    await restart({ heldAnswerBytes: BOUND, answerBytes: 16 * MIB });
  });
  afterEach(() => {
    for (const { socket } of callers) socket.destroy();
  });

  /** Twelve answers, 144 MiB in all. What they send is sent whole at once. */
  async function askAll(): Promise<number> {
    for (let i = 0; i < 12; i += 1) callers.push(caller('chat', HUGE, false, true));
    let most = 0;
    const look = setInterval(() => (most = Math.max(most, answers())), 1);
    await until(() => held.length === 12);
    for (const each of held) finish(each);
    let last = -1;
    while (last !== answers()) {
      last = answers();
      await shortly(100);
    }
    clearInterval(look);
    return most;
  }

  it('make others wait, and the gateway hold no more than it may; who reads then gets all', async () => {
    const most = await askAll();
    expect(most).toBeLessThanOrEqual(BOUND);
    expect(most).toBeGreaterThan(BOUND / 2);
    for (const { socket } of callers) socket.resume();
    await Promise.all(callers.map(({ socket }) => once(socket, 'close')));
    for (const { seen } of callers) expect([seen.text.slice(9, 12), seen.bytes > HUGE]).toEqual(['200', true]);
    await until(() => answers() === 0);
    expect(counters()).toEqual([]);
  });

  it('are broken off after half a minute when others wait, so that these get theirs', async () => {
    await askAll();
    const reading = callers.slice(6);
    for (const { socket } of reading) socket.resume();
    const ended = Promise.all(callers.map(({ socket }) => once(socket, 'close')));
    for (let s = 0; s < 59 && answers() > 0; s += 1) {
      await clock.advance(1_000);
      await shortly(20);
    }
    for (const { socket } of callers) socket.resume();
    await ended;
    const whole = callers.filter(({ seen }) => seen.bytes > HUGE);
    expect(whole.length).toBeGreaterThanOrEqual(6);
    expect(reading.every(({ seen }) => seen.bytes > HUGE)).toBe(true);
    expect(whole.length).toBeLessThan(12);
    await until(() => answers() === 0);
  });

  it('and leave before they are told of the death of their stream leave nothing behind', async () => {
    useProvider();
    const { socket } = caller('chat', HUGE, true, true);
    await until(() => held.length === 1);
    const [{ response, rest }] = held as [Held];
    response.write(rest.slice(0, -10));
    await until(() => answers() > MIB);
    response.destroy();
    await until(() => told.length === 1);
    expect(clock.pending()).toBeGreaterThan(0);
    socket.destroy();
    await until(() => clock.pending() === 0 && answers() === 0);
  });
});

describe('whatever becomes of requests', () => {
  it('nothing is held when all have ended', async () => {
    const asked = fc.record({
      api: fc.constantFrom(...APIS),
      stream: fc.boolean(),
      mode: fc.constantFrom(...MODES),
      kib: fc.constantFrom(0, 1, 100, 700, 900),
      leavesAfterMs: fc.nat(60),
    });
    const buffers = fc.constantFrom('Full' as const, 'None' as const);
    await fc.assert(
      fc.asyncProperty(fc.array(asked, { minLength: 1, maxLength: 8 }), buffers, async (requests, buffer) => {
        const change = { uid: `uid-${Math.random()}`, checks: [check(regex('x', 'Required'), { buffer })], retries: 0 };
        stage.use(stage.usual({ ...change, consecutiveFailures: 1_000_000 }));
        await Promise.all(
          requests.map(async ({ api, stream, mode, kib, leavesAfterMs }) => {
            Object.assign(stage.primary, { mode, text: 'ab' });
            const raw = Buffer.from(good(api, stream, kib * KIB));
            Object.assign(stage.fallback, {
              mode: 'raw',
              raw: { bytes: raw, ending: kib % 200 === 0 ? 'end' : 'destroy' },
            });
            const { socket } = caller(api, 0, stream);
            const closed = once(socket, 'close');
            await once(socket, 'connect');
            await shortly(leavesAfterMs);
            socket.destroy();
            await closed;
          }),
        );
        // A request may still be on its way when its caller has left.
        await until(() => stage.gateway.held().requests === 0 && clock.pending() === 0);
        expect(stage.gateway.held()).toEqual({ requests: 0, answers: 0 });
      }),
      { numRuns: 60 },
    );
  }, 60_000);
});
