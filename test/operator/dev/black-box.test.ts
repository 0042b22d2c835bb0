// `mcpworkflow dev` as a process between the official SDKs and providers whose answers are odd but right, or wrong for one model
// only. How it does when a provider is down is in docs/truth.md, which test/truth plays through the same command.
import Anthropic from '@anthropic-ai/sdk';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import OpenAI from 'openai';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePort } from '../../cluster/free-port.ts';
import { until } from '../../cluster/plane-access.ts';
import { launch } from '../../e2e/program.ts';
import type { Program } from '../../e2e/program.ts';
import { startUpstream } from '../gateway/upstream.ts';
import type { Mode, Upstream } from '../gateway/upstream.ts';

const APIS = ['messages', 'chat', 'responses'] as const;
const WAYS = APIS.flatMap((api) => [false, true].map((stream) => ({ api, stream })));
type Way = (typeof WAYS)[number];

/** One for each, so that no breaker and no status remembers another test. */
const STORIES = [
  'tool',
  'refusal',
  'after-tool',
  'choices',
  'too-large',
  'picky',
  'alone',
  'wait',
  'long-wait',
] as const;
const workflowOf = (story: (typeof STORIES)[number], { api, stream }: Way) =>
  `${story}-${api}${stream ? '-stream' : ''}`;

/** Models of the same name as the provider that has them, after their dialect. */
const PROVIDERS = ['primary', 'picky', 'plain'] as const;
let upstreams: Readonly<Record<(typeof PROVIDERS)[number], Upstream>>;
let folder: string;
let origin: string;
let dev: Program;

function manifest(name: string): string {
  const prefix = name.includes('messages') ? 'a' : 'o';
  const fallbacks = [`${prefix}-picky`, ...(name.startsWith('picky') ? [`${prefix}-plain`] : [])];
  // The operator keeps out of it: what is tested is one request.
  const spec = { interval: '5m', models: { primary: `${prefix}-primary`, fallbacks }, probes: { canary: 'Off' } };
  return JSON.stringify({ apiVersion: 'ai.example.com/v1alpha1', kind: 'MCPWorkflow', metadata: { name }, spec });
}

beforeAll(async () => {
  const [primary, picky, plain] = [await startUpstream(), await startUpstream(), await startUpstream()];
  upstreams = { primary, picky, plain };
  folder = mkdtempSync(join(tmpdir(), 'mcpworkflow-black-box-'));
  const providers = PROVIDERS.flatMap((name) => [
    { name: `a-${name}`, protocol: 'Anthropic', baseURL: upstreams[name].origin, models: [`a-${name}`] },
    { name: `o-${name}`, protocol: 'OpenAI', baseURL: `${upstreams[name].origin}/v1`, models: [`o-${name}`] },
  ]);
  const [catalog, workflows] = [join(folder, 'providers.yaml'), join(folder, 'workflows.yaml')];
  writeFileSync(catalog, JSON.stringify({ providers }));
  const names = STORIES.flatMap((story) => WAYS.map((way) => workflowOf(story, way)));
  writeFileSync(workflows, names.map(manifest).join('\n---\n'));
  const listen = `127.0.0.1:${await freePort()}`;
  origin = `http://${listen}`;
  let said = '';
  const args = ['dev', workflows, '--providers', catalog, '--listen', listen];
  dev = launch({ args, origin, network: undefined, onOutput: (text) => void (said += text) });
  await until(`it to be ready: ${said}`, () => dev.isReady());
}, 40_000);

afterAll(async () => {
  expect(await dev.end('SIGTERM')).toBe(0);
  await Promise.all(Object.values(upstreams).map((upstream) => upstream.close()));
  rmSync(folder, { recursive: true });
});

beforeEach(() => {
  for (const upstream of Object.values(upstreams)) {
    Object.assign(upstream, { mode: 'ok', headers: {}, errorBody: undefined, text: 'hello' });
    upstream.seen.length = 0;
  }
});

const OPTIONS = { apiKey: 'caller', maxRetries: 0 };
const QUESTION = [{ role: 'user' as const, content: 'hi' }];

/** Asks in each API as a user of the SDK does: a question, or the result of a tool. */
const ASK: Readonly<
  Record<
    Way['api'],
    (base: string, stream: boolean, afterTool: boolean) => PromiseLike<{ data: unknown; response: Response }>
  >
> = {
  messages: (base, stream, afterTool) => {
    const result = [{ type: 'tool_result' as const, tool_use_id: 't', content: '1' }];
    const messages = afterTool ? [{ role: 'user' as const, content: result }] : QUESTION;
    const client = new Anthropic({ baseURL: `${base}/anthropic`, ...OPTIONS });
    return client.messages.create({ model: 'any', max_tokens: 9, messages, stream }).withResponse();
  },
  chat: (base, stream, afterTool) => {
    const result = { role: 'tool' as const, tool_call_id: 'c', content: '1' };
    const client = new OpenAI({ baseURL: `${base}/openai/v1`, ...OPTIONS });
    const messages = afterTool ? [...QUESTION, result] : QUESTION;
    return client.chat.completions.create({ model: 'any', messages, stream }).withResponse();
  },
  responses: (base, stream, afterTool) => {
    const result = [{ type: 'function_call_output' as const, call_id: 'c', output: '1' }];
    const client = new OpenAI({ baseURL: `${base}/openai/v1`, ...OPTIONS });
    return client.responses.create({ model: 'any', input: afterTool ? result : 'hi', stream }).withResponse();
  },
};

interface Got {
  readonly by: string | null;
  readonly attempts: string | null;
  /** The answer or all of its events, as JSON. */
  readonly said: string;
}

/** Asks as the SDK does and reads to the end. */
async function ask(story: (typeof STORIES)[number], { api, stream }: Way, afterTool = false): Promise<Got> {
  const base = `${origin}/default/${workflowOf(story, { api, stream })}`;
  const { data, response } = await ASK[api](base, stream, afterTool);
  const said = stream ? [] : [data];
  if (stream) for await (const event of data as AsyncIterable<unknown>) said.push(event);
  const { headers } = response;
  return {
    by: headers.get('x-mcpworkflow-model'),
    attempts: headers.get('x-mcpworkflow-attempts'),
    said: JSON.stringify(said),
  };
}

const questions = ({ seen }: Upstream) => seen.filter(({ method }) => method === 'POST').length;
const byPrimary = (said: unknown) => ({ by: expect.stringMatching(/-primary$/), attempts: '1', said });

// proves unmodified-clients
describe.each(WAYS)('$api, stream: $stream', (way) => {
  it.each<[string, 'tool' | 'refusal' | 'after-tool', Mode, RegExp]>([
    ['nothing but a call of a tool', 'tool', 'tool', /"get"/],
    ['a refusal', 'refusal', 'refusal', /refusal/],
    ['nothing to say to the result of a tool', 'after-tool', 'empty', /end_turn|"stop"|completed/],
  ])('is answered by the primary with %s, which is a whole answer', async (_name, story, mode, says) => {
    upstreams.primary.mode = mode;
    const got = await ask(story, way, story === 'after-tool');
    expect(got).toEqual(byPrimary(expect.stringMatching(says)));
    expect(questions(upstreams.picky)).toBe(0);
  });

  // proves callers-fault-is-passed-on
  it('is told by the primary itself that the request is too large, after one attempt', async () => {
    Object.assign(upstreams.primary, { mode: 'status', status: 413 });
    const error = { status: 413, message: expect.stringContaining('the provider says error_413') };
    await expect(ask('too-large', way)).rejects.toMatchObject(error);
    expect([questions(upstreams.primary), questions(upstreams.picky)]).toEqual([1, 0]);
  });

  it('is answered by the next model when a fallback does not know what only the primary does', async () => {
    Object.assign(upstreams.primary, { mode: 'status', status: 529 });
    Object.assign(upstreams.picky, { mode: 'status', status: 400 });
    const got = await ask('picky', way);
    expect(got).toMatchObject({ by: expect.stringMatching(/-plain$/), attempts: '3' });
    expect(got.said).toMatch(/hello|"h".*"e".*"l".*"l".*"o"/);
  });

  it('is told, when nobody else is left, why each model could not, and that asking again is no use', async () => {
    Object.assign(upstreams.primary, { mode: 'status', status: 529 });
    Object.assign(upstreams.picky, { mode: 'status', status: 400 });
    const asked = ask('alone', way);
    await expect(asked).rejects.toMatchObject({
      status: 503,
      message: expect.stringMatching(/Overloaded.*Incompatible/),
    });
    const { headers } = (await asked.catch((error: unknown) => error)) as { readonly headers: Headers };
    expect(headers.get('x-should-retry')).toBe('false');
  });

  it('is told at once, and when to come again, when both want a minute', async () => {
    const limited = { mode: 'status', status: 429, headers: { 'retry-after': '60' } };
    Object.assign(upstreams.primary, limited);
    Object.assign(upstreams.picky, limited);
    const error = (await ask('long-wait', way).catch((thrown: unknown) => thrown)) as InstanceType<
      typeof OpenAI.APIError
    >;
    expect(error).toMatchObject({ status: 503, message: expect.stringMatching(/RateLimited.*RateLimited/) });
    expect(Number(error.headers?.get('retry-after'))).toBeLessThanOrEqual(5);
    expect([questions(upstreams.primary), questions(upstreams.picky)]).toEqual([1, 1]);
  });
});

describe('when both models want a wait of two seconds', () => {
  it('all who ask are answered after it', async () => {
    const limited = { mode: 'status', status: 429, headers: { 'retry-after': '2' } };
    Object.assign(upstreams.primary, limited);
    Object.assign(upstreams.picky, limited);
    const asked = Promise.all(WAYS.map((way) => ask('wait', way)));
    await until('both to be asked by all', () => questions(upstreams.picky) === WAYS.length);
    Object.assign(upstreams.picky, { mode: 'ok', headers: {} });
    for (const got of await asked) expect(got).toMatchObject({ by: expect.stringMatching(/-picky$/), attempts: '3' });
  });
});

describe('several choices', () => {
  const choice = (index: number, content: string) => ({
    ...{ index, message: { role: 'assistant', content, refusal: null }, finish_reason: 'stop' },
  });
  const unary = {
    id: 'c',
    object: 'chat.completion',
    created: 1,
    model: 'up',
    choices: [choice(0, ''), choice(1, 'second')],
  };
  const chunk = (index: number, delta: object, finish_reason: string | null = null) => {
    const data = { id: 'c', object: 'chat.completion.chunk', created: 1, model: 'up' };
    return `data: ${JSON.stringify({ ...data, choices: [{ index, delta, finish_reason }] })}\n\n`;
  };
  const streamed = [
    chunk(0, { role: 'assistant', content: '' }),
    chunk(0, {}, 'stop'),
    chunk(1, { role: 'assistant', content: 'second' }),
    chunk(1, {}, 'stop'),
    'data: [DONE]\n\n',
  ].join('');

  it.each([
    [false, JSON.stringify(unary)],
    [true, streamed],
  ])('of which one is empty are a whole answer, stream: %s', async (stream, bytes) => {
    Object.assign(upstreams.primary, { mode: 'raw', raw: { bytes: Buffer.from(bytes), ending: 'end' } });
    const got = await ask('choices', { api: 'chat', stream });
    expect(got).toEqual(byPrimary(expect.stringContaining('second')));
  });
});
