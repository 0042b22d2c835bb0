// The limits of the gateway's HTTP side, against callers that no SDK would be: raw sockets on loopback. Times are real here,
// and short: Node's own server keeps them.
import { afterEach, describe, expect, it } from '@jest/globals';
import { once } from 'node:events';
import { connect } from 'node:net';
import type { Socket } from 'node:net';
import { Readable } from 'node:stream';
import { request } from 'undici';
import { LIMITS } from '../../../../operator/gateway/front/limits.ts';
import type { Limits } from '../../../../operator/gateway/front/limits.ts';
import { startStage } from '../stage.ts';
import type { Stage } from '../stage.ts';

let stage: Stage;
const sockets: Socket[] = [];
afterEach(async () => {
  for (const socket of sockets.splice(0)) socket.destroy();
  await stage.close();
});

const start = async (limits: Partial<Limits> = {}) => void (stage = await startStage({ limits }));

/** A connection, and everything that comes back on it. */
function caller() {
  const socket = connect(Number(new URL(stage.origin).port), '127.0.0.1');
  sockets.push(socket);
  const seen = { answer: '' };
  socket.on('data', (part: Buffer) => (seen.answer += part.toString()));
  socket.on('error', () => {}); // a reset is one of the ways to be turned away
  const closed = new Promise((resolve) => socket.once('close', resolve));
  return { socket, seen, closed };
}

const PATH = '/ns/wf/openai/v1/chat/completions';
const HEAD = `POST ${PATH} HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\n`;
const body = (bytes: number) => JSON.stringify({ messages: [], pad: '' }).replace('""', `"${'x'.repeat(bytes - 24)}"`);
const ask = (payload: string | Readable) =>
  request(stage.origin + PATH, {
    method: 'POST',
    body: payload,
    headers: { 'content-type': 'application/json' },
  });

describe('headers', () => {
  it('that are too large are a 431, and nothing goes upstream', async () => {
    await start();
    const { socket, seen, closed } = caller();
    socket.write(`${HEAD}x-bomb: ${'b'.repeat(LIMITS.headerBytes)}\r\ncontent-length: 2\r\n\r\n{}`);
    await closed;
    expect(seen.answer).toMatch(/^HTTP\/1\.1 431 /);
    expect(stage.primary.seen).toEqual([]);
  });

  it('that are large go on', async () => {
    await start();
    const answer = await request(stage.origin + PATH, {
      method: 'POST',
      body: '{"messages":[]}',
      headers: { 'content-type': 'application/json', 'x-large': 'l'.repeat(LIMITS.headerBytes - 1_000) },
    });
    await answer.body.dump();
    expect([answer.statusCode, stage.primary.seen.length]).toEqual([200, 1]);
  });

  it('that never end are ended', async () => {
    await start({ headersMs: 100, lookMs: 20 });
    const { socket, seen, closed } = caller();
    socket.write(HEAD);
    const drip = setInterval(() => socket.write('x-drip: 1\r\n'), 20);
    await closed;
    clearInterval(drip);
    expect(seen.answer).toMatch(/^HTTP\/1\.1 408 /);
  });
});

describe('a body', () => {
  it('that never ends is ended', async () => {
    await start({ requestMs: 150, headersMs: 100, lookMs: 20 });
    const { socket, seen, closed } = caller();
    socket.write(`${HEAD}content-length: 1000\r\n\r\n{`);
    const drip = setInterval(() => socket.write(' '), 20);
    await closed;
    clearInterval(drip);
    expect(seen.answer).toMatch(/^HTTP\/1\.1 408 /);
    expect([stage.primary.seen, stage.errors]).toEqual([[], []]);
  });

  it.each([
    ['with a length', (text: string) => text],
    ['in chunks', (text: string) => Readable.from([text.slice(0, 500), text.slice(500)])],
  ])('that is too large is a 413, %s', async (_, as) => {
    await start({ bodyBytes: 1_000 });
    const answer = await ask(as(body(1_500)));
    expect(answer.statusCode).toBe(413);
    await answer.body.dump();
    expect((await ask(as(body(900)))).statusCode).toBe(200);
  });
});

describe('connections', () => {
  it('beyond the limit are closed at once', async () => {
    await start({ connections: 2 });
    const [first, second] = [caller(), caller()];
    await Promise.all([once(first.socket, 'connect'), once(second.socket, 'connect')]);
    const third = caller();
    await third.closed;
    expect(third.seen.answer).toBe('');
    expect([first.socket.destroyed, second.socket.destroyed]).toEqual([false, false]);
  });
});
