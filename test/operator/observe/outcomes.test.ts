import { createServer } from 'node:http';
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { Agent } from 'undici';
import type { Protocol } from '../../../lib/api/spec.ts';
import { httpAsker } from '../../../operator/observe/ask.ts';
import type { ProbeTarget } from '../../../operator/observe/probe-target.ts';
import { steppedClock } from '../../fakes/clock.ts';

const MODEL = 'org/model-1';
const SECRET = 'top-secret';

let server: Server;
let dispatcher: Agent;
let respond: (request: IncomingMessage, response: ServerResponse) => void;
let seen: { request: IncomingMessage; body: string }[];

beforeEach(async () => {
  seen = [];
  respond = (_request, response) => void response.end('{}');
  server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      seen.push({ request, body: Buffer.concat(chunks).toString() });
      respond(request, response);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  dispatcher = new Agent({ allowH2: false });
});

afterEach(async () => {
  await dispatcher.destroy();
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
});

const origin = () => `http://127.0.0.1:${(server.address() as AddressInfo).port}`;

function target(protocol: Protocol, changes: Partial<ProbeTarget> = {}): ProbeTarget {
  return {
    id: 't1',
    protocol,
    baseURL: protocol === 'OpenAI' ? `${origin()}/v1` : origin(),
    upstreamModel: MODEL,
    credential: () => SECRET,
    credentialVersion: 1,
    canary: { prompt: 'Reply with OK.', maxTokens: 64, timeoutMs: 10_000, maxPerHour: 240 },
    ...changes,
  };
}

interface Reply {
  readonly status: number;
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
}

function reply({ status, body, headers }: Reply): void {
  respond = (_request, response) => {
    response.writeHead(status, { 'content-type': 'application/json', ...headers });
    response.end(typeof body === 'string' ? body : JSON.stringify(body ?? {}));
  };
}

const clock = steppedClock();
const asker = () => httpAsker({ dispatcher, clock });
const probe = (protocol: Protocol, changes: Partial<ProbeTarget> = {}) =>
  asker().probe(target(protocol, changes), 2_000, new AbortController().signal);
const canary = (protocol: Protocol, changes: Partial<ProbeTarget> = {}) =>
  asker().canary(target(protocol, changes), new AbortController().signal);

const anthropicError = (type: string, more: object = {}) => ({ type: 'error', error: { type, message: 'm', ...more } });
const openaiError = (code: string | null, more: object = {}) => ({ error: { message: 'm', type: 'x', code, ...more } });

describe('a free probe asks', () => {
  it('Anthropic for the model, with key and version', async () => {
    await probe('Anthropic');
    const [{ request }] = seen as [(typeof seen)[number]];
    expect(request.method).toBe('GET');
    expect(request.url).toBe('/v1/models/org%2Fmodel-1');
    expect(request.headers).toMatchObject({ 'x-api-key': SECRET, 'anthropic-version': '2023-06-01' });
    expect(request.headers.authorization).toBeUndefined();
  });

  it('OpenAI below the base URL, with a bearer token', async () => {
    await probe('OpenAI', { baseURL: `${origin()}/v1/` });
    const [{ request }] = seen as [(typeof seen)[number]];
    expect(request.url).toBe('/v1/models/org%2Fmodel-1');
    expect(request.headers.authorization).toBe(`Bearer ${SECRET}`);
  });

  it.each([
    ['api-key', { 'api-key': SECRET }],
    ['Authorization', { authorization: `Bearer ${SECRET}` }],
  ])('with the key in %s where the provider wants it there', async (authHeader, expected) => {
    await probe('Anthropic', { authHeader });
    const [{ request }] = seen as [(typeof seen)[number]];
    expect(request.headers).toMatchObject(expected);
    expect(request.headers['x-api-key']).toBeUndefined();
  });

  it('an open endpoint without any credential', async () => {
    await probe('OpenAI', { credential: () => undefined });
    expect(seen[0]?.request.headers.authorization).toBeUndefined();
  });
});

const probeRows: readonly (readonly [string, Protocol, Reply, object])[] = [
  ['a 200 is answered', 'Anthropic', { status: 200 }, { kind: 'answered' }],
  [
    'a 401 is a rejected credential',
    'OpenAI',
    { status: 401 },
    { kind: 'failed', reason: 'CredentialRejected', httpStatus: 401 },
  ],
  [
    'a 403 is a rejected credential',
    'Anthropic',
    { status: 403 },
    { kind: 'failed', reason: 'CredentialRejected', httpStatus: 403 },
  ],
  [
    "Anthropic's 404 names the model",
    'Anthropic',
    { status: 404, body: anthropicError('not_found_error') },
    { kind: 'failed', reason: 'ModelNotFound', httpStatus: 404 },
  ],
  [
    "OpenAI's 404 names the model",
    'OpenAI',
    { status: 404, body: openaiError('model_not_found') },
    { kind: 'failed', reason: 'ModelNotFound', httpStatus: 404 },
  ],
  [
    'a 404 of a server without the endpoint says nothing',
    'OpenAI',
    { status: 404, body: { detail: 'Not Found' } },
    { kind: 'couldNotAsk', reason: 'ProbeUnsupported', httpStatus: 404 },
  ],
  [
    'a 404 that is no JSON says nothing',
    'OpenAI',
    { status: 404, body: '<html>' },
    { kind: 'couldNotAsk', reason: 'ProbeUnsupported', httpStatus: 404 },
  ],
  [
    'a 405 says nothing',
    'OpenAI',
    { status: 405 },
    { kind: 'couldNotAsk', reason: 'ProbeUnsupported', httpStatus: 405 },
  ],
  [
    'a 501 says nothing',
    'OpenAI',
    { status: 501 },
    { kind: 'couldNotAsk', reason: 'ProbeUnsupported', httpStatus: 501 },
  ],
  ['a 429 says nothing', 'Anthropic', { status: 429 }, { kind: 'couldNotAsk', reason: 'RateLimited', httpStatus: 429 }],
  ['a 500 failed', 'Anthropic', { status: 500 }, { kind: 'failed', reason: 'ServerError', httpStatus: 500 }],
  ['a 503 failed', 'OpenAI', { status: 503 }, { kind: 'failed', reason: 'ServerError', httpStatus: 503 }],
  ['a 529 is overload', 'Anthropic', { status: 529 }, { kind: 'failed', reason: 'Overloaded', httpStatus: 529 }],
];

describe('what a free probe saw', () => {
  it.each(probeRows)('%s', async (_name, protocol, answer, outcome) => {
    reply(answer);
    expect(await probe(protocol)).toEqual(outcome);
  });

  it('no listener is no answer', async () => {
    const outcome = await probe('OpenAI', { baseURL: 'http://127.0.0.1:1/v1' });
    expect(outcome).toEqual({ kind: 'noAnswer', reason: 'ConnectionFailed' });
  });

  it('a reset connection is no answer', async () => {
    respond = (request) => void request.socket.destroy();
    expect(await probe('OpenAI')).toEqual({ kind: 'noAnswer', reason: 'ConnectionFailed' });
  });

  it('a hanging server is a timeout, exactly at the timeout', async () => {
    const arrived = new Promise<void>((resolve) => {
      respond = () => resolve();
    });
    let ended = false;
    const outcome = probe('OpenAI').finally(() => (ended = true));
    await arrived;
    await clock.advance(1_999);
    expect(ended).toBe(false);
    await clock.advance(1);
    expect(await outcome).toEqual({ kind: 'noAnswer', reason: 'Timeout' });
    expect(clock.pending()).toBe(0);
  });

  it('a redirect is not followed', async () => {
    reply({ status: 302, headers: { location: `${origin()}/elsewhere` } });
    expect(await probe('OpenAI')).toEqual({ kind: 'couldNotAsk', reason: 'ProbeUnsupported', httpStatus: 302 });
    expect(seen).toHaveLength(1);
  });

  it('a body without end is left after 64 KiB', async () => {
    let sent = 0;
    const closed = new Promise<void>((resolve) => {
      respond = (request, response) => {
        response.writeHead(200);
        request.socket.on('close', resolve);
        const chunk = Buffer.alloc(16 * 1024, 'x');
        const more = () => {
          while (!response.destroyed && sent < 64 * 1024 * 1024) {
            sent += chunk.length;
            if (!response.write(chunk)) return void response.once('drain', more);
          }
        };
        more();
      };
    });
    expect(await probe('OpenAI')).toEqual({ kind: 'answered' });
    await closed;
    expect(sent).toBeLessThan(64 * 1024 * 1024);
  });

  it('a credential that no header can carry is not sent and does not throw', async () => {
    const outcome = await probe('OpenAI', { credential: () => 'a\nb' });
    expect(outcome).toEqual({ kind: 'couldNotAsk', reason: 'ProbeUnsupported', httpStatus: 0 });
  });
});

const message = { type: 'message', role: 'assistant', content: [], stop_reason: 'max_tokens' };
const completion = { choices: [{ index: 0, message: { role: 'assistant', content: null }, finish_reason: 'length' }] };

describe('a canary asks', () => {
  it('Anthropic for a message', async () => {
    reply({ status: 200, body: message });
    await canary('Anthropic');
    expect(seen[0]?.request.url).toBe('/v1/messages');
    expect(JSON.parse(seen[0]?.body ?? '')).toEqual({
      model: MODEL,
      max_tokens: 64,
      messages: [{ role: 'user', content: 'Reply with OK.' }],
    });
  });

  it('OpenAI for a chat completion', async () => {
    reply({ status: 200, body: completion });
    await canary('OpenAI');
    expect(seen[0]?.request.url).toBe('/v1/chat/completions');
    expect(JSON.parse(seen[0]?.body ?? '')).toEqual({
      model: MODEL,
      max_tokens: 64,
      messages: [{ role: 'user', content: 'Reply with OK.' }],
    });
  });
});

const failed = (reason: string, httpStatus: number) => ({ kind: 'failed', reason, httpStatus });
const canaryRows: readonly (readonly [string, Protocol, Reply, object])[] = [
  [
    'a message without text that hit its limit is a success',
    'Anthropic',
    { status: 200, body: message },
    { kind: 'answered' },
  ],
  ['a completion without text is a success', 'OpenAI', { status: 200, body: completion }, { kind: 'answered' }],
  [
    'a message without stop_reason is malformed',
    'Anthropic',
    { status: 200, body: { ...message, stop_reason: null } },
    failed('MalformedOutput', 200),
  ],
  [
    'an error inside a 200 is malformed',
    'Anthropic',
    { status: 200, body: anthropicError('overloaded_error') },
    failed('MalformedOutput', 200),
  ],
  ['no choices are malformed', 'OpenAI', { status: 200, body: { choices: [] } }, failed('MalformedOutput', 200)],
  ['a 200 that is no JSON is malformed', 'OpenAI', { status: 200, body: 'OK' }, failed('MalformedOutput', 200)],
  ['an endless 200 is malformed', 'OpenAI', { status: 200, body: 'x'.repeat(300_000) }, failed('MalformedOutput', 200)],
  [
    'a 400 is an invalid canary',
    'Anthropic',
    { status: 400, body: anthropicError('invalid_request_error') },
    { kind: 'couldNotAsk', reason: 'CanaryInvalid', httpStatus: 400 },
  ],
  [
    'a 422 is an invalid canary',
    'OpenAI',
    { status: 422 },
    { kind: 'couldNotAsk', reason: 'CanaryInvalid', httpStatus: 422 },
  ],
  [
    'a 400 at the spend limit is quota',
    'Anthropic',
    {
      status: 400,
      body: anthropicError('invalid_request_error', { details: { error_code: 'enforced_spend_limit_reached' } }),
    },
    failed('QuotaExhausted', 400),
  ],
  [
    'a 402 is quota',
    'Anthropic',
    { status: 402, body: anthropicError('billing_error') },
    failed('QuotaExhausted', 402),
  ],
  [
    'a 429 without credit is quota',
    'OpenAI',
    { status: 429, body: openaiError('insufficient_quota') },
    failed('QuotaExhausted', 429),
  ],
  [
    'a 429 with a wait is throttled',
    'OpenAI',
    { status: 429, body: openaiError('rate_limit_exceeded'), headers: { 'retry-after': '7' } },
    { kind: 'throttled', retryAfterMs: 7_000 },
  ],
  [
    'a wait in milliseconds goes first',
    'OpenAI',
    { status: 429, headers: { 'retry-after': '7', 'retry-after-ms': '250' } },
    { kind: 'throttled', retryAfterMs: 250 },
  ],
  [
    'a 429 without a wait is throttled',
    'Anthropic',
    { status: 429, body: anthropicError('rate_limit_error') },
    { kind: 'throttled' },
  ],
  [
    'a wait that is neither number nor date is none',
    'Anthropic',
    { status: 429, headers: { 'retry-after': 'soon' } },
    { kind: 'throttled' },
  ],
  ['a 401 is a rejected credential', 'OpenAI', { status: 401 }, failed('CredentialRejected', 401)],
  ['a 404 is a missing model', 'OpenAI', { status: 404 }, failed('ModelNotFound', 404)],
  ['a 529 is overload', 'Anthropic', { status: 529 }, failed('Overloaded', 529)],
  ['a 502 failed', 'OpenAI', { status: 502 }, failed('ServerError', 502)],
];

describe('what a canary saw', () => {
  it.each(canaryRows)('%s', async (_name, protocol, answer, outcome) => {
    reply(answer);
    expect(await canary(protocol)).toEqual(outcome);
  });

  it('a wait until a date counts from now', async () => {
    reply({ status: 429, headers: { 'retry-after': new Date(clock.now() + 9_000).toUTCString() } });
    const outcome = await canary('OpenAI');
    expect(outcome).toMatchObject({ kind: 'throttled' });
    expect((outcome as { retryAfterMs: number }).retryAfterMs).toBeGreaterThan(8_000);
    expect((outcome as { retryAfterMs: number }).retryAfterMs).toBeLessThanOrEqual(9_000);
  });

  it('a body that breaks off is truncated', async () => {
    respond = (request, response) => {
      response.writeHead(200, { 'content-length': '1000' });
      response.write('{"type":', () => request.socket.destroy());
    };
    expect(await canary('Anthropic')).toEqual(failed('StreamTruncated', 200));
  });

  it('a model that hangs is a timeout without an answer', async () => {
    const arrived = new Promise<void>((resolve) => {
      respond = () => resolve();
    });
    const outcome = canary('Anthropic');
    await arrived;
    await clock.advance(10_000);
    expect(await outcome).toEqual({ kind: 'noAnswer', reason: 'Timeout' });
  });
});
