import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { once } from 'node:events';
import { connect } from 'node:tls';
import type { TLSSocket } from 'node:tls';
import { selfSigned } from '../../fakes/certificate.ts';
import { startStage } from './stage.ts';
import type { Stage } from './stage.ts';

const [FIRST, SECOND] = [selfSigned('first.example'), selfSigned('second.example')];

let stage: Stage;
const sockets: TLSSocket[] = [];
beforeEach(async () => {
  stage = await startStage({ tls: FIRST });
});
afterEach(async () => {
  for (const socket of sockets.splice(0)) socket.destroy();
  await stage.close();
});

/** A caller that trusts this certificate alone. */
async function caller(trusted: { readonly cert: string }, more: object = {}): Promise<TLSSocket> {
  const port = Number(new URL(stage.origin).port);
  const socket = connect({ port, host: '127.0.0.1', ca: trusted.cert, ...more });
  sockets.push(socket);
  await once(socket, 'secureConnect');
  return socket;
}

/** Sends a request on an open connection, and waits for the end of its answer. */
async function ask(socket: TLSSocket): Promise<string> {
  let answer = '';
  const read = (part: Buffer) => (answer += part.toString());
  socket.on('data', read);
  const payload = '{"messages":[]}';
  socket.write(
    `POST /ns/wf/openai/v1/chat/completions HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\n` +
      `content-length: ${payload.length}\r\n\r\n${payload}`,
  );
  while (!answer.includes('"choices"')) await once(socket, 'data');
  socket.off('data', read);
  return answer;
}

describe('a gateway with a certificate', () => {
  it('serves those who trust it', async () => {
    expect(await ask(await caller(FIRST))).toMatch(/^HTTP\/1\.1 200 /);
    await expect(caller(SECOND)).rejects.toThrow(/self-signed/);
  });

  it('shows a renewed one to new connections, and open ones go on', async () => {
    const open = await caller(FIRST);
    await ask(open);
    stage.gateway.renewTls(SECOND);
    expect(await ask(open)).toMatch(/^HTTP\/1\.1 200 /);
    expect(await ask(await caller(SECOND))).toMatch(/^HTTP\/1\.1 200 /);
    await expect(caller(FIRST)).rejects.toThrow(/self-signed/);
  });

  it('speaks no TLS that is older than 1.2', async () => {
    await expect(caller(FIRST, { maxVersion: 'TLSv1.1', minVersion: 'TLSv1.1' })).rejects.toThrow();
    expect((await caller(FIRST, { maxVersion: 'TLSv1.2' })).getProtocol()).toBe('TLSv1.2');
  });

  it('cannot be given one when it has none', async () => {
    const plain = await startStage();
    expect(() => plain.gateway.renewTls(FIRST)).toThrow('expected a server with TLS');
    await plain.close();
  });
});
