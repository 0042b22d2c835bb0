// A request followed from its caller's traceparent to every attempt, and nothing in a trace that anyone wrote but us.
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { SpanKind, SpanStatusCode } from '@opentelemetry/api';
import { AlwaysOffSampler } from '@opentelemetry/sdk-trace-base';
import type { ReadableSpan } from '@opentelemetry/sdk-trace-base';
import fc from 'fast-check';
import { setTimeout as shortly } from 'node:timers/promises';
import { Agent, request } from 'undici';
import { steppedClock } from '../../fakes/clock.ts';
import { recordSpans, saidBy } from '../../fakes/span-recorder.ts';
import type { SpanRecorder } from '../../fakes/span-recorder.ts';
import { APIS, PATHS } from './ask.ts';
import { CALLER_KEY, model, providerKey, startStage, target } from './stage.ts';
import type { Stage } from './stage.ts';
import { MODES } from './upstream.ts';
import type { Mode } from './upstream.ts';

const TRACE = '4bf92f3577b34da6a3ce929d0e0e4736';
const PARENT = '00f067aa0ba902b7';
const TRACEPARENT = `00-${TRACE}-${PARENT}-01`;

let recorder: SpanRecorder;
let stage: Stage;
let agent: Agent;
beforeAll(async () => {
  recorder = recordSpans();
  stage = await startStage({ tracing: recorder.tracing });
  agent = new Agent();
});
afterAll(async () => {
  await agent.destroy();
  await stage.close();
});
beforeEach(() => {
  for (const upstream of [stage.primary, stage.fallback]) {
    Object.assign(upstream, { mode: 'ok', status: 500, headers: {}, errorBody: undefined });
    upstream.seen.length = 0;
  }
  stage.use(stage.usual({ uid: `uid-${Math.random()}`, retries: 0 }));
  stage.errors.length = 0;
});
afterEach(() => {
  expect(recorder.complaints).toEqual([]);
  expect(stage.errors).toEqual([]);
  recorder.clear();
});

const others: Stage[] = [];
afterEach(async () => {
  for (const other of others.splice(0)) await other.close();
});

/** A stage that differs from the usual one. */
async function another(options: Parameters<typeof startStage>[0] = {}): Promise<Stage> {
  const other = await startStage(options);
  others.push(other);
  return other;
}

interface Asked {
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
  readonly method?: 'POST' | 'GET';
  readonly origin?: string;
}

/** The status of the answer, once it is at its end and all spans are. */
async function ask(path: string, { headers = {}, body = '{}', method = 'POST', origin }: Asked = {}): Promise<number> {
  const options = { dispatcher: agent, method, headers, ...(method === 'POST' && { body }) };
  const answer = await request(`${origin ?? stage.origin}${path}`, options);
  await answer.body.text().catch(() => 'broken');
  await untilEnded(recorder);
  return answer.statusCode;
}

async function untilEnded({ open }: SpanRecorder): Promise<void> {
  for (let waits = 0; open() > 0; waits += 1) {
    if (waits > 2_000) throw new Error(`${open()} spans did not end`);
    await shortly(1);
  }
}

const named = (kind: SpanKind): ReadableSpan[] => recorder.ended.filter((span) => span.kind === kind);
const serverSpan = (): ReadableSpan => {
  const [span, ...more] = named(SpanKind.SERVER);
  expect(more).toEqual([]);
  return span as ReadableSpan;
};
const attempts = (): ReadableSpan[] =>
  named(SpanKind.CLIENT).sort(
    (a, b) => Number(a.attributes['mcpworkflow.attempt']) - Number(b.attributes['mcpworkflow.attempt']),
  );
const idOf = (span: ReadableSpan | undefined) => span?.spanContext().spanId;
const hasFailed = (span: ReadableSpan | undefined) => span?.status.code === SpanStatusCode.ERROR;

// proves requests-are-followed
describe('a request with a traceparent', () => {
  it('is a part of its caller’s trace, and every attempt is a part of it', async () => {
    Object.assign(stage.primary, { mode: 'status', status: 529 });
    await ask(PATHS.messages, { headers: { traceparent: TRACEPARENT, tracestate: 'vendor=1,other=2' } });
    const [first, second] = attempts();
    expect(recorder.ended.map((span) => span.spanContext().traceId)).toEqual([TRACE, TRACE, TRACE]);
    expect(serverSpan().parentSpanContext).toMatchObject({ spanId: PARENT, isRemote: true });
    for (const span of [first, second]) expect(span?.parentSpanContext?.spanId).toBe(idOf(serverSpan()));
    for (const [span, upstream] of [
      [first, stage.primary],
      [second, stage.fallback],
    ] as const) {
      expect(upstream.seen[0]?.headers).toMatchObject({
        traceparent: `00-${TRACE}-${idOf(span)}-01`,
        tracestate: 'vendor=1,other=2',
      });
    }
  });

  it('says who was called, in the words of the conventions, and why the next one was', async () => {
    Object.assign(stage.primary, { mode: 'status', status: 529 });
    await ask(PATHS.chat, { body: '{"model":"any","stream":true}' });
    const [first, second] = attempts();
    expect(first?.name).toBe('chat up-primary');
    expect(first?.attributes).toEqual({
      'gen_ai.operation.name': 'chat',
      'gen_ai.provider.name': 'openai',
      'gen_ai.request.model': 'up-primary',
      'gen_ai.request.stream': true,
      'server.address': '127.0.0.1',
      'server.port': Number(new URL(stage.primary.origin).port),
      'http.response.status_code': 529,
      'error.type': 'Overloaded',
      'mcpworkflow.model': 'primary',
      'mcpworkflow.provider': 'primary',
      'mcpworkflow.attempt': 1,
      'mcpworkflow.reason': 'Overloaded',
    });
    expect([first, second].map(hasFailed)).toEqual([true, false]);
    expect(second?.events.map(({ name }) => name)).toEqual(['mcpworkflow.commit']);
    expect(serverSpan().name).toBe('POST /{namespace}/{workflow}/openai/v1/chat/completions');
    expect(serverSpan().attributes).toEqual({
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
    expect(hasFailed(serverSpan())).toBe(false);
  });

  it.each([
    ['none', undefined],
    ['a trace of zeros', `00-${'0'.repeat(32)}-${PARENT}-01`],
    ['capital letters', TRACEPARENT.toUpperCase()],
    ['a version that is forbidden', TRACEPARENT.replace('00-', 'ff-')],
    ['something else', 'Bearer of news'],
  ])('begins a trace of its own when that is not valid: %s', async (_name, traceparent) => {
    await ask(PATHS.messages, { headers: { ...(traceparent && { traceparent }), tracestate: 'vendor=1' } });
    const { traceId } = serverSpan().spanContext();
    expect(serverSpan().parentSpanContext).toBeUndefined();
    expect(stage.primary.seen[0]?.headers['traceparent']).toBe(`00-${traceId}-${idOf(attempts()[0])}-01`);
    expect(stage.primary.seen[0]?.headers).not.toHaveProperty('tracestate');
  });

  it('that its caller did not choose is followed and not kept', async () => {
    await ask(PATHS.messages, { headers: { traceparent: `00-${TRACE}-${PARENT}-00` } });
    expect(recorder.ended).toEqual([]);
    const sent = String(stage.primary.seen[0]?.headers['traceparent']);
    expect(sent).toMatch(new RegExp(`^00-${TRACE}-[0-9a-f]{16}-00$`));
    expect(sent).not.toContain(PARENT);
  });

  it('goes on as it came while traces are off', async () => {
    const off = await another();
    await ask(PATHS.messages, { origin: off.origin, headers: { traceparent: TRACEPARENT, tracestate: 'vendor=1' } });
    const { headers } = off.primary.seen[0] ?? {};
    expect(headers).toMatchObject({ traceparent: TRACEPARENT, tracestate: 'vendor=1' });
  });

  it('can be found by the line in the log', async () => {
    const lines: Record<string, unknown>[] = [];
    const note = (_sentence: string, fields = {}) => void lines.push(fields);
    const log = { error: note, warn: note, info: note, debug: note };
    const logged = await another({ tracing: recorder.tracing, log });
    await ask(PATHS.messages, { origin: logged.origin, headers: { traceparent: TRACEPARENT } });
    expect(lines).toContainEqual(expect.objectContaining({ traceId: TRACE, outcome: 'ok' }));
  });
});

interface EndRow {
  readonly name: string;
  readonly mode: Mode;
  readonly stream?: true;
  readonly status?: number;
  /** Of the request. */
  readonly outcome: string;
  readonly errorType?: string;
  /** Of the attempt on the primary. */
  readonly attempt?: string;
  readonly events?: readonly string[];
}

const ENDS: readonly EndRow[] = [
  { name: 'a whole answer', mode: 'ok', outcome: 'ok' },
  { name: 'a refusal', mode: 'refusal', outcome: 'refused' },
  { name: 'a whole stream', mode: 'ok', stream: true, outcome: 'ok', events: ['mcpworkflow.commit'] },
  { name: 'a request that is wrong', mode: 'status', status: 422, outcome: 'callerError', attempt: '422' },
  {
    name: 'nobody who answers',
    mode: 'zeroBytes',
    outcome: 'noModel',
    errorType: 'noModel',
    attempt: 'ConnectionFailed',
  },
  { name: 'an answer with nothing in it', mode: 'empty', outcome: 'ok', attempt: 'EmptyOutput' },
  {
    name: 'a stream that dies after its first content',
    mode: 'cutAfterContent',
    stream: true,
    outcome: 'told',
    errorType: 'told',
    attempt: 'StreamTruncated',
    events: ['mcpworkflow.commit', 'mcpworkflow.told'],
  },
];

describe('how a request ended', () => {
  it.each(ENDS)('$name', async ({ mode, stream, status = 500, outcome, errorType, attempt, events = [] }) => {
    stage.use(
      stage.usual({ uid: `uid-${Math.random()}`, retries: 0, models: [model('primary', 0, stage.primary.origin)] }),
    );
    Object.assign(stage.primary, { mode, status });
    await ask(PATHS.messages, { body: JSON.stringify({ stream: stream ?? false }) });
    expect(serverSpan().attributes['mcpworkflow.outcome']).toBe(outcome);
    expect(serverSpan().attributes['error.type']).toBe(errorType);
    expect(hasFailed(serverSpan())).toBe(errorType !== undefined);
    const [first] = attempts();
    expect(first?.attributes['error.type']).toBe(attempt);
    expect(hasFailed(first)).toBe(attempt !== undefined);
    expect(first?.events.map(({ name }) => name)).toEqual(events);
  });

  it.each([
    ['a body that is no JSON', PATHS.messages, 400, 'invalid_json', '[', undefined],
    ['a workflow that is not here', '/ns/other/anthropic/v1/messages', 404, 'unknown_workflow', '{}', undefined],
    ['a path that is not served', '/ns/wf/anthropic/v1/batches', 404, 'not_served', '{}', undefined],
    ['a body that is too large', PATHS.messages, 413, 'body_too_large', 'x'.repeat(33 << 20), undefined],
  ])('refused: %s', async (_name, path, status, refusal, body, errorType) => {
    expect(await ask(path, { body })).toBe(status);
    expect(serverSpan().attributes).toMatchObject({
      'http.response.status_code': status,
      'mcpworkflow.refusal': refusal,
    });
    expect(serverSpan().attributes['error.type']).toBe(errorType);
    expect(attempts()).toEqual([]);
  });

  it('refused for want of memory is a failure', async () => {
    const full = await another({ tracing: recorder.tracing, limits: { heldBytes: 1 } });
    expect(await ask(PATHS.messages, { origin: full.origin })).toBe(503);
    expect(serverSpan().attributes).toMatchObject({ 'error.type': 'overloaded', 'http.response.status_code': 503 });
  });

  it('a stranger leaves no trace', async () => {
    const closed = await another({ tracing: recorder.tracing, mustProve: true });
    expect(await ask(PATHS.messages, { origin: closed.origin, headers: { traceparent: TRACEPARENT } })).toBe(401);
    expect(recorder.ended).toEqual([]);
  });

  it('what is no workflow’s leaves no trace', async () => {
    expect(await ask('/healthz', { method: 'GET', headers: { traceparent: TRACEPARENT } })).toBe(404);
    expect(recorder.ended).toEqual([]);
  });

  it('says which model was not asked, and why', async () => {
    stage.use(stage.usual({ uid: `uid-${Math.random()}`, retries: 0, consecutiveFailures: 1 }));
    stage.primary.mode = 'zeroBytes';
    await ask(PATHS.messages);
    recorder.clear();
    await ask(PATHS.messages);
    expect(serverSpan().events).toMatchObject([
      {
        name: 'mcpworkflow.skipped',
        attributes: { 'mcpworkflow.model': 'primary', 'mcpworkflow.reason': 'ConnectionFailed' },
      },
    ]);
    expect(attempts().map(({ attributes }) => attributes['mcpworkflow.model'])).toEqual(['fallback']);
  });

  it('counts every try on the same model', async () => {
    const clock = steppedClock();
    const retrying = await another({ tracing: recorder.tracing, clock });
    Object.assign(retrying.primary, { mode: 'status', status: 500 });
    const answered = ask(PATHS.messages, { origin: retrying.origin });
    while (retrying.primary.seen.length < 2) {
      await shortly(1);
      await clock.advance(50);
    }
    await answered;
    const tries = attempts().map(({ attributes }) => [
      attributes['mcpworkflow.attempt'],
      attributes['mcpworkflow.model'],
    ]);
    expect(tries).toEqual([
      [1, 'primary'],
      [2, 'primary'],
      [3, 'fallback'],
    ]);
  });

  it('a model whose credential is not there was not called, and the trace says so', async () => {
    const open = await another({ tracing: recorder.tracing, credentials: () => undefined });
    expect(await ask(PATHS.messages, { origin: open.origin })).toBe(503);
    expect(attempts().map(({ attributes }) => attributes['error.type'])).toEqual(['SecretNotFound', 'SecretNotFound']);
  });

  it('names the checks that an answer failed', async () => {
    const check = {
      name: 'no-hello',
      subject: { type: 'Regex', pattern: 'hello', match: 'Forbidden' },
      onFail: 'NextModel',
      buffer: 'None',
    } as const;
    stage.use(stage.usual({ uid: `uid-${Math.random()}`, retries: 0, checks: [check] }));
    stage.primary.text = 'hello';
    expect(await ask(PATHS.messages)).toBe(200);
    expect(attempts()[0]?.attributes).toMatchObject({
      'error.type': 'CheckFailed',
      'mcpworkflow.failed_checks': ['no-hello'],
    });
    expect(serverSpan().attributes).toMatchObject({
      'mcpworkflow.outcome': 'ok',
      'mcpworkflow.failed_checks': ['no-hello'],
    });
  });
});

describe('what goes once to the active model', () => {
  it.each([
    ['count_tokens', 'POST', '/ns/wf/anthropic/v1/messages/count_tokens'],
    ['list_models', 'GET', '/ns/wf/openai/v1/models'],
  ] as const)('%s is traced, too', async (operation, method, path) => {
    Object.assign(stage.primary, { mode: 'status', status: 200, errorBody: '{}' });
    expect(await ask(path, { method, headers: { traceparent: TRACEPARENT } })).toBe(200);
    const [call] = attempts();
    expect(call?.name).toBe(`${operation} up-primary`);
    expect(serverSpan().attributes['gen_ai.operation.name']).toBe(operation);
    expect(stage.primary.seen[0]?.headers['traceparent']).toBe(`00-${TRACE}-${idOf(call)}-01`);
  });

  it.each([
    [404, 404, '404', undefined],
    [401, 503, 'no_answer', '503'],
  ])('a provider that says %d', async (status, answered, attempt, errorType) => {
    Object.assign(stage.primary, { mode: 'status', status });
    expect(await ask('/ns/wf/openai/v1/models', { method: 'GET' })).toBe(answered);
    expect(attempts()[0]?.attributes).toMatchObject({ 'error.type': attempt, 'http.response.status_code': status });
    expect(serverSpan().attributes['error.type']).toBe(errorType);
  });
});

/** Leaves once the primary has been asked, or after the first bytes of an answer. */
async function leave(path: string, body: string, after: 'asked' | 'bytes'): Promise<void> {
  const leaving = new AbortController();
  const { signal } = leaving;
  const asked = stage.primary.seen.length;
  const answered = request(`${stage.origin}${path}`, { dispatcher: agent, method: 'POST', body, signal });
  answered.catch(() => {});
  if (after === 'asked') while (stage.primary.seen.length === asked) await shortly(1);
  else {
    const answer = await answered;
    answer.body.on('error', () => {});
    await new Promise((resolve) => answer.body.once('data', resolve));
  }
  leaving.abort();
  await untilEnded(recorder);
}

describe('a caller that leaves', () => {
  it.each([
    ['before anything came', 'hang', 'asked'],
    ['in the middle of a stream', 'hangAfterContent', 'bytes'],
  ] as const)('ends its request and its attempt as cancelled: %s', async (_name, mode, after) => {
    stage.primary.mode = mode;
    await leave(PATHS.messages, '{"stream":true}', after);
    for (const span of [serverSpan(), attempts()[0]]) {
      expect(span?.attributes['error.type']).toBe('cancelled');
      expect(hasFailed(span)).toBe(true);
    }
    expect(serverSpan().attributes['mcpworkflow.outcome']).toBe('clientGone');
  });

  it('ends its request as cancelled while its body is still on its way', async () => {
    const leaving = new AbortController();
    async function* half() {
      yield Buffer.from('{"messages":');
      while (recorder.open() === 0) await shortly(1);
      leaving.abort();
      await shortly(60_000, undefined, { ref: false, signal: leaving.signal }).catch(() => {});
    }
    const options = { dispatcher: agent, method: 'POST', body: half(), signal: leaving.signal } as const;
    await expect(request(`${stage.origin}${PATHS.messages}`, options)).rejects.toThrow();
    await untilEnded(recorder);
    expect(serverSpan().attributes['error.type']).toBe('cancelled');
    expect(attempts()).toEqual([]);
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
        recorder.clear();
        stage.use(
          stage.usual({ uid: `uid-${Math.random()}`, retries: 0, consecutiveFailures: 1_000_000, ...patience }),
        );
        const secretly = {
          errorBody: `{"error":{"message":"ANSWER ${providerKey('primary')}"}}`,
          headers: { 'x-echo': 'ANSWER' },
        };
        Object.assign(stage.primary, { mode: first, status, text: 'ANSWER', ...secretly });
        Object.assign(stage.fallback, { mode: second, status, text: 'ANSWER', ...secretly });
        const headers = {
          authorization: `Bearer ${CALLER_KEY}`,
          traceparent: `00-${TRACE}-${PARENT}-0${sampled ? 1 : 0}`,
        };
        const body = JSON.stringify({ model: 'PROMPT', stream, messages: [{ role: 'user', content: 'PROMPT' }] });
        const leaving = new AbortController();
        const asked = stage.primary.seen.length;
        const answered = request(`${stage.origin}${PATHS[api]}`, {
          dispatcher: agent,
          method: 'POST',
          headers,
          body,
          signal: leaving.signal,
        });
        if (leaves === 'asked') {
          while (stage.primary.seen.length === asked) await shortly(1);
          leaving.abort();
        }
        const answer = await answered.catch(() => undefined);
        if (leaves === 'bytes') answer?.body.once('data', () => leaving.abort());
        await answer?.body.text().catch(() => 'broken');
        await untilEnded(recorder);

        expect(recorder.complaints).toEqual([]);
        expect(stage.errors).toEqual([]);
        const spans = recorder.ended;
        if (sampled) expect(named(SpanKind.SERVER)).toHaveLength(1);
        else expect(spans).toEqual([]);
        expect(new Set(spans.map(idOf)).size).toBe(spans.length);
        for (const span of attempts()) expect(span.parentSpanContext?.spanId).toBe(idOf(serverSpan()));
        const said = spans.map(saidBy).join('\n');
        for (const secret of SECRETS) expect(said).not.toContain(secret);
      }),
      { numRuns: 150 },
    );
  }, 120_000);

  it('a bug of ours ends both, too', async () => {
    const log = { error: () => {}, warn: () => {}, info: () => {}, debug: () => {} };
    const buggy = await another({
      tracing: recorder.tracing,
      log,
      credentials() {
        throw new Error('planted');
      },
    });
    expect(await ask(PATHS.messages, { origin: buggy.origin })).toBe(500);
    expect(await ask('/ns/wf/openai/v1/models', { method: 'GET', origin: buggy.origin })).toBe(500);
    expect(recorder.ended.map(({ attributes }) => attributes['error.type'])).toEqual(Array(4).fill('internal'));
  });

  it('nothing is said where nothing is kept', async () => {
    const off = recordSpans(new AlwaysOffSampler());
    const quiet = await another({ tracing: off.tracing });
    await ask(PATHS.messages, { origin: quiet.origin, body: '{"stream":true}' });
    expect([off.ended, off.complaints]).toEqual([[], []]);
  });
});

describe('the address of a provider', () => {
  it.each([
    ['https://api.example.com/v1', 'api.example.com', 443],
    ['http://api.example.com', 'api.example.com', 80],
    ['https://api.example.com:8443/v1', 'api.example.com', 8443],
  ])('%s', async (baseURL, address, port) => {
    // Nothing is sent: nobody has a credential for it.
    const named = await another({ tracing: recorder.tracing, credentials: () => undefined });
    const targets = { Anthropic: target('primary', 'Anthropic', baseURL) };
    named.use(named.usual({ models: [model('primary', 0, '', { targets })] }));
    await ask(PATHS.messages, { origin: named.origin });
    expect(attempts()[0]?.attributes).toMatchObject({ 'server.address': address, 'server.port': port });
  });
});
