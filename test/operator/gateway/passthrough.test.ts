// Byte for byte, both ways: what goes on is what came, but for the spliced members, one hop's headers and credentials.
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { gzipSync } from 'node:zlib';
import { request as rawRequest } from 'undici';
import { CALLER_KEY, providerKey, startStage, target } from './stage.ts';
import type { Stage } from './stage.ts';
import { goodStream, unaryAnswer } from './upstream.ts';

let stage: Stage;
beforeAll(async () => {
  stage = await startStage();
});
afterAll(() => stage.close());
beforeEach(() => {
  for (const upstream of [stage.primary, stage.fallback]) {
    Object.assign(upstream, { mode: 'ok', headers: {}, errorBody: undefined });
    upstream.seen.length = 0;
  }
  stage.use(stage.usual({ uid: `uid-${Math.random()}` }));
});

const PATHS = {
  messages: '/ns/wf/anthropic/v1/messages',
  chat: '/ns/wf/openai/v1/chat/completions',
  responses: '/ns/wf/openai/v1/responses',
} as const;
const apis = ['messages', 'chat', 'responses'] as const;

async function post(path: string, body: string | Buffer, headers: Record<string, string> = {}) {
  const answer = await rawRequest(`${stage.origin}${path}`, { method: 'POST', body, headers });
  return { status: answer.statusCode, headers: answer.headers, text: await answer.body.text() };
}

// proves byte-for-byte
describe.each(apis)('%s', (api) => {
  it('sends the body as it came, with only the model spliced', async () => {
    const body = '{ "model" :"any",\n "n":1.0,"unknown":[ {"é":"\\u00e9"} ],"messages":[],"model":"twice" }  ';
    await post(PATHS[api], body);
    expect(stage.primary.seen[0]?.body).toBe(body.replaceAll(/"any"|"twice"/g, '"up-primary"'));
  });

  it('sends a large body as it came, to each model that is asked, and says how long it is', async () => {
    const body = `{"image":"${'A'.repeat(200_000)}", "model":"any","messages":[{"é":1}]}`;
    Object.assign(stage.primary, { mode: 'status', status: 529 });
    await post(PATHS[api], body);
    for (const [upstream, model] of [
      [stage.primary, '"up-primary"'],
      [stage.fallback, '"up-fallback"'],
    ] as const) {
      const sent = body.replace('"any"', model);
      expect(upstream.seen.map((seen) => seen.body)).toEqual([sent]);
      expect(upstream.seen[0]?.headers['content-length']).toBe(String(Buffer.byteLength(sent)));
    }
  });

  it('gives the answer back as it came', async () => {
    const { text, headers } = await post(PATHS[api], '{"model":"any"}');
    expect(text).toBe(unaryAnswer(api, 'ok', 'hello'));
    expect(headers).toMatchObject({ 'x-upstream': 'yes', 'content-type': 'application/json' });
  });

  it('gives a stream back as it came, comments and pings included', async () => {
    const { text } = await post(PATHS[api], '{"stream":true}');
    expect(text).toBe(goodStream(api, 'hello').join(''));
  });

  it.each(['length', 'refusal', 'tool'] as const)('takes an answer that ends otherwise for whole: %s', async (mode) => {
    stage.primary.mode = mode;
    for (const body of ['{}', '{"stream":true}']) {
      const { headers, status } = await post(PATHS[api], body);
      expect([status, headers['x-mcpworkflow-model']]).toEqual([200, 'primary']);
    }
  });

  it('sets, caps and removes what the override says, for that model only', async () => {
    stage.use(stage.usual({}, { set: { temperature: 0, stop: ['a'] }, remove: ['top_k'], maxOutputTokens: 10 }, {}));
    await post(PATHS[api], '{"top_k":1,"max_tokens":64,"max_completion_tokens":5,"temperature":1}');
    expect(stage.primary.seen[0]?.body).toBe(
      '{"max_tokens":10,"max_completion_tokens":5,"temperature":0,"stop":["a"],"model":"up-primary"}',
    );
  });

  // proves credentials-stay
  it('shows no credential to the wrong side', async () => {
    stage.primary.headers = { 'x-echo': `key ${providerKey('primary')}`, 'set-cookie': 'a=b', 'x-fine': 'yes' };
    const { headers } = await post(PATHS[api], '{}', {
      authorization: `Bearer ${CALLER_KEY}`,
      'x-api-key': CALLER_KEY,
      cookie: 'session=1',
      'x-custom': 'goes on',
      'accept-encoding': 'gzip',
      'openai-organization': 'org-of-the-caller',
    });
    const upstream = stage.primary.seen[0]?.headers ?? {};
    expect(JSON.stringify(upstream)).not.toContain(CALLER_KEY);
    expect(upstream).not.toHaveProperty('cookie');
    expect(upstream).not.toHaveProperty('openai-organization');
    expect(upstream).toMatchObject({ 'x-custom': 'goes on', 'accept-encoding': 'identity' });
    expect(JSON.stringify(headers)).not.toContain(providerKey('primary'));
    expect(headers).not.toHaveProperty('set-cookie');
    expect(headers).toMatchObject({ 'x-fine': 'yes' });
  });

  it('keeps the credential out of an error that echoes it', async () => {
    const errorBody = JSON.stringify({ error: { message: `bad with ${providerKey('primary')}` } });
    Object.assign(stage.primary, { mode: 'status', status: 400, errorBody });
    const { text, status } = await post(PATHS[api], '{}');
    expect(status).toBe(400);
    expect(text).toBe(errorBody.replace(providerKey('primary'), '[credential]'));
  });

  it('reads answers of servers that compress though they should not', async () => {
    const packed = gzipSync(unaryAnswer(api, 'ok', 'packed'));
    Object.assign(stage.primary, { mode: 'status', status: 200, errorBody: packed });
    stage.primary.headers = { 'content-encoding': 'gzip' };
    const { text, headers } = await post(PATHS[api], '{}');
    expect(text).toBe(unaryAnswer(api, 'ok', 'packed'));
    expect(headers).not.toHaveProperty('content-encoding');
  });
});

describe('where the key goes', () => {
  it.each([
    ['Anthropic before the new version', 'messages', '2023-06-01', 'x-api-key', providerKey('primary')],
    ['Anthropic without a version', 'messages', undefined, 'x-api-key', providerKey('primary')],
    [
      'Anthropic from the new version on',
      'messages',
      '2026-10-21',
      'authorization',
      `Bearer ${providerKey('primary')}`,
    ],
    ['OpenAI', 'chat', undefined, 'authorization', `Bearer ${providerKey('primary')}`],
  ] as const)('%s', async (_name, api, version, header, value) => {
    await post(PATHS[api], '{}', { ...(version && { 'anthropic-version': version }) });
    expect(stage.primary.seen[0]?.headers[header]).toBe(value);
  });

  it('into the header that the catalog names, whatever the caller put there', async () => {
    const targets = { OpenAI: target('primary', 'OpenAI', `${stage.primary.origin}/v1`, { authHeader: 'X-Key' }) };
    stage.use(stage.usual({}, { targets }));
    await post(PATHS.chat, '{}', { 'x-key': CALLER_KEY });
    expect(stage.primary.seen[0]?.headers).toMatchObject({ 'x-key': providerKey('primary') });
    expect(stage.primary.seen[0]?.headers).not.toHaveProperty('authorization');
  });

  it('nowhere for an open endpoint', async () => {
    const open = { ...target('primary', 'OpenAI', `${stage.primary.origin}/v1`) };
    delete open.credential;
    stage.use(stage.usual({}, { targets: { OpenAI: open } }));
    await post(PATHS.chat, '{}', { authorization: `Bearer ${CALLER_KEY}` });
    expect(stage.primary.seen[0]?.headers).not.toHaveProperty('authorization');
  });
});

describe('the headers that say who served', () => {
  it('name the model, the attempts and what was asked for', async () => {
    const { headers } = await post(PATHS.chat, '{"model":"gpt 4 é"}');
    expect(headers).toMatchObject({
      'x-mcpworkflow-model': 'primary',
      'x-mcpworkflow-requested-model': 'gpt%204%20%C3%A9',
      'x-mcpworkflow-attempts': '1',
      'x-mcpworkflow-request-id': expect.stringMatching(/^req_[0-9a-f]{32}$/),
    });
    expect(headers).not.toHaveProperty('x-mcpworkflow-reason');
  });

  it('say why it was not the primary, after a try and without one', async () => {
    Object.assign(stage.primary, { mode: 'status', status: 529 });
    const tried = await post(PATHS.chat, '{}');
    expect(tried.headers).toMatchObject({ 'x-mcpworkflow-reason': 'Overloaded', 'x-mcpworkflow-attempts': '2' });
    const usual = stage.usual({ activeModel: 'fallback', reason: 'Pinned' });
    stage.use({ ...usual, models: [...usual.models].reverse() });
    const pinned = await post(PATHS.chat, '{}');
    expect(pinned.headers).toMatchObject({ 'x-mcpworkflow-reason': 'Pinned', 'x-mcpworkflow-attempts': '1' });
  });

  it('do not believe an upstream that writes them', async () => {
    stage.primary.headers = { 'x-mcpworkflow-model': 'a lie' };
    expect((await post(PATHS.chat, '{}')).headers['x-mcpworkflow-model']).toBe('primary');
  });
});

describe('a cut connection', () => {
  it.each(['cut', 'cutAfterContent'] as const)(
    'makes no whole answer, not even behind whole JSON: %s',
    async (mode) => {
      stage.primary.mode = mode;
      const { headers, text } = await post(PATHS.chat, '{}');
      expect(headers).toMatchObject({ 'x-mcpworkflow-model': 'fallback', 'x-mcpworkflow-reason': 'StreamTruncated' });
      expect(text).toBe(unaryAnswer('chat', 'ok', 'from the fallback'));
    },
  );

  // proves death-is-told
  it('after the first content counts as a failure, and the caller got no terminal event', async () => {
    stage.use(stage.usual({ uid: 'told' }));
    stage.primary.mode = 'cutAfterContent';
    await expect(post(PATHS.chat, '{"stream":true}')).rejects.toThrow();
    const entry = stage.gateway.counters().entries.find(({ uid }) => uid === 'told');
    expect(entry).toMatchObject({
      target: 'primary-OpenAI',
      failures: 1,
      successes: 0,
      lastFailure: 'StreamTruncated',
    });
  });
});

describe('a caller that reads slowly', () => {
  it('still gets every byte, and its slowness is not taken for a stall', async () => {
    stage.primary.text = 'x'.repeat(300);
    stage.use(stage.usual({ uid: 'slow', streamIdleTimeout: 2_000 }));
    const options = { method: 'POST', body: '{"stream":true}', highWaterMark: 1 } as const;
    const { body } = await rawRequest(`${stage.origin}${PATHS.messages}`, options);
    let text = '';
    for await (const part of body as AsyncIterable<Buffer>) {
      text += part.toString();
      await new Promise((resolve) => setImmediate(resolve));
    }
    expect(text).toBe(goodStream('messages', stage.primary.text).join(''));
    stage.primary.text = 'hello';
  });
});

describe('whose fault', () => {
  it.each([400, 413, 422])(
    'a %d of a fallback is not the caller’s: nobody is retried, the model is quoted',
    async (status) => {
      Object.assign(stage.primary, { mode: 'status', status: 529 });
      Object.assign(stage.fallback, { mode: 'status', status, errorBody: '{"error":{"message":"no such beta"}}' });
      const { status: got, headers, text } = await post(PATHS.messages, '{}');
      expect([got, headers['x-should-retry']]).toEqual([503, 'false']);
      expect(JSON.parse(text)).toMatchObject({ type: 'error', error: { type: 'api_error' } });
      expect(text).toContain(`fallback: Incompatible (HTTP ${status}), said \\"no such beta\\"`);
      expect(text).toContain('primary: Overloaded (HTTP 529)');
    },
  );

  it('a spent quota that is dressed as a 400 goes to the next model', async () => {
    const errorBody =
      '{"error":{"type":"invalid_request_error","details":{"error_code":"enforced_spend_limit_reached"}}}';
    Object.assign(stage.primary, { mode: 'status', status: 400, errorBody });
    expect((await post(PATHS.messages, '{}')).headers['x-mcpworkflow-reason']).toBe('QuotaExhausted');
  });

  it('an empty answer of every model is given as it is', async () => {
    stage.primary.mode = 'empty';
    stage.fallback.mode = 'empty';
    for (const body of ['{}', '{"stream":true}']) {
      const { status, headers, text } = await post(PATHS.chat, body);
      expect(status).toBe(200);
      expect(headers).toMatchObject({ 'x-mcpworkflow-model': 'primary', 'x-mcpworkflow-reason': 'EmptyOutput' });
      expect(text).toContain('"finish_reason"');
    }
  });

  it.each([
    ['messages', '{"messages":[{"role":"user","content":[{"type":"tool_result","tool_use_id":"t"}]}]}'],
    ['chat', '{"messages":[{"role":"user"},{"role":"tool","content":"1"}]}'],
    [
      'responses',
      '{"input":[{"role":"user","content":"a"},{"type":"function_call_output","call_id":"c","output":"1"}]}',
    ],
  ] as const)('an empty answer to the result of a tool is a fair one: %s', async (api, body) => {
    stage.primary.mode = 'empty';
    expect((await post(PATHS[api], body)).headers['x-mcpworkflow-model']).toBe('primary');
  });

  it.each([
    ['a response id', '{"previous_response_id":"resp_1"}'],
    ['a container', '{"container":"cntr_1"}'],
    ['a file', '{"messages":[{"content":[{"source":{"type":"file","file_id": "file_1"}}]}]}'],
  ])('a request that names %s stays with the account that holds it', async (_name, body) => {
    Object.assign(stage.primary, { mode: 'status', status: 529 });
    expect((await post(PATHS.messages, body)).status).toBe(503);
    expect(stage.fallback.seen).toHaveLength(0);
  });
});

describe('tries on the same model', () => {
  const failing = () => Object.assign(stage.primary, { mode: 'status', status: 500 });

  it('happen once by default, for a 500', async () => {
    failing();
    const { headers } = await post(PATHS.chat, '{}');
    expect(stage.primary.seen).toHaveLength(2);
    expect(headers['x-mcpworkflow-attempts']).toBe('3');
  });

  it('do not happen when the SDK is retrying already', async () => {
    failing();
    await post(PATHS.chat, '{}', { 'x-stainless-retry-count': '1' });
    expect(stage.primary.seen).toHaveLength(1);
  });

  it('do not happen with retries: 0', async () => {
    failing();
    stage.use(stage.usual({ retries: 0 }));
    await post(PATHS.chat, '{}');
    expect(stage.primary.seen).toHaveLength(1);
  });
});
