// Errors of our own, by inject: no port is opened.
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { systemClock } from '../../../operator/clock.ts';
import { createGateway } from '../../../operator/gateway/front/server.ts';
import type { Gateway } from '../../../operator/gateway/front/server.ts';
import { model, route, silent, tableOf, target } from './stage.ts';

const ORIGIN = 'http://127.0.0.1:1';
let gateway: Gateway;

beforeEach(() => {
  const openAIOnly = model('primary', 0, ORIGIN, { targets: { OpenAI: target('p', 'OpenAI', ORIGIN) } });
  const table = tableOf(route([model('primary', 0, ORIGIN)]), route([openAIOnly], { key: 'ns/openai-only' }));
  gateway = createGateway({
    table: () => table,
    credentials: () => 'key',
    clock: systemClock(),
    random: () => 0,
    log: silent,
    guard: ({ headers }) => (headers.host === 'evil.example' ? 'this host is not served' : undefined),
  });
});
afterEach(() => gateway.stop());

interface Row {
  readonly name: string;
  readonly method?: 'GET' | 'POST' | 'DELETE';
  readonly url: string;
  readonly payload?: string;
  readonly headers?: Record<string, string>;
  readonly status: number;
  readonly says: string;
}

const A = '/ns/wf/anthropic';
const O = '/ns/wf/openai/v1';
const ROWS: Row[] = [
  {
    name: 'a path that is not served',
    url: `${A}/v1/batches`,
    status: 404,
    says: 'POST /ns/wf/anthropic/v1/messages,',
  },
  { name: 'a doubled v1', url: `${A}/v1/v1/messages`, status: 404, says: 'The base URL is /ns/wf/anthropic' },
  { name: 'the bare base URL', url: A, status: 404, says: 'is not served' },
  { name: 'the wrong method', method: 'GET', url: `${A}/v1/messages`, status: 404, says: 'is not served' },
  {
    name: 'OpenAI without v1',
    url: '/ns/wf/openai/chat/completions',
    status: 404,
    says: 'The base URL is /ns/wf/openai/v1',
  },
  {
    name: 'what only one provider can answer',
    url: `${O}/embeddings`,
    status: 404,
    says: 'POST /ns/wf/openai/v1/responses',
  },
  {
    name: 'a workflow that is not here',
    url: '/ns/other/anthropic/v1/messages',
    status: 404,
    says: 'no workflow ns/other',
  },
  {
    name: 'a name out of the prototype',
    url: '/constructor/x/anthropic/v1/messages',
    status: 404,
    says: 'no workflow',
  },
  { name: 'a body that is no JSON', url: `${A}/v1/messages`, payload: 'hi', status: 400, says: 'not one JSON object' },
  {
    name: 'a body that is a list',
    url: `${O}/chat/completions`,
    payload: '[]',
    status: 400,
    says: 'not one JSON object',
  },
  { name: 'no body', url: `${O}/chat/completions`, payload: '', status: 400, says: 'not one JSON object' },
  {
    name: 'a compressed body',
    url: `${O}/chat/completions`,
    headers: { 'content-encoding': 'gzip' },
    status: 415,
    says: 'without content-encoding',
  },
  {
    name: 'a dialect that no model speaks',
    url: '/ns/openai-only/anthropic/v1/messages',
    status: 400,
    says: 'no model of ns/openai-only has a provider that speaks Anthropic',
  },
  {
    name: 'a guarded host',
    url: `${A}/v1/messages`,
    headers: { host: 'evil.example' },
    status: 403,
    says: 'not served',
  },
  {
    name: 'a body that is too large',
    url: `${A}/v1/messages`,
    payload: 'x'.repeat(33 << 20),
    status: 413,
    says: '32 MiB',
  },
];

describe('our own errors', () => {
  it.each(ROWS)(
    '$name is a $status in the dialect',
    async ({ method = 'POST', url, payload = '{}', headers, status, says }) => {
      const body = method === 'GET' ? {} : { payload };
      const answer = await gateway.app.inject({ method, url, ...body, headers: { ...headers } });
      expect(answer.statusCode).toBe(status);
      expect(answer.headers['x-should-retry']).toBe('false');
      const { error, type } = answer.json<{ type?: string; error: { message: string; type: string } }>();
      expect(error.message).toContain(says);
      expect(type).toBe(url.includes('/anthropic') ? 'error' : undefined);
    },
  );

  it('a path of nobody is a plain 404', async () => {
    const answer = await gateway.app.inject({ method: 'GET', url: '/what' });
    expect([answer.statusCode, answer.json<{ error: { code: string } }>().error.code]).toEqual([404, 'not_found']);
  });

  it('a provider that nobody can reach is a 503 that says what was tried and what is awaited', async () => {
    const answer = await gateway.app.inject({ method: 'POST', url: `${A}/v1/messages`, payload: '{}' });
    expect(answer.statusCode).toBe(503);
    expect(answer.json()).toMatchObject({ error: { message: expect.stringContaining('primary: ConnectionFailed') } });
    expect(answer.headers['retry-after']).toBe('3');
    expect(answer.body).toContain('Awaited');
  });

  it('leaves room for health and metrics on the same app', async () => {
    gateway.app.get('/healthz', () => 'ok');
    expect((await gateway.app.inject('/healthz')).body).toBe('ok');
  });
});
