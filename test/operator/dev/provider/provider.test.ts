// The simulated provider, asked over real loopback connections as a caller would.
import { afterEach, describe, expect, it } from '@jest/globals';
import { Agent, request } from 'undici';
import { expectedAnswer } from '../../../../operator/dev/provider/answer.ts';
import { MODES } from '../../../../operator/dev/provider/modes.ts';
import type { Mode } from '../../../../operator/dev/provider/modes.ts';
import { startProvider } from '../../../../operator/dev/provider/provider.ts';
import type { ProviderOptions, SimulatedProvider } from '../../../../operator/dev/provider/provider.ts';

const cleanups: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

async function provider(options: ProviderOptions = {}): Promise<SimulatedProvider> {
  const started = await startProvider({ gapMs: 0, slowMs: 5, ...options });
  cleanups.push(() => started.stop());
  return started;
}

interface Seen {
  readonly status?: number;
  readonly headers: Readonly<Record<string, unknown>>;
  readonly body: string;
  /** 'end': the transfer ended as HTTP says; 'broken': it did not; 'silent': nothing more came within the patience. */
  readonly ending: 'end' | 'broken' | 'silent';
}

const PATIENCE_MS = 150;

/** Asks and collects what comes, whatever way it ends. */
async function ask(url: string, body?: unknown, headers: Record<string, string> = {}): Promise<Seen> {
  const agent = new Agent({ allowH2: false, headersTimeout: PATIENCE_MS, bodyTimeout: PATIENCE_MS });
  cleanups.push(() => agent.destroy());
  let text = '';
  try {
    const response = await request(url, {
      dispatcher: agent,
      method: body === undefined ? 'GET' : 'POST',
      headers: { 'content-type': 'application/json', ...headers },
      ...(body !== undefined && { body: JSON.stringify(body) }),
      signal: AbortSignal.timeout(2_000),
    });
    try {
      for await (const part of response.body as AsyncIterable<Buffer>) text += part.toString();
      return { status: response.statusCode, headers: response.headers, body: text, ending: 'end' };
    } catch (error) {
      const { code, name } = error as { code?: string; name?: string };
      const silent = code === 'UND_ERR_BODY_TIMEOUT' || name === 'TimeoutError';
      return {
        status: response.statusCode,
        headers: response.headers,
        body: text,
        ending: silent ? 'silent' : 'broken',
      };
    }
  } catch (error) {
    const silent = (error as { code?: string }).code === 'UND_ERR_HEADERS_TIMEOUT';
    return { headers: {}, body: text, ending: silent ? 'silent' : 'broken' };
  }
}

const chat = (model: string, prompt: string, stream: boolean) => ({
  model,
  stream,
  messages: [{ role: 'user', content: prompt }],
});
const messages = (model: string, prompt: string, stream: boolean) => ({
  ...chat(model, prompt, stream),
  max_tokens: 100,
});

/** The members that the tests look at, of both dialects. */
interface Data {
  readonly type?: string;
  readonly content?: unknown;
  readonly delta?: { readonly text?: string };
  readonly choices?: readonly { readonly delta?: { readonly content?: string } }[];
}

const dataOf = (body: string): Data[] =>
  [...body.matchAll(/^data: (\{.*\})$/gm)].map(([, json]) => JSON.parse(json ?? '') as Data);
const anthropicText = (body: string) =>
  dataOf(body)
    .map((event) => event.delta?.text ?? '')
    .join('');
const openaiText = (body: string) =>
  dataOf(body)
    .map((event) => event.choices?.[0]?.delta?.content ?? '')
    .join('');

describe('a provider that is well', () => {
  it('answers a message whole and says which model it was', async () => {
    const { url } = await provider();
    const seen = await ask(`${url}/v1/messages`, messages('claude-a', 'nonce-1', false));
    const body = JSON.parse(seen.body) as Data;
    expect(body).toMatchObject({ type: 'message', role: 'assistant', model: 'claude-a', stop_reason: 'end_turn' });
    expect(body.content).toEqual([{ type: 'text', text: expectedAnswer('claude-a', 'nonce-1') }]);
    expect(expectedAnswer('claude-a', 'nonce-1')).not.toBe(expectedAnswer('claude-a', 'nonce-2'));
    expect(expectedAnswer('claude-a', 'nonce-1')).not.toBe(expectedAnswer('claude-b', 'nonce-1'));
  });

  it('streams a message in the order of the protocol, in several pieces', async () => {
    const { anthropicURL } = await provider();
    const seen = await ask(`${anthropicURL}/v1/messages`, messages('claude-a', 'nonce-1', true));
    const types = dataOf(seen.body).map((event) => event.type);
    expect(seen.headers['content-type']).toContain('text/event-stream');
    expect(types.slice(0, 3)).toEqual(['message_start', 'content_block_start', 'ping']);
    expect(types.slice(-3)).toEqual(['content_block_stop', 'message_delta', 'message_stop']);
    expect(types.filter((type) => type === 'content_block_delta').length).toBeGreaterThan(3);
    expect(anthropicText(seen.body)).toBe(expectedAnswer('claude-a', 'nonce-1'));
  });

  it('answers and streams responses', async () => {
    const { openaiURL } = await provider();
    const body = (stream: boolean) => ({ model: 'gpt-a', input: 'n', stream });
    const whole = await ask(`${openaiURL}/responses`, body(false));
    const streamed = await ask(`${openaiURL}/responses`, body(true));
    type Whole = { readonly output: readonly { readonly content: readonly { readonly text: string }[] }[] };
    type Event = { readonly delta?: string; readonly sequence_number: number; readonly response?: Whole };
    const textIn = (response: Whole | undefined) => response?.output[0]?.content[0]?.text;
    expect(textIn(JSON.parse(whole.body) as Whole)).toBe(expectedAnswer('gpt-a', 'n'));
    const events = [...streamed.body.matchAll(/^data: (.*)$/gm)].map(([, data]) => JSON.parse(data ?? '') as Event);
    expect(events.map(({ delta }) => delta ?? '').join('')).toBe(expectedAnswer('gpt-a', 'n'));
    expect(events.map(({ sequence_number }) => sequence_number)).toEqual(events.map((_, index) => index));
    expect(textIn(events.at(-1)?.response)).toBe(expectedAnswer('gpt-a', 'n'));
  });

  it('answers and streams chat completions', async () => {
    const { openaiURL } = await provider();
    const whole = await ask(`${openaiURL}/chat/completions`, chat('gpt-a', 'n', false));
    const streamed = await ask(`${openaiURL}/chat/completions`, {
      ...chat('gpt-a', 'n', true),
      stream_options: { include_usage: true },
    });
    expect((JSON.parse(whole.body) as Data).choices?.[0]).toMatchObject({
      message: { content: expectedAnswer('gpt-a', 'n') },
      finish_reason: 'stop',
    });
    expect(openaiText(streamed.body)).toBe(expectedAnswer('gpt-a', 'n'));
    expect(streamed.body.endsWith('data: [DONE]\n\n')).toBe(true);
    expect(dataOf(streamed.body).at(-1)).toMatchObject({ choices: [], usage: { prompt_tokens: 12 } });
  });

  it('reads the prompt from a list of content parts', async () => {
    const { url } = await provider();
    const content = [{ type: 'image' }, { type: 'text', text: 'part-' }, { type: 'text', text: 'two' }];
    const seen = await ask(`${url}/v1/messages`, { model: 'm', messages: [{ role: 'user', content }] });
    expect(seen.body).toContain('part-two');
  });

  it('answers the free questions in the dialect of the caller', async () => {
    const { url } = await provider({ models: ['claude-a'] });
    const version = { 'anthropic-version': '2023-06-01' };
    expect(JSON.parse((await ask(`${url}/v1/models/claude-a`, undefined, version)).body)).toMatchObject({
      type: 'model',
      id: 'claude-a',
    });
    expect(JSON.parse((await ask(`${url}/v1/models/claude-a`)).body)).toMatchObject({
      object: 'model',
      id: 'claude-a',
    });
    expect(JSON.parse((await ask(`${url}/v1/models`)).body)).toMatchObject({
      object: 'list',
      data: [{ id: 'claude-a' }],
    });
    expect(JSON.parse((await ask(`${url}/v1/messages/count_tokens`, messages('claude-a', 'x', false))).body)).toEqual({
      input_tokens: 12,
    });
  });

  it('does not know other models, other paths, other keys or broken bodies', async () => {
    const { url } = await provider({ models: ['claude-a'], key: 'right' });
    const right = { 'x-api-key': 'right' };
    expect((await ask(`${url}/v1/models/claude-b`, undefined, right)).status).toBe(404);
    expect((await ask(`${url}/v1/elsewhere`, undefined, right)).status).toBe(404);
    expect((await ask(`${url}/v1/models/claude-a`, undefined, { authorization: 'Bearer right' })).status).toBe(200);
    expect((await ask(`${url}/v1/models/claude-a`, undefined, { authorization: 'Bearer wrong' })).status).toBe(401);
    expect((await ask(`${url}/v1/messages`, [], right)).status).toBe(400);
  });

  it('records who asked for what, and tells canaries from callers', async () => {
    const { url, requests } = await provider({
      clock: { now: () => 42, after: (_ms, task) => (task(), { cancel: () => {} }) },
    });
    await ask(`${url}/v1/messages`, messages('claude-a', 'Reply with OK.', false));
    await ask(`${url}/v1/messages`, messages('claude-a', 'hello', true));
    expect(requests()).toEqual([
      { method: 'POST', path: '/v1/messages', model: 'claude-a', stream: false, canary: true, mode: 'ok', at: 42 },
      { method: 'POST', path: '/v1/messages', model: 'claude-a', stream: true, canary: false, mode: 'ok', at: 42 },
    ]);
  });
});

interface Row {
  readonly mode: Mode;
  readonly probe: number | 'broken' | 'silent' | 'html';
  readonly unary: (seen: Seen, url: string) => void;
  readonly stream: (seen: Seen) => void;
}

const status = (code: number) => (seen: Seen) => expect(seen).toMatchObject({ status: code, ending: 'end' });
const never = (seen: Seen) => expect(seen).toEqual({ headers: {}, body: '', ending: 'silent' });
const noAnswer = (seen: Seen) => expect(seen).toEqual({ headers: {}, body: '', ending: 'broken' });
const html = (seen: Seen) => expect(seen.headers['content-type']).toBe('text/html');
const wholeAnswer = (seen: Seen) => expect(seen.body).toContain('that is all there is to say about');
const partOf = (ending: Seen['ending'], last?: string) => (seen: Seen) => {
  const text = anthropicText(seen.body);
  expect(seen.status).toBe(200);
  expect(text.length).toBeGreaterThan(10);
  expect(text.length).toBeLessThan(expectedAnswer('m', 'n').length);
  expect(seen.ending).toBe(ending);
  expect(seen.body).not.toContain('message_stop');
  if (last !== undefined) expect(dataOf(seen.body).at(-1)).toMatchObject({ type: last });
};
const nothingOf = (ending: Seen['ending']) => (seen: Seen) => {
  expect(seen).toMatchObject({ status: 200, ending });
  expect(anthropicText(seen.body)).toBe('');
};
const halfUnary = (ending: Seen['ending']) => (seen: Seen) => {
  expect(seen).toMatchObject({ status: 200, ending });
  expect(seen.body.length).toBeGreaterThan(10);
  expect(() => JSON.parse(seen.body) as unknown).toThrow();
};

const ROWS: readonly Row[] = [
  { mode: 'ok', probe: 200, unary: wholeAnswer, stream: status(200) },
  { mode: 'refuse', probe: 'broken', unary: noAnswer, stream: noAnswer },
  { mode: '529', probe: 200, unary: status(529), stream: status(529) },
  { mode: '500', probe: 200, unary: status(500), stream: status(500) },
  { mode: '503', probe: 503, unary: status(503), stream: status(503) },
  { mode: '401', probe: 401, unary: status(401), stream: status(401) },
  { mode: '404', probe: 404, unary: status(404), stream: status(404) },
  {
    mode: '429',
    probe: 200,
    unary: (seen) => expect(seen).toMatchObject({ status: 429, headers: { 'retry-after': '2' } }),
    stream: status(429),
  },
  {
    mode: '429-for-a-minute',
    probe: 200,
    unary: (seen) => expect(seen).toMatchObject({ status: 429, headers: { 'retry-after': '60' } }),
    stream: status(429),
  },
  {
    mode: 'quota',
    probe: 200,
    unary: (seen) => {
      expect(seen.status).toBe(429);
      expect(seen.headers).not.toHaveProperty('retry-after');
      expect(JSON.parse(seen.body)).toMatchObject({
        error: { details: { error_code: 'enforced_spend_limit_reached' } },
      });
    },
    stream: status(429),
  },
  { mode: 'hang', probe: 200, unary: never, stream: never },
  { mode: 'freeze', probe: 'silent', unary: never, stream: never },
  { mode: 'hang-after-headers', probe: 200, unary: nothingOf('silent'), stream: nothingOf('silent') },
  { mode: 'zero-bytes', probe: 200, unary: nothingOf('end'), stream: nothingOf('end') },
  { mode: 'ping-forever', probe: 200, unary: nothingOf('silent'), stream: nothingOf('silent') },
  {
    mode: 'ping-then-hang',
    probe: 200,
    unary: nothingOf('silent'),
    stream: (seen) => {
      nothingOf('silent')(seen);
      expect(dataOf(seen.body)).toEqual([{ type: 'ping' }]);
    },
  },
  { mode: 'cut-before-content', probe: 200, unary: nothingOf('broken'), stream: nothingOf('broken') },
  { mode: 'cut-after-content', probe: 200, unary: halfUnary('broken'), stream: partOf('broken') },
  { mode: 'cut-after-content-fin', probe: 200, unary: halfUnary('broken'), stream: partOf('broken') },
  { mode: 'stall', probe: 200, unary: halfUnary('silent'), stream: partOf('silent', 'content_block_delta') },
  { mode: 'truncate', probe: 200, unary: halfUnary('end'), stream: partOf('end', 'content_block_delta') },
  {
    mode: 'error-first-event',
    probe: 200,
    unary: status(529),
    stream: (seen) =>
      expect(dataOf(seen.body)[0]).toMatchObject({ type: 'error', error: { type: 'overloaded_error' } }),
  },
  { mode: 'error-mid-stream', probe: 200, unary: status(529), stream: partOf('end', 'error') },
  {
    mode: 'half-json',
    probe: 200,
    unary: halfUnary('end'),
    stream: (seen) => expect(seen.body).toMatch(/"text_d\n\n$/),
  },
  {
    mode: 'empty',
    probe: 200,
    unary: (seen) => expect(JSON.parse(seen.body)).toMatchObject({ content: [], stop_reason: 'end_turn' }),
    stream: (seen) =>
      expect(dataOf(seen.body).map((event) => event.type)).toEqual(['message_start', 'message_delta', 'message_stop']),
  },
  // Without a schema there is nothing to break.
  { mode: 'off-schema', probe: 200, unary: wholeAnswer, stream: status(200) },
  { mode: 'html-200', probe: 'html', unary: html, stream: html },
  {
    mode: 'slow',
    probe: 200,
    unary: wholeAnswer,
    stream: (seen) => expect(anthropicText(seen.body)).toBe(expectedAnswer('m', 'n')),
  },
];

describe('a provider that is not well', () => {
  it('has a row here for every mode', () => {
    expect(ROWS.map(({ mode }) => mode).sort()).toEqual(MODES.map(({ name }) => name).sort());
    expect(MODES[0]?.name).toBe('ok');
  });

  for (const { mode, probe, unary, stream } of ROWS) {
    it(`${mode}: ${MODES.find(({ name }) => name === mode)?.sentence}`, async () => {
      const { url, mode: set } = await provider();
      await set('m', mode);
      unary(await ask(`${url}/v1/messages`, messages('m', 'n', false)), url);
      stream(await ask(`${url}/v1/messages`, messages('m', 'n', true)));
      const free = await ask(`${url}/v1/models/m`);
      if (probe === 'html') html(free);
      else if (typeof probe === 'number') expect(free.status).toBe(probe);
      else expect(free.ending).toBe(probe);
      // Another model on the same provider is not touched.
      wholeAnswer(await ask(`${url}/v1/messages`, messages('other', 'n', false)));
    });
  }

  it('closes its port when everything is refused, and listens on the same one again', async () => {
    const { url, mode } = await provider();
    await mode('*', 'refuse');
    noAnswer(await ask(`${url}/v1/models/m`));
    await mode('*', 'ok');
    expect((await ask(`${url}/v1/models/m`)).status).toBe(200);
  });

  it('says overloaded in the words of OpenAI on the other dialect', async () => {
    const { openaiURL, mode } = await provider();
    await mode('*', '529');
    const seen = await ask(`${openaiURL}/chat/completions`, chat('m', 'n', false));
    expect(seen.status).toBe(503);
    expect(JSON.parse(seen.body)).toMatchObject({ error: { code: 'overloaded' } });
  });
});
