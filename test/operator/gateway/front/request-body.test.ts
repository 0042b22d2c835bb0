// Reading a caller's body, of which it is not known how it comes.
import { PassThrough } from 'node:stream';
import { finished } from 'node:stream/promises';
import type { IncomingMessage } from 'node:http';
import { describe, expect, it } from '@jest/globals';
import { readRequestBody } from '../../../../operator/gateway/front/request-body.ts';

/** What is told of a body that comes in these parts. */
async function told(parts: readonly string[], headers: Record<string, string> = {}, limitBytes = 10) {
  const incoming = Object.assign(new PassThrough(), { headers });
  const all: unknown[] = [];
  readRequestBody(incoming as unknown as IncomingMessage, limitBytes, (body) =>
    all.push(Buffer.isBuffer(body) ? body.toString() : body),
  );
  for (const part of parts) incoming.write(part);
  incoming.end();
  incoming.resume();
  await finished(incoming);
  return all;
}

describe('a request body', () => {
  it.each([
    ['in one part', ['whole'], ['whole']],
    ['in several', ['who', 'l', 'e'], ['whole']],
    ['that is empty', [], ['']],
    ['as large as may be', ['12345', '67890'], ['1234567890']],
    ['a byte too large, told once', ['12345', '67890', '!', 'more'], ['tooLarge']],
  ])('%s', async (_name, parts, expected) => {
    expect(await told(parts)).toEqual(expected);
  });

  it('that says how large it is comes together in its place', async () => {
    const parts = ['a', 'b', 'c'].map((letter) => letter.repeat(70_000));
    expect(await told(parts, { 'content-length': '210000' }, 210_000)).toEqual([parts.join('')]);
  });

  it('has no more than what came, whatever it says', async () => {
    expect(await told(['only', 'this'], { 'content-length': '210000' }, 210_000)).toEqual(['onlythis']);
  });

  it('is not read when it says that it is too large', async () => {
    expect(await told(['small'], { 'content-length': '11' })).toEqual(['tooLarge']);
  });

  it('is not told when it breaks off', async () => {
    const incoming = Object.assign(new PassThrough(), { headers: {} });
    const all: unknown[] = [];
    readRequestBody(incoming as unknown as IncomingMessage, 10, (body) => all.push(body));
    incoming.write('half');
    incoming.destroy(new Error('by the test'));
    await finished(incoming).catch(() => {});
    expect(all).toEqual([]);
  });
});
