// How long things may take, and who is asked after a silence, on a clock that moves only when the test says so.
import { request } from 'undici';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { setImmediate as turn, setTimeout as shortly } from 'node:timers/promises';
import { attemptLimitMs, attemptTimes, deadlineMs, hadFairChance } from '../../../operator/gateway/course/deadlines.ts';
import type { TimedFacts } from '../../../operator/gateway/course/deadlines.ts';
import type { ModelApi } from '../../../operator/gateway/dialects/model-api.ts';
import { steppedClock } from '../../fakes/clock.ts';
import type { SteppedClock } from '../../fakes/clock.ts';
import { route, startStage, target } from './stage.ts';
import type { Stage } from './stage.ts';

describe('the Auto rules', () => {
  const aRoute = route([]);
  const aTarget = target('p', 'Anthropic', 'http://127.0.0.1');
  const times = (api: ModelApi, facts: Partial<TimedFacts>, bytes = 0) =>
    attemptTimes(aRoute, api, aTarget, { reasoning: false, maxTokens: undefined, ...facts }, bytes);

  it.each([
    ['without a length', {}, 90_000],
    ['with 400 tokens', { maxTokens: 400 }, 40_000],
    ['never over ten minutes', { maxTokens: 1e6 }, 600_000],
    ['with reasoning', { reasoning: true, maxTokens: 400 }, 600_000],
  ])('give a whole answer its time: %s', (_name, facts, requestMs) => {
    expect(times('messages', facts)).toMatchObject({ requestMs });
  });

  it.each([
    ['messages', false, 0, 10_000, 60_000, 30_000],
    ['messages', false, 1024 * 1024, 20_240, 60_000, 30_000],
    ['messages', true, 0, 10_000, 300_000, 120_000],
    ['chat', true, 0, 120_000, 300_000, 120_000],
    ['responses', true, 0, 10_000, 300_000, 120_000],
  ] as const)(
    'give a stream its time: %s, reasoning %s, %d bytes',
    (api, reasoning, bytes, firstEventMs, firstContentMs, idleMs) => {
      expect(times(api, { reasoning }, bytes)).toMatchObject({ firstEventMs, firstContentMs, idleMs });
    },
  );

  it('let the spec decide where it does', () => {
    const chosen = route([], { requestTimeout: 1, firstTokenTimeout: 2, streamIdleTimeout: 3 });
    const facts = { reasoning: true, maxTokens: undefined };
    expect(attemptTimes(chosen, 'chat', aTarget, facts, 0)).toMatchObject({
      requestMs: 1,
      firstEventMs: 2,
      idleMs: 3,
    });
  });

  it.each([
    ['what the SDK says, less five seconds', '600', 595_000],
    ['what the SDK says, less a tenth', '20', 18_000],
    ['the default without a word', undefined, 590_000],
    ['the default for nonsense', 'soon', 590_000],
    ['the default for zero', '0', 590_000],
  ])('take as deadline %s', (_name, header, ms) => {
    expect(deadlineMs(header)).toBe(ms);
  });

  it('leave two fifths for the next model', () => {
    expect([attemptLimitMs(100, true), attemptLimitMs(100, false), attemptLimitMs(-1, false)]).toEqual([60, 100, 0]);
  });

  it('blame no model for a caller in a hurry', () => {
    expect([hadFairChance(1000, 30_000), hadFairChance(5000, 30_000), hadFairChance(1000, 1000)]).toEqual([
      false,
      true,
      true,
    ]);
  });
});

describe('silences', () => {
  let stage: Stage;
  let clock: SteppedClock;
  beforeEach(async () => {
    clock = steppedClock();
    stage = await startStage({ clock });
  });
  afterEach(async () => {
    const closed = stage.close();
    await turn();
    await clock.advance(1);
    await closed;
  });

  const until = async (condition: () => boolean) => {
    for (let i = 0; i < 400 && !condition(); i += 1) await shortly(5);
    expect(condition()).toBe(true);
  };
  const ask = (stream: boolean, options: { headers?: Record<string, string>; signal?: AbortSignal } = {}) =>
    request(`${stage.origin}/ns/wf/anthropic/v1/messages`, {
      method: 'POST',
      body: JSON.stringify({ model: 'any', max_tokens: 400, stream, messages: [] }),
      ...options,
    });
  const primaryCounters = () => stage.gateway.counters().entries.find((entry) => entry.target === 'primary-Anthropic');

  it.each([
    [false, 40_000, 'Timeout'],
    [true, 10_000, 'FirstTokenTimeout'],
  ])('a hanging model (stream: %s) is left after %d ms and never tried twice', async (stream, afterMs, reason) => {
    stage.primary.mode = 'hang';
    const answer = ask(stream);
    await until(() => stage.primary.seen.length === 1);
    await clock.advance(afterMs - 1);
    expect(stage.fallback.seen).toHaveLength(0);
    // Reading the few bytes of the body is worth another half millisecond.
    await clock.advance(2);
    const { statusCode, headers, body } = await answer;
    expect(statusCode).toBe(200);
    expect(headers).toMatchObject({ 'x-mcpworkflow-model': 'fallback', 'x-mcpworkflow-reason': reason });
    await body.dump();
    expect(stage.primary.seen).toHaveLength(1);
    expect(primaryCounters()).toMatchObject({ timeouts: 1, trailingTimeouts: 1, failures: 0, lastFailure: reason });
  });

  it('pings alone keep no stream alive for ever', async () => {
    stage.primary.mode = 'pingsOnly';
    stage.use(stage.usual({ streamIdleTimeout: 600_000 }));
    const answer = ask(true);
    await until(() => stage.primary.seen.length === 1);
    await shortly(50);
    await clock.advance(60_000);
    const { headers, body } = await answer;
    expect(headers['x-mcpworkflow-reason']).toBe('FirstTokenTimeout');
    await body.dump();
  });

  it('a silence before any content goes to the next model', async () => {
    stage.primary.mode = 'pingsOnly';
    const answer = ask(true);
    await until(() => stage.primary.seen.length === 1);
    await shortly(50);
    await clock.advance(30_000);
    const { headers, body } = await answer;
    expect(headers['x-mcpworkflow-reason']).toBe('StreamStalled');
    await body.dump();
  });

  it('a silence after content is told: an error event and a broken stream', async () => {
    stage.primary.mode = 'hangAfterContent';
    const { body } = await ask(true);
    let text = '';
    body.on('data', (part: Buffer) => (text += part.toString()));
    const broken = new Promise((resolve) => body.on('error', resolve));
    await until(() => text.includes('content_block_delta'));
    await clock.advance(30_000);
    await broken;
    expect(text).toMatch(/event: error\ndata: \{"type":"error".*StreamStalled/);
    expect(text).not.toContain('message_stop');
    expect(primaryCounters()).toMatchObject({ timeouts: 1, successes: 0 });
  });

  it('a caller in a hurry gets the fallback in time, and the model no blame', async () => {
    stage.primary.mode = 'hang';
    const answer = ask(false, { headers: { 'x-stainless-timeout': '5' } });
    await until(() => stage.primary.seen.length === 1);
    await clock.advance(2_700);
    const { headers, body } = await answer;
    expect(headers['x-mcpworkflow-reason']).toBe('Timeout');
    await body.dump();
    expect(primaryCounters()).toMatchObject({ timeouts: 0 });
  });

  it.each([
    [9_999, 0],
    [10_000, 1],
  ])(
    'a caller that leaves after %d ms without a byte ends the upstream call and counts %d',
    async (afterMs, gaveUp) => {
      stage.primary.mode = 'hang';
      const abort = new AbortController();
      const answer = ask(false, { signal: abort.signal });
      await until(() => stage.primary.seen.length === 1);
      await clock.advance(afterMs);
      abort.abort();
      await expect(answer).rejects.toThrow();
      await until(() => stage.primary.abandoned() === 1);
      await turn();
      expect(primaryCounters()?.gaveUp ?? 0).toBe(gaveUp);
      expect(stage.fallback.seen).toHaveLength(0);
    },
  );

  it('waits for a short Retry-After of the last model only', async () => {
    for (const upstream of [stage.primary, stage.fallback]) {
      Object.assign(upstream, { mode: 'status', status: 429, headers: { 'retry-after': '4' } });
    }
    const answer = ask(false);
    await until(() => stage.fallback.seen.length === 1 && clock.pending() > 0);
    await shortly(50);
    stage.fallback.mode = 'ok';
    await clock.advance(3_999);
    expect(stage.fallback.seen).toHaveLength(1);
    await clock.advance(1);
    const { statusCode, headers } = await answer;
    expect([statusCode, headers['x-mcpworkflow-attempts']]).toEqual([200, '3']);
    expect(stage.primary.seen).toHaveLength(1);
  });

  it('does not wait for a long one', async () => {
    for (const upstream of [stage.primary, stage.fallback]) {
      Object.assign(upstream, { mode: 'status', status: 429, headers: { 'retry-after': '6' } });
    }
    const { statusCode, headers, body } = await ask(false);
    expect(statusCode).toBe(503);
    expect(Number(headers['retry-after'])).toBeGreaterThanOrEqual(1);
    expect(Number(headers['retry-after'])).toBeLessThanOrEqual(5);
    expect(await body.text()).toContain('primary: RateLimited (HTTP 429); fallback: RateLimited (HTTP 429)');
  });
});
