// Bodies that go to a model in pieces, and providers that do not take them as they come.
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { RequestListener, Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { request } from 'undici';
import { model, route, startStage } from './stage.ts';
import type { Stage } from './stage.ts';

/** More than any buffer on the way takes. */
const BODY = JSON.stringify({ model: 'any', image: 'A'.repeat(16 * 1024 * 1024) });

let stage: Stage;
let provider: Server | undefined;
beforeEach(async () => {
  stage = await startStage();
});
afterEach(async () => {
  await stage.close();
  provider?.closeAllConnections();
  provider?.close();
});

/** Puts such a provider behind the primary; the fallback is a good one. */
async function primaryIs(listener: RequestListener): Promise<void> {
  provider = createServer(listener).listen(0, '127.0.0.1');
  await once(provider, 'listening');
  const origin = `http://127.0.0.1:${(provider.address() as AddressInfo).port}`;
  stage.use(route([model('primary', 0, origin), model('fallback', 1, stage.fallback.origin)]));
}

const post = (signal?: AbortSignal) =>
  request(`${stage.origin}/ns/wf/anthropic/v1/messages`, { method: 'POST', body: BODY, signal: signal ?? null });

describe('a large body', () => {
  it.each<[string, RequestListener]>([
    [
      'refuses it before it has come, and reads no more',
      (_incoming, response) => void response.writeHead(529).end('{"error":{"message":"overloaded"}}'),
    ],
    ['breaks off in the middle of it', (incoming) => void incoming.once('data', () => incoming.socket.destroy())],
    ['ends the connection in the middle of it', (incoming) => void incoming.once('data', () => incoming.socket.end())],
  ])('goes to the fallback when the primary %s', async (_name, listener) => {
    await primaryIs(listener);
    const { statusCode, headers, body } = await post();
    expect([statusCode, headers['x-mcpworkflow-model']]).toEqual([200, 'fallback']);
    expect(await body.json()).toMatchObject({ type: 'message' });
    expect(stage.fallback.seen.map(({ body: sent }) => sent)).toEqual([BODY.replace('"any"', '"up-fallback"')]);
  });

  it('is sent no further once its caller has left', async () => {
    const [begun, ended] = [Promise.withResolvers<void>(), Promise.withResolvers<number>()];
    await primaryIs((incoming) => {
      incoming.on('data', () => {
        begun.resolve();
        incoming.pause();
        setTimeout(() => incoming.resume(), 10);
      });
      incoming.on('error', () => {});
      incoming.on('close', () => ended.resolve(incoming.socket.bytesRead));
    });
    const leaving = new AbortController();
    const left = post(leaving.signal).catch(() => 'left');
    await begun.promise;
    leaving.abort();
    expect(await left).toBe('left');
    expect(await ended.promise).toBeLessThan(BODY.length);
    expect(stage.gateway.held().requests).toBe(0);
  });
});
