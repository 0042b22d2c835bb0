// One exchange with a provider, told by hand as undici would.
import { describe, expect, it } from '@jest/globals';
import { setImmediate as turn } from 'node:timers/promises';
import { gzipSync } from 'node:zlib';
import type { Dispatcher } from 'undici';
import { readWhole } from '../../../../operator/gateway/upstream/answer-body.ts';
import type { AnswerBody } from '../../../../operator/gateway/upstream/answer-body.ts';
import { UpstreamCall } from '../../../../operator/gateway/upstream/upstream-call.ts';

/** Room for everything. */
const endless = { limitBytes: Infinity, hold: () => true };

/** A call, and the connection that it believes to have. */
function started() {
  const call = new UpstreamCall();
  const flow: string[] = [];
  const controller = {
    abort: (reason: Error) => {
      flow.push('abort');
      call.onResponseError(controller, reason);
    },
    pause: () => void flow.push('pause'),
    resume: () => void flow.push('resume'),
  } as unknown as Dispatcher.DispatchController;
  const answer = (headers: Record<string, string> = {}) => call.onResponseStart(controller, 200, headers);
  const part = (bytes: string | Buffer) => call.onResponseData(controller, Buffer.from(bytes));
  return { call, controller, flow, answer, part };
}

async function bodyOf(call: UpstreamCall): Promise<AnswerBody> {
  const sent = await call.head;
  if (sent.kind === 'failed') throw new Error(`expected an answer, got ${sent.symptom}`);
  return sent.body;
}

/** Notes everything that it is told. */
function noting() {
  const notes: string[] = [];
  return {
    notes,
    onPart: (bytes: Buffer) => void notes.push(bytes.toString()),
    onEnd: () => void notes.push('end'),
    onCut: () => void notes.push('cut'),
  };
}

describe('a call that has no answer', () => {
  it.each([
    ['a connection that breaks is a reset', 'UND_ERR_SOCKET', 'reset'],
    ['a connection that nobody takes is unreachable', 'ECONNREFUSED', 'unreachable'],
    ['bytes that are no HTTP are malformed', 'HPE_INVALID_CONSTANT', 'malformed'],
    ['an error without a word is unreachable', undefined, 'unreachable'],
  ])('%s', async (_name, code, symptom) => {
    const { call, controller } = started();
    call.onRequestStart(controller);
    call.onResponseError(controller, Object.assign(new Error('by the test'), { code }));
    expect(await call.head).toEqual({ kind: 'failed', symptom });
  });

  it('ends at once when it is cancelled while it waits for a connection, and is not sent later', async () => {
    const { call, controller, flow } = started();
    call.cancel();
    expect(await call.head).toMatchObject({ kind: 'failed' });
    call.onRequestStart(controller);
    expect(flow).toEqual(['abort']);
  });

  it('ignores what is only informational', async () => {
    const { call, controller, answer, part } = started();
    call.onRequestStart(controller);
    call.onResponseStart(controller, 103, { link: 'x' });
    answer({ 'x-real': 'yes' });
    part('whole');
    call.onResponseEnd();
    expect(await call.head).toMatchObject({ status: 200, headers: { 'x-real': 'yes' } });
    expect(await readWhole(await bodyOf(call), endless)).toEqual(Buffer.from('whole'));
  });
});

describe('the body of an answer', () => {
  it('loses nothing that came before somebody read', async () => {
    const { call, controller, answer, part } = started();
    call.onRequestStart(controller);
    answer();
    part('early ');
    const body = await bodyOf(call);
    part('earlier than the reader');
    const reader = noting();
    body.read(reader);
    part(', late');
    call.onResponseEnd();
    expect(reader.notes).toEqual(['early ', 'earlier than the reader', ', late', 'end']);
  });

  it('tells a late reader of an end or a cut that has been', async () => {
    for (const cut of [false, true]) {
      const { call, controller, answer, part } = started();
      call.onRequestStart(controller);
      answer();
      part('all');
      if (cut) call.onResponseError(controller, new Error('by the test'));
      else call.onResponseEnd();
      const reader = noting();
      (await bodyOf(call)).read(reader);
      expect(reader.notes).toEqual(['all', cut ? 'cut' : 'end']);
    }
  });

  it('tells nothing after the cut of a reader that cancels in the middle', async () => {
    const { call, controller, answer, part, flow } = started();
    call.onRequestStart(controller);
    answer();
    part('one');
    const body = await bodyOf(call);
    const reader = noting();
    body.read({ ...reader, onPart: (bytes) => (reader.onPart(bytes), body.cancel()) });
    expect(reader.notes).toEqual(['one', 'cut']);
    body.cancel();
    expect(flow).toEqual(['abort']);
  });

  it('cannot be cancelled once it is whole', async () => {
    const { call, controller, answer, flow } = started();
    call.onRequestStart(controller);
    answer();
    call.onResponseEnd();
    call.cancel();
    expect(flow).toEqual([]);
  });

  it('is undefined as a whole when it was cut', async () => {
    const { call, controller, answer, part } = started();
    call.onRequestStart(controller);
    answer();
    part('half');
    const whole = readWhole(await bodyOf(call), endless);
    call.onResponseError(controller, new Error('by the test'));
    expect(await whole).toBeUndefined();
  });
});

describe('a compressed answer', () => {
  const packed = gzipSync('plain text');

  it('is read plain, and does not say that it was not', async () => {
    const { call, controller, answer, part } = started();
    call.onRequestStart(controller);
    answer({ 'content-encoding': 'GZIP' });
    part(packed);
    call.onResponseEnd();
    expect(await call.head).toMatchObject({ headers: { 'content-encoding': undefined } });
    expect((await readWhole(await bodyOf(call), endless))?.toString()).toBe('plain text');
  });

  it.each([
    ['breaks off in the middle', packed.subarray(0, packed.length - 6)],
    ['is not compressed at all', Buffer.from('plain text')],
  ])('is cut when it %s', async (_name, bytes) => {
    const { call, controller, answer, part } = started();
    call.onRequestStart(controller);
    answer({ 'content-encoding': 'gzip' });
    part(bytes);
    call.onResponseEnd();
    expect(await readWhole(await bodyOf(call), endless)).toBeUndefined();
  });

  it('is cut when its connection breaks', async () => {
    const { call, controller, answer, part } = started();
    call.onRequestStart(controller);
    answer({ 'content-encoding': 'gzip' });
    part(packed.subarray(0, 12));
    const whole = readWhole(await bodyOf(call), endless);
    call.onResponseError(controller, new Error('by the test'));
    expect(await whole).toBeUndefined();
  });

  it('is malformed, and let go, when nobody here can read it', async () => {
    const { call, controller, answer, flow } = started();
    call.onRequestStart(controller);
    answer({ 'content-encoding': 'zstd' });
    expect(await call.head).toEqual({ kind: 'failed', symptom: 'malformed' });
    expect(flow).toEqual(['abort']);
  });

  it('lets its sender wait while nobody takes what is unpacked', async () => {
    const { call, controller, answer, part, flow } = started();
    call.onRequestStart(controller);
    answer({ 'content-encoding': 'gzip' });
    const body = await bodyOf(call);
    const reader = noting();
    body.read(reader);
    body.pause();
    part(gzipSync('x'.repeat(1 << 20), { level: 0 }));
    expect(flow).toContain('pause');
    body.resume();
    while (!flow.includes('resume')) await turn();
    call.onResponseEnd();
    while (!reader.notes.includes('end')) await turn();
    expect(reader.notes.slice(0, -1).join('')).toHaveLength(1 << 20);
  });
});
