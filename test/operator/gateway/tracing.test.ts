// A request followed from its caller's traceparent to every attempt, and nothing in a trace that anyone wrote but us.
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { AlwaysOffSampler } from '@opentelemetry/sdk-trace-base';
import fc from 'fast-check';
import { setTimeout as shortly } from 'node:timers/promises';
import { request } from 'undici';
import { systemClock } from '../../../operator/clock.ts';
import { startOTLP } from '../../../operator/telemetry/otlp-traces.ts';
import { startOTLPReceiver } from '../../fakes/otlp-receiver.ts';
import { recordSpans, saidBy } from '../../fakes/span-recorder.ts';
import { APIS, PATHS } from './ask.ts';
import { CALLER_KEY, model, providerKey, silent, target } from './stage.ts';
import { hasFailed, idOf, PARENT, startTracedStage, TRACE, TRACEPARENT } from './traced-stage.ts';
import type { TracedStage } from './traced-stage.ts';
import { MODES } from './upstream.ts';

let traced: TracedStage;
beforeAll(async () => {
  traced = await startTracedStage();
});
afterAll(() => traced.close());
beforeEach(() => traced.reset());
afterEach(() => {
  expect(traced.recorder.complaints).toEqual([]);
  expect(traced.stage.errors).toEqual([]);
});

// proves requests-are-followed
describe('a request with a traceparent', () => {
  it('is a part of its caller’s trace, and every attempt is a part of it', async () => {
    Object.assign(traced.stage.primary, { mode: 'status', status: 529 });
    await traced.ask(PATHS.messages, { headers: { traceparent: TRACEPARENT, tracestate: 'vendor=1,other=2' } });
    const [first, second] = traced.attempts();
    expect(traced.recorder.ended.map((span) => span.spanContext().traceId)).toEqual([TRACE, TRACE, TRACE]);
    expect(traced.request().parentSpanContext).toMatchObject({ spanId: PARENT, isRemote: true });
    for (const span of [first, second]) expect(span?.parentSpanContext?.spanId).toBe(idOf(traced.request()));
    for (const [span, upstream] of [
      [first, traced.stage.primary],
      [second, traced.stage.fallback],
    ] as const) {
      expect(upstream.seen[0]?.headers).toMatchObject({
        traceparent: `00-${TRACE}-${idOf(span)}-01`,
        tracestate: 'vendor=1,other=2',
      });
    }
  });

  it('says who was called, in the words of the conventions, and why the next one was', async () => {
    Object.assign(traced.stage.primary, { mode: 'status', status: 529 });
    await traced.ask(PATHS.chat, { body: '{"model":"any","stream":true}' });
    const [first, second] = traced.attempts();
    expect(first?.name).toBe('chat up-primary');
    expect(first?.attributes).toEqual({
      'gen_ai.operation.name': 'chat',
      'gen_ai.provider.name': 'openai',
      'gen_ai.request.model': 'up-primary',
      'gen_ai.request.stream': true,
      'server.address': '127.0.0.1',
      'server.port': Number(new URL(traced.stage.primary.origin).port),
      'http.response.status_code': 529,
      'error.type': 'Overloaded',
      'mcpworkflow.model': 'primary',
      'mcpworkflow.provider': 'primary',
      'mcpworkflow.attempt': 1,
      'mcpworkflow.reason': 'Overloaded',
    });
    expect([first, second].map(hasFailed)).toEqual([true, false]);
    expect(second?.events.map(({ name }) => name)).toEqual(['mcpworkflow.commit']);
    expect(traced.request().name).toBe('POST /{namespace}/{workflow}/openai/v1/chat/completions');
    expect(traced.request().attributes).toEqual({
      'http.request.method': 'POST',
      'http.route': '/{namespace}/{workflow}/openai/v1/chat/completions',
      'http.response.status_code': 200,
      'gen_ai.operation.name': 'chat',
      'gen_ai.request.stream': true,
      'mcpworkflow.namespace': 'ns',
      'mcpworkflow.workflow': 'wf',
      'mcpworkflow.request_id': expect.stringMatching(/^req_/),
      'mcpworkflow.outcome': 'ok',
      'mcpworkflow.attempts': 2,
      'mcpworkflow.model': 'fallback',
      'mcpworkflow.reason': 'Overloaded',
    });
    expect(hasFailed(traced.request())).toBe(false);
  });

  it.each([
    ['none', undefined],
    ['a trace of zeros', `00-${'0'.repeat(32)}-${PARENT}-01`],
    ['capital letters', TRACEPARENT.toUpperCase()],
    ['a version that is forbidden', TRACEPARENT.replace('00-', 'ff-')],
    ['something else', 'Bearer of news'],
  ])('begins a trace of its own when that is not valid: %s', async (_name, traceparent) => {
    await traced.ask(PATHS.messages, { headers: { ...(traceparent && { traceparent }), tracestate: 'vendor=1' } });
    const { traceId } = traced.request().spanContext();
    expect(traced.request().parentSpanContext).toBeUndefined();
    expect(traced.stage.primary.seen[0]?.headers['traceparent']).toBe(`00-${traceId}-${idOf(traced.attempts()[0])}-01`);
    expect(traced.stage.primary.seen[0]?.headers).not.toHaveProperty('tracestate');
  });

  it('that its caller did not choose is followed and not kept', async () => {
    await traced.ask(PATHS.messages, { headers: { traceparent: `00-${TRACE}-${PARENT}-00` } });
    expect(traced.recorder.ended).toEqual([]);
    const sent = String(traced.stage.primary.seen[0]?.headers['traceparent']);
    expect(sent).toMatch(new RegExp(`^00-${TRACE}-[0-9a-f]{16}-00$`));
    expect(sent).not.toContain(PARENT);
  });

  it('goes on as it came while traces are off', async () => {
    const off = await traced.another({ tracing: undefined });
    await traced.ask(PATHS.messages, {
      origin: off.origin,
      headers: { traceparent: TRACEPARENT, tracestate: 'vendor=1' },
    });
    const { headers } = off.primary.seen[0] ?? {};
    expect(headers).toMatchObject({ traceparent: TRACEPARENT, tracestate: 'vendor=1' });
  });

  it('can be found by the line in the log', async () => {
    const lines: Record<string, unknown>[] = [];
    const note = (_sentence: string, fields = {}) => void lines.push(fields);
    const log = { error: note, warn: note, info: note, debug: note };
    const logged = await traced.another({ log });
    await traced.ask(PATHS.messages, { origin: logged.origin, headers: { traceparent: TRACEPARENT } });
    expect(lines).toContainEqual(expect.objectContaining({ traceId: TRACE, outcome: 'ok' }));
  });
});

describe('what goes once to the active model', () => {
  it.each([
    ['count_tokens', 'POST', '/ns/wf/anthropic/v1/messages/count_tokens'],
    ['list_models', 'GET', '/ns/wf/openai/v1/models'],
  ] as const)('%s is traced, too', async (operation, method, path) => {
    Object.assign(traced.stage.primary, { mode: 'status', status: 200, errorBody: '{}' });
    expect(await traced.ask(path, { method, headers: { traceparent: TRACEPARENT } })).toBe(200);
    const [call] = traced.attempts();
    expect(call?.name).toBe(`${operation} up-primary`);
    expect(traced.request().attributes['gen_ai.operation.name']).toBe(operation);
    expect(traced.stage.primary.seen[0]?.headers['traceparent']).toBe(`00-${TRACE}-${idOf(call)}-01`);
  });

  it.each([
    [404, 404, '404', undefined],
    [401, 503, 'no_answer', '503'],
  ])('a provider that says %d', async (status, answered, attempt, errorType) => {
    Object.assign(traced.stage.primary, { mode: 'status', status });
    expect(await traced.ask('/ns/wf/openai/v1/models', { method: 'GET' })).toBe(answered);
    expect(traced.attempts()[0]?.attributes).toMatchObject({
      'error.type': attempt,
      'http.response.status_code': status,
    });
    expect(traced.request().attributes['error.type']).toBe(errorType);
  });
});

describe('the address of a provider', () => {
  it.each([
    ['https://api.example.com/v1', 'api.example.com', 443],
    ['http://api.example.com', 'api.example.com', 80],
    ['https://api.example.com:8443/v1', 'api.example.com', 8443],
  ])('%s', async (baseURL, address, port) => {
    // Nothing is sent: nobody has a credential for it.
    const named = await traced.another({ credentials: () => undefined });
    const targets = { Anthropic: target('primary', 'Anthropic', baseURL) };
    named.use(named.usual({ models: [model('primary', 0, '', { targets })] }));
    await traced.ask(PATHS.messages, { origin: named.origin });
    expect(traced.attempts()[0]?.attributes).toMatchObject({ 'server.address': address, 'server.port': port });
  });
});
describe('whatever providers and callers do', () => {
  /** Of all that somebody else wrote. */
  const SECRETS = [
    CALLER_KEY,
    providerKey('primary'),
    providerKey('fallback'),
    'PROMPT',
    'ANSWER',
    'the provider says',
  ];
  const modes = fc.constantFrom(...MODES);
  const scenes = fc.record({
    api: fc.constantFrom(...APIS),
    stream: fc.boolean(),
    modes: fc.tuple(modes, modes),
    status: fc.constantFrom(400, 401, 403, 404, 413, 429, 500, 503, 504, 529),
    leaves: fc.constantFrom('no', 'asked', 'bytes'),
    sampled: fc.boolean(),
  });

  it('every span ends exactly once, and says nothing that a caller or a provider wrote', async () => {
    const patience = { requestTimeout: 40, firstTokenTimeout: 40, streamIdleTimeout: 40 };
    await fc.assert(
      fc.asyncProperty(scenes, async ({ api, stream, modes: [first, second], status, leaves, sampled }) => {
        traced.recorder.clear();
        traced.use({ consecutiveFailures: 1_000_000, ...patience });
        const secretly = {
          errorBody: `{"error":{"message":"ANSWER ${providerKey('primary')}"}}`,
          headers: { 'x-echo': 'ANSWER' },
        };
        Object.assign(traced.stage.primary, { mode: first, status, text: 'ANSWER', ...secretly });
        Object.assign(traced.stage.fallback, { mode: second, status, text: 'ANSWER', ...secretly });
        const headers = {
          authorization: `Bearer ${CALLER_KEY}`,
          traceparent: `00-${TRACE}-${PARENT}-0${sampled ? 1 : 0}`,
        };
        const body = JSON.stringify({ model: 'PROMPT', stream, messages: [{ role: 'user', content: 'PROMPT' }] });
        const leaving = new AbortController();
        const asked = traced.stage.primary.seen.length;
        const answered = request(`${traced.stage.origin}${PATHS[api]}`, {
          dispatcher: traced.agent,
          method: 'POST',
          headers,
          body,
          signal: leaving.signal,
        });
        if (leaves === 'asked') {
          while (traced.stage.primary.seen.length === asked) await shortly(1);
          leaving.abort();
        }
        const answer = await answered.catch(() => undefined);
        if (leaves === 'bytes') answer?.body.once('data', () => leaving.abort());
        await answer?.body.text().catch(() => 'broken');
        await traced.untilEnded();

        expect(traced.recorder.complaints).toEqual([]);
        expect(traced.stage.errors).toEqual([]);
        const spans = traced.recorder.ended;
        if (sampled) expect(traced.requests()).toHaveLength(1);
        else expect(spans).toEqual([]);
        expect(new Set(spans.map(idOf)).size).toBe(spans.length);
        for (const span of traced.attempts()) expect(span.parentSpanContext?.spanId).toBe(idOf(traced.request()));
        const said = spans.map(saidBy).join('\n');
        for (const secret of SECRETS) expect(said).not.toContain(secret);
      }),
      { numRuns: 150 },
    );
  }, 120_000);

  it('no key reaches the collector, in whatever bytes', async () => {
    const collector = await startOTLPReceiver();
    const url = `${collector.origin}/v1/traces`;
    const clock = systemClock();
    const sent = startOTLP({ url, service: 's', instance: 'i', log: silent, clock });
    const other = await traced.another({ tracing: sent.tracing });
    const echo = { mode: 'status', errorBody: providerKey('primary'), headers: { 'x-echo': providerKey('primary') } };
    for (const status of [401, 422, 529]) {
      Object.assign(other.primary, { ...echo, status });
      const headers = { 'x-api-key': CALLER_KEY, traceparent: TRACEPARENT };
      await traced.ask(PATHS.messages, { origin: other.origin, headers, body: `{"model":"${CALLER_KEY}"}` });
    }
    await sent.stop();
    await collector.close();
    expect(collector.spans.filter(({ traceId }) => traceId === TRACE)).toHaveLength(3 + 5);
    const bytes = Buffer.concat(collector.requests.map(({ body }) => body)).toString('latin1');
    for (const key of [CALLER_KEY, providerKey('primary'), providerKey('fallback')]) expect(bytes).not.toContain(key);
  });

  it('a bug of ours ends both, too', async () => {
    const log = { error: () => {}, warn: () => {}, info: () => {}, debug: () => {} };
    const buggy = await traced.another({
      log,
      credentials() {
        throw new Error('planted');
      },
    });
    expect(await traced.ask(PATHS.messages, { origin: buggy.origin })).toBe(500);
    expect(await traced.ask('/ns/wf/openai/v1/models', { method: 'GET', origin: buggy.origin })).toBe(500);
    expect(traced.recorder.ended.map(({ attributes }) => attributes['error.type'])).toEqual(Array(4).fill('internal'));
  });

  it('nothing is said where nothing is kept', async () => {
    const off = recordSpans(new AlwaysOffSampler());
    const quiet = await traced.another({ tracing: off.tracing });
    await traced.ask(PATHS.messages, { origin: quiet.origin, body: '{"stream":true}' });
    expect([off.ended, off.complaints]).toEqual([[], []]);
  });
});
