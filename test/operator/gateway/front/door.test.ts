// The door of a gateway that knows tokens, from outside: what their bearers get, and that strangers learn nothing from it.
import { afterEach, describe, expect, it } from '@jest/globals';
import { systemClock } from '../../../../operator/clock.ts';
import type { Identity } from '../../../../operator/gateway/front/access.ts';
import { hashOfApiKey } from '../../../../operator/gateway/front/api-key.ts';
import { createGateway } from '../../../../operator/gateway/front/server.ts';
import type { GatewayOptions } from '../../../../operator/gateway/front/server.ts';
import { model, route, silent, tableOf } from '../stage.ts';

const KEY = `mwf_${'k'.repeat(43)}`;
const WRONG = `mwf_${'w'.repeat(43)}`;

const closing: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0)) await close();
});

const IDENTITIES: Readonly<Record<string, Identity>> = {
  ours: { kind: 'serviceAccount', namespace: 'ns' },
  theirs: { kind: 'serviceAccount', namespace: 'elsewhere' },
  unasked: { kind: 'notAsked' },
};

/** A gateway with the workflows `ns/keyed` and `ns/keyless`, whose provider refuses connections. */
function gatewayWith(more: Partial<GatewayOptions>) {
  const models = [model('primary', 0, 'http://127.0.0.1:1')];
  const keyed = route(models, { key: 'ns/keyed', keyHashes: [hashOfApiKey(KEY)] });
  const table = tableOf(keyed, route(models, { key: 'ns/keyless' }));
  const asked: string[] = [];
  const gateway = createGateway({
    table: () => table,
    credentials: () => 'key',
    clock: systemClock(),
    random: () => 0,
    log: silent,
    whose: async (token) => {
      asked.push(token);
      return IDENTITIES[token] ?? { kind: 'nobody' };
    },
    ...more,
  });
  closing.push(() => gateway.stop());
  /** An answer, and all of it as text without what differs between any two. */
  const call = async (url: string, credential?: string) => {
    const headers = credential === undefined ? {} : { authorization: `Bearer ${credential}` };
    const answer = await gateway.app.inject({ method: 'POST', url, payload: '{}', headers });
    const given: Readonly<Record<string, unknown>> = { ...answer.headers, date: undefined };
    const id = String(given['x-mcpworkflow-request-id']);
    const bytes = JSON.stringify([given, answer.body]).replaceAll(id, 'ID');
    return { status: answer.statusCode, bytes, headers: given, body: answer.body };
  };
  return { asked, call };
}

const PATHS = { Anthropic: 'anthropic/v1/messages', OpenAI: 'openai/v1/chat/completions' } as const;

describe.each(['Anthropic', 'OpenAI'] as const)('where everybody has to prove who they are, in %s', (dialect) => {
  const path = PATHS[dialect];

  it.each([
    ['nothing', undefined, 401],
    ['a wrong key', WRONG, 401],
    ['a token of nobody', 'junk', 401],
    ['a ServiceAccount of another namespace', 'theirs', 403],
    ['a token that could not be asked about', 'unasked', 503],
  ])('who shows %s learns nothing of what exists', async (_, credential, status) => {
    const { call } = gatewayWith({ mustProve: true });
    const answers = [];
    for (const place of [
      `/ns/keyed/${path}`,
      `/ns/keyless/${path}`,
      `/ns/none/${path}`,
      `/none/none/${path}`,
      `/ns/keyed/${dialect.toLowerCase()}/nowhere`,
    ])
      answers.push(await call(place, credential));
    expect(answers.map((answer) => answer.status)).toEqual([status, status, status, status, status]);
    expect(new Set(answers.map((answer) => answer.bytes)).size).toBe(1);
    expect(answers[0]?.bytes).not.toContain('keyed');
  });

  it('a ServiceAccount calls what there is in its namespace, and is told what there is not', async () => {
    const { call } = gatewayWith({ mustProve: true });
    expect((await call(`/ns/keyed/${path}`, 'ours')).body).toContain('ConnectionFailed');
    expect((await call(`/ns/keyless/${path}`, 'ours')).body).toContain('ConnectionFailed');
    expect((await call(`/ns/none/${path}`, 'ours')).body).toContain('there is no workflow ns/none here');
  });

  it('nobody is asked about a key', async () => {
    const { asked, call } = gatewayWith({ mustProve: true });
    expect((await call(`/ns/keyed/${path}`, KEY)).body).toContain('ConnectionFailed');
    await call(`/ns/keyed/${path}`, WRONG);
    expect(asked).toEqual([]);
  });
});

describe('a refusal', () => {
  it('of a foreign ServiceAccount speaks the dialect, and tells SDKs not to retry', async () => {
    const { call } = gatewayWith({ mustProve: true });
    const answer = await call(`/ns/keyed/${PATHS.Anthropic}`, 'theirs');
    expect(JSON.parse(answer.body)).toMatchObject({ type: 'error', error: { type: 'permission_error' } });
    expect(answer.headers).toMatchObject({ 'x-should-retry': 'false' });
  });

  it('asks to come back when nobody could be asked', async () => {
    const answer = await gatewayWith({ mustProve: true }).call(`/ns/keyed/${PATHS.OpenAI}`, 'unasked');
    expect(answer.headers).toMatchObject({ 'retry-after': '2', 'x-should-retry': 'true' });
  });
});

describe('where only workflows with keys ask', () => {
  it('they take the tokens of their namespace, too', async () => {
    const { call } = gatewayWith({});
    expect((await call(`/ns/keyed/${PATHS.OpenAI}`, 'ours')).body).toContain('ConnectionFailed');
    expect((await call(`/ns/keyed/${PATHS.OpenAI}`, 'theirs')).status).toBe(403);
    expect((await call(`/ns/keyed/${PATHS.OpenAI}`, 'any')).status).toBe(401);
  });

  it('all others answer whoever calls, and nobody is asked about them', async () => {
    const { asked, call } = gatewayWith({});
    expect((await call(`/ns/keyless/${PATHS.OpenAI}`, 'any')).body).toContain('ConnectionFailed');
    expect((await call(`/ns/none/${PATHS.OpenAI}`, 'any')).body).toContain('there is no workflow ns/none here');
    expect(asked).toEqual([]);
  });
});

describe('the order of things', () => {
  it('the guard comes first: whom it refuses, nobody is asked about', async () => {
    const { asked, call } = gatewayWith({ mustProve: true, guard: () => 'not from there' });
    const answer = await call(`/ns/keyed/${PATHS.OpenAI}`, 'junk');
    expect([answer.status, answer.body.includes('not from there'), asked]).toEqual([403, true, []]);
  });

  const throwIt = () => {
    throw new Error('bug');
  };
  it.each<[string, Pick<GatewayOptions, 'whose'>]>([
    ['in the answer', { whose: () => Promise.reject(new Error('bug')) }],
    ['in the question', { whose: throwIt }],
  ])('a bug %s about a token is a 500, not an open door', async (_name, options) => {
    const { call } = gatewayWith({ mustProve: true, ...options });
    expect((await call(`/ns/keyed/${PATHS.OpenAI}`, 'x')).status).toBe(500);
  });
});
