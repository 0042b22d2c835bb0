import { afterEach, describe, expect, it } from '@jest/globals';
import { createServer } from 'node:http';
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { systemClock } from '../../../operator/clock.ts';
import { agentSource } from '../../../operator/kube/agents.ts';
import { ApiTerminalError, ApiTransientError, retryAfterMsOf } from '../../../operator/kube/api-errors.ts';
import type { Connection } from '../../../operator/kube/connection.ts';
import { staticConnection } from '../../../operator/kube/connection.ts';
import { createTransport } from '../../../operator/kube/transport.ts';
import type { Exchange, OpenTransport, TransportOptions } from '../../../operator/kube/transport.ts';

type Handler = (request: IncomingMessage, response: ServerResponse, body: string) => void;

const closing: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close();
});

async function serve(handler: Handler): Promise<string> {
  const server: Server = createServer((request, response) => {
    let body = '';
    request.on('data', (chunk: Buffer) => (body += chunk.toString()));
    request.on('end', () => handler(request, response, body));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  closing.push(() => {
    server.closeAllConnections();
    return new Promise((resolve) => server.close(resolve));
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

function open(connection: Connection, options: Partial<TransportOptions> = {}): OpenTransport {
  const transport = createTransport({ connection, clock: systemClock(), ...options });
  closing.push(() => transport.close());
  return transport;
}

const status = (code: number, reason: string, message = 'said so') =>
  JSON.stringify({ kind: 'Status', code, reason, message });

async function failure(promise: Promise<unknown>): Promise<ApiTransientError | ApiTerminalError> {
  return promise.then(
    () => Promise.reject(new Error('expected a failure')),
    (error: unknown) => error as ApiTransientError,
  );
}

async function collect(lines: AsyncIterable<string>): Promise<string[]> {
  const all: string[] = [];
  for await (const line of lines) all.push(line);
  return all;
}

describe('a request', () => {
  it('carries query, body, content type and token, and is counted', async () => {
    const exchanges: Exchange[] = [];
    const seen: unknown[] = [];
    const server = await serve((request, response, body) => {
      const { authorization, 'content-type': type } = request.headers;
      seen.push({ method: request.method, url: request.url, authorization, type, body });
      response.end('{"ok":1}');
    });
    const transport = open(staticConnection({ server: `${server}/`, token: 'abc' }), {
      onRequest: (one) => exchanges.push(one),
    });
    const answer = await transport.request('PATCH', '/x', {
      query: { a: 'b c', gone: undefined },
      body: { n: 1 },
      contentType: 'application/merge-patch+json',
    });
    expect(answer).toMatchObject({ status: 200, body: { ok: 1 } });
    const expected = {
      method: 'PATCH',
      url: '/x?a=b+c',
      authorization: 'Bearer abc',
      type: 'application/merge-patch+json',
      body: '{"n":1}',
    };
    expect(seen).toEqual([expected]);
    expect(exchanges).toEqual([{ verb: 'patch', code: 200, durationMs: expect.any(Number) }]);
  });

  const refusals: readonly (readonly [number, string, 'transient' | 'terminal'])[] = [
    [400, 'BadRequest', 'terminal'],
    [403, 'Forbidden', 'terminal'],
    [404, 'NotFound', 'terminal'],
    [410, 'Expired', 'terminal'],
    [422, 'Invalid', 'terminal'],
    [409, 'Conflict', 'transient'],
    [429, 'TooManyRequests', 'transient'],
    [500, 'InternalError', 'transient'],
    [503, 'ServiceUnavailable', 'transient'],
  ];
  it.each(refusals)('%d %s is %s', async (code, reason, kind) => {
    const server = await serve((_request, response) => {
      response.writeHead(code, { 'retry-after': '7' }).end(status(code, reason));
    });
    const error = await failure(open(staticConnection({ server })).request('GET', '/x'));
    expect(error).toBeInstanceOf(kind === 'transient' ? ApiTransientError : ApiTerminalError);
    expect(error).toMatchObject({ httpStatus: code, reason, message: `get /x: ${code} said so` });
    if (kind === 'transient') expect(error).toMatchObject({ retryAfterMs: 7_000 });
  });

  it('a proxy that speaks no JSON is understood by its status', async () => {
    const server = await serve((_request, response) => response.writeHead(502).end('<html>'));
    expect(await failure(open(staticConnection({ server })).request('GET', '/x'))).toMatchObject({ httpStatus: 502 });
  });

  it('401 makes the token be read again, once', async () => {
    const tokens: (string | undefined)[] = [];
    const server = await serve((request, response) => {
      tokens.push(request.headers.authorization);
      if (request.headers.authorization === 'Bearer new') response.end('{}');
      else response.writeHead(401).end(status(401, 'Unauthorized'));
    });
    const rotating = {
      ...staticConnection({ server }),
      token: (fresh: boolean) => Promise.resolve(fresh ? 'new' : 'old'),
    };
    await open(rotating).request('GET', '/x');
    expect(tokens).toEqual(['Bearer old', 'Bearer new']);
    const wrong = { ...rotating, token: () => Promise.resolve('wrong') };
    expect(await failure(open(wrong).request('GET', '/x'))).toMatchObject({ httpStatus: 401, reason: 'Unauthorized' });
    expect(tokens).toHaveLength(4);
  });

  it('no answer in time, a refused connection and a cut answer are transient', async () => {
    const silent = await serve(() => undefined);
    const error = await failure(open(staticConnection({ server: silent })).request('GET', '/x', { timeoutMs: 50 }));
    expect(error).toBeInstanceOf(ApiTransientError);
    expect(error.message).toContain('no answer within 50 ms');
    const nobody = open(staticConnection({ server: 'http://127.0.0.1:1' }));
    expect(await failure(nobody.request('GET', '/x'))).toBeInstanceOf(ApiTransientError);
    const cut = await serve((_request, response) => {
      response.writeHead(200, { 'content-length': '100' }).write('{');
      setTimeout(() => response.destroy(), 20);
    });
    expect(await failure(open(staticConnection({ server: cut })).request('GET', '/x'))).toBeInstanceOf(
      ApiTransientError,
    );
  });

  it('no more than the given number run at once, and watches do not count', async () => {
    let running = 0;
    let most = 0;
    const server = await serve((request, response) => {
      if (request.url?.includes('watch')) return void response.write('\n');
      running += 1;
      most = Math.max(most, running);
      setTimeout(() => {
        running -= 1;
        response.end('{}');
      }, 5);
    });
    const transport = open(staticConnection({ server }), { connections: 2 });
    const stop = new AbortController();
    const watches = Array.from({ length: 5 }, () => failure(collect(transport.stream('/watch', {}, stop.signal))));
    await Promise.all(Array.from({ length: 12 }, () => transport.request('GET', '/x')));
    stop.abort();
    await Promise.all(watches);
    expect(most).toBe(2);
  });
});

describe('a stream', () => {
  it('gives an empty line when it is open, then whole lines however they are cut into chunks', async () => {
    const text = Buffer.from('{"a":"ä"}\n{"b":2}\nunfinished');
    const server = await serve((_request, response) => {
      const parts = [text.subarray(0, 7), text.subarray(7, 12), text.subarray(12)];
      const next = () => {
        const part = parts.shift();
        if (!part) return void response.end();
        response.write(part, () => setTimeout(next, 5));
      };
      next();
    });
    const lines = await collect(open(staticConnection({ server })).stream('/w', {}, new AbortController().signal));
    expect(lines).toEqual(['', '{"a":"ä"}', '{"b":2}']);
  });

  it('a refusal and a cut are errors of their class', async () => {
    let calls = 0;
    const server = await serve((_request, response) => {
      calls += 1;
      if (calls === 1) return void response.writeHead(410).end(status(410, 'Expired'));
      response.write('{"a":1}\n');
      setTimeout(() => response.destroy(), 20);
    });
    const transport = open(staticConnection({ server }));
    const signal = new AbortController().signal;
    expect(await failure(collect(transport.stream('/w', {}, signal)))).toMatchObject({ httpStatus: 410 });
    expect(await failure(collect(transport.stream('/w', {}, signal)))).toBeInstanceOf(ApiTransientError);
  });

  it('ends when its reader leaves, and so does the connection', async () => {
    const { promise: left, resolve } = Promise.withResolvers<void>();
    const server = await serve((_request, response) => {
      response.on('close', resolve);
      response.write('{"a":1}\n');
    });
    const stream = open(staticConnection({ server })).stream('/w', {}, new AbortController().signal);
    for await (const line of stream) if (line !== '') break;
    await left;
  });
});

describe('Retry-After', () => {
  const now = Date.UTC(2026, 0, 1);
  it.each([
    ['3', 3_000],
    ['0', 0],
    ['Thu, 01 Jan 2026 00:00:10 GMT', 10_000],
    ['Wed, 31 Dec 2025 00:00:00 GMT', 0],
    ['soon', undefined],
    [undefined, undefined],
  ])('%p is %p ms', (header, expected) => expect(retryAfterMsOf(header, now)).toBe(expected));
});

describe('the pools', () => {
  it('stay while the TLS settings stay, and are built anew when the CA changes', async () => {
    let ca = 'one';
    const source = agentSource(
      { ...staticConnection({ server: 'https://127.0.0.1' }), tls: () => Promise.resolve({ ca }) },
      4,
    );
    const first = await source.current();
    expect(await source.current()).toBe(first);
    ca = 'two';
    const second = await source.current();
    expect(second).not.toBe(first);
    expect(first.requests.closed).toBe(true);
    await source.close();
    expect(second.requests.destroyed).toBe(true);
  });
});
