// Who may call: by inject for the answers, over a socket for what is read of a request.
import { once } from 'node:events';
import { connect } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { createApiKey, hashOfApiKey } from '../../../../operator/gateway/front/api-key.ts';
import { startStage } from '../stage.ts';
import type { Stage } from '../stage.ts';

const OPEN = '/ns/wf/anthropic/v1/messages';
const BODY = JSON.stringify({ model: 'x', max_tokens: 8, messages: [{ role: 'user', content: 'hi' }] });
const [old, next, others] = [createApiKey(), createApiKey(), createApiKey()];
const WEAK = 'secret';

let stage: Stage;
afterEach(() => stage.close());

const ask = (headers: Record<string, string>, url = OPEN) =>
  stage.gateway.app.inject({
    method: 'POST',
    url,
    payload: BODY,
    headers: { 'content-type': 'application/json', ...headers },
  });
/** The answer, without what differs between any two. */
async function told(headers: Record<string, string>, url: string) {
  const { statusCode, headers: all, body } = await ask(headers, url);
  const [date, id] = [String(all.date), /req_\w+/.exec(body)?.[0] ?? 'no id'];
  return JSON.stringify({ statusCode, all, body }).replaceAll(id, 'ID').replaceAll(date, 'DATE');
}

describe('a workflow with keys', () => {
  beforeEach(async () => {
    stage = await startStage();
    stage.use(stage.usual({ keyHashes: [old, next, WEAK].map(hashOfApiKey) }));
  });

  it.each([
    ['the old key, as Anthropic’s SDK sends it', { 'x-api-key': old }, 200],
    ['the new key beside it', { 'x-api-key': next }, 200],
    ['a key as OpenAI’s SDK sends it', { authorization: `Bearer ${old}` }, 200],
    [
      'the right key in one header and another’s in the other',
      { 'x-api-key': others, authorization: `bearer ${old}` },
      200,
    ],
    ['no key', {}, 401],
    ['the key of somebody else', { 'x-api-key': others }, 401],
    ['a key cut short', { 'x-api-key': old.slice(0, -1) }, 401],
    ['the hash in place of the key', { 'x-api-key': hashOfApiKey(old) }, 401],
    ['a weak key, though its hash is in the spec', { 'x-api-key': WEAK }, 401],
    ['another scheme', { authorization: `Basic ${old}` }, 401],
  ])('%s: %#', async (_name, headers, status) => {
    const answer = await ask(headers);
    expect(answer.statusCode).toBe(status);
    expect(stage.primary.seen.length).toBe(status === 200 ? 1 : 0);
  });

  it('says in the dialect of the path what to send, and that trying again is no use', async () => {
    const [anthropic, openai] = [await ask({}), await ask({}, '/ns/wf/openai/v1/chat/completions')];
    expect(anthropic.json()).toMatchObject({ type: 'error', error: { type: 'authentication_error' } });
    expect(openai.json()).toMatchObject({
      error: { code: 'invalid_api_key', message: expect.stringContaining('mcpworkflow key') },
    });
    expect(openai.headers).toMatchObject({ 'x-should-retry': 'false', 'www-authenticate': 'Bearer' });
  });

  // proves credentials-stay
  it('keeps the key of its caller to itself', async () => {
    await ask({ 'x-api-key': old, authorization: `Bearer ${next}` });
    const sent = JSON.stringify(stage.primary.seen);
    expect(sent).toContain('primary');
    expect(sent).not.toContain(old);
    expect(sent).not.toContain(next);
  });

  it('lets a removed key in no more from the next table on', async () => {
    stage.use(stage.usual({ keyHashes: [hashOfApiKey(next)] }));
    expect((await ask({ 'x-api-key': old })).statusCode).toBe(401);
    expect((await ask({ 'x-api-key': next })).statusCode).toBe(200);
  });

  // proves key-before-body
  it('reads no body of a caller without a key', async () => {
    const { port } = new URL(stage.origin);
    const socket = connect(Number(port), '127.0.0.1');
    socket.write(
      `POST ${OPEN} HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ncontent-length: 1000000\r\n\r\n`,
    );
    const [first] = (await once(socket, 'data')) as [Buffer];
    socket.destroy();
    expect(first.toString()).toMatch(/^HTTP\/1\.1 401 /);
  });
});

describe('a workflow without keys', () => {
  it('is open where only this machine can call', async () => {
    stage = await startStage();
    expect((await ask({})).statusCode).toBe(200);
    expect((await ask({ 'x-api-key': 'whatever an SDK needs to start' })).statusCode).toBe(200);
  });

  // proves strangers-learn-nothing
  it('is closed where others can, and no answer tells whether it is there', async () => {
    stage = await startStage({ mustProve: true });
    stage.use(stage.usual(), stage.usual({ key: 'ns/keyed', keyHashes: [hashOfApiKey(old)] }));
    const answers = [];
    for (const workflow of ['wf', 'keyed', 'none']) {
      answers.push(await told({ 'x-api-key': others }, `/ns/${workflow}/anthropic/v1/messages`));
    }
    const [unkeyed, keyed, absent] = answers;
    expect(unkeyed).toContain('authentication_error');
    expect([keyed, absent]).toEqual([unkeyed, unkeyed]);
    expect((await ask({ 'x-api-key': old }, '/ns/keyed/anthropic/v1/messages')).statusCode).toBe(200);
    expect((await ask({ 'x-api-key': old }, '/ns/wf/anthropic/v1/messages')).statusCode).toBe(401);
  });
});
