// Unmodified official clients against the gateway: whatever the primary does, they get a whole answer from the
// fallback, or an error they can see. Never a truncated answer that looks whole.
import Anthropic from '@anthropic-ai/sdk';
import { zodOutputFormat } from '@anthropic-ai/sdk/helpers/zod';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import OpenAI from 'openai';
import { zodResponseFormat, zodTextFormat } from 'openai/helpers/zod';
import { z } from 'zod';
import { createApiKey, hashOfApiKey } from '../../../operator/gateway/front/api-key.ts';
import { CALLER_KEY, refusingOrigin, startStage, target } from './stage.ts';
import type { Stage } from './stage.ts';
import type { Mode } from './upstream.ts';

let stage: Stage;
let refusing: string;

beforeAll(async () => {
  stage = await startStage();
  refusing = await refusingOrigin();
});
afterAll(() => stage.close());
beforeEach(() => {
  for (const upstream of [stage.primary, stage.fallback]) {
    Object.assign(upstream, { mode: 'ok', headers: {}, errorBody: undefined });
    upstream.seen.length = 0;
  }
  stage.errors.length = 0;
  // Another uid each time: no breaker remembers the row before.
  stage.use(stage.usual({ uid: `uid-${Math.random()}` }));
});

const anthropic = (maxRetries: number) =>
  new Anthropic({ baseURL: `${stage.origin}/ns/wf/anthropic`, apiKey: CALLER_KEY, maxRetries });
const openai = (maxRetries: number) =>
  new OpenAI({ baseURL: `${stage.origin}/ns/wf/openai/v1`, apiKey: CALLER_KEY, maxRetries });

const messages = [{ role: 'user' as const, content: 'hi' }];

/** Each asks in its own way and returns the text of the whole answer. */
const CLIENTS: Readonly<Record<string, (maxRetries: number) => Promise<string>>> = {
  'anthropic, unary': async (maxRetries) => {
    const answer = await anthropic(maxRetries).messages.create({ model: 'any', max_tokens: 100, messages });
    return answer.content.map((block) => (block.type === 'text' ? block.text : '')).join('');
  },
  'anthropic, streaming': async (maxRetries) => {
    const stream = anthropic(maxRetries).messages.stream({ model: 'any', max_tokens: 100, messages });
    const answer = await stream.finalMessage();
    return answer.content.map((block) => (block.type === 'text' ? block.text : '')).join('');
  },
  'anthropic, raw events': async (maxRetries) => {
    let text = '';
    const stream = await anthropic(maxRetries).messages.create({
      model: 'any',
      max_tokens: 100,
      messages,
      stream: true,
    });
    for await (const event of stream) {
      if (event.type === 'content_block_delta' && event.delta.type === 'text_delta') text += event.delta.text;
    }
    return text;
  },
  'openai, unary': async (maxRetries) => {
    const answer = await openai(maxRetries).chat.completions.create({ model: 'any', messages });
    return answer.choices[0]?.message.content ?? '';
  },
  'openai, streaming': async (maxRetries) => {
    let text = '';
    const stream = await openai(maxRetries).chat.completions.create({ model: 'any', messages, stream: true });
    for await (const part of stream) text += part.choices[0]?.delta.content ?? '';
    return text;
  },
  'openai responses, unary': async (maxRetries) =>
    (await openai(maxRetries).responses.create({ model: 'any', input: 'hi' })).output_text,
  'openai responses, streaming': async (maxRetries) => {
    const stream = openai(maxRetries).responses.stream({ model: 'any', input: 'hi' });
    return (await stream.finalResponse()).output_text;
  },
};
const clients = Object.entries(CLIENTS);
const streaming = clients.filter(([name]) => !name.endsWith('unary'));

// proves unmodified-clients, no-request-lost
describe.each(clients)('%s', (_name, ask) => {
  it('gets the answer of a primary that is well, and the fallback hears nothing', async () => {
    expect(await ask(0)).toBe('hello');
    expect(stage.fallback.seen).toHaveLength(0);
  });

  const modes: Mode[] = ['zeroBytes', 'cut', 'half', 'html', 'noBody', 'redirect', 'errorIn200', 'empty'];
  it.each(modes)('is answered by the fallback when the primary does this: %s', async (mode) => {
    stage.primary.mode = mode;
    expect(await ask(0)).toBe('from the fallback');
    expect(stage.errors).toEqual([]);
  });

  it.each([401, 402, 403, 404, 405, 408, 409, 429, 500, 501, 502, 503, 504, 529])(
    'is answered by the fallback when the primary answers %d',
    async (status) => {
      Object.assign(stage.primary, { mode: 'status', status });
      expect(await ask(0)).toBe('from the fallback');
    },
  );

  it('is answered by the fallback when the primary refuses connections', async () => {
    const targets = {
      Anthropic: target('primary', 'Anthropic', refusing),
      OpenAI: target('primary', 'OpenAI', `${refusing}/v1`),
    };
    stage.use(stage.usual({ uid: 'refusing' }, { targets }));
    expect(await ask(0)).toBe('from the fallback');
  });

  it('proves itself with its API key', async () => {
    stage.use(stage.usual({ keyHashes: [hashOfApiKey(CALLER_KEY)] }));
    expect(await ask(0)).toBe('hello');
  });

  it('is told of a wrong API key, and asks no model', async () => {
    stage.use(stage.usual({ keyHashes: [hashOfApiKey(createApiKey())] }));
    await expect(ask(2)).rejects.toMatchObject({ status: 401, message: expect.stringContaining('mcpworkflow key') });
    expect(stage.primary.seen).toHaveLength(0);
  });

  it('gets an error, not an answer, when every model is down', async () => {
    for (const upstream of [stage.primary, stage.fallback]) Object.assign(upstream, { mode: 'status', status: 529 });
    await expect(ask(0)).rejects.toMatchObject({ status: 503 });
  });

  // proves callers-fault-is-passed-on
  it('sees the fault that is its own, as the primary words it', async () => {
    Object.assign(stage.primary, { mode: 'status', status: 400 });
    await expect(ask(2)).rejects.toMatchObject({ status: 400, message: expect.stringContaining('error_400') });
    expect(stage.primary.seen).toHaveLength(1);
    expect(stage.fallback.seen).toHaveLength(0);
  });
});

describe.each(streaming)('%s, with a stream', (_name, ask) => {
  it('is answered by the fallback when the first event is an error', async () => {
    stage.primary.mode = 'errorEventFirst';
    expect(await ask(0)).toBe('from the fallback');
  });

  it.each(['cutAfterContent', 'endWithoutTerminal', 'errorEventMid'] as const)(
    'throws when the stream dies after its first content: %s',
    async (mode) => {
      stage.primary.mode = mode;
      await expect(ask(0)).rejects.toThrow();
      expect(stage.fallback.seen).toHaveLength(0);
    },
  );
});

describe('the default retries of the clients', () => {
  it.each(['anthropic, unary', 'openai, streaming'])('heal a whole outage for %s', async (name) => {
    for (const upstream of [stage.primary, stage.fallback]) Object.assign(upstream, { mode: 'status', status: 529 });
    const answer = CLIENTS[name]?.(2);
    const healed = new Promise<void>((resolve) => {
      const look = () => (stage.fallback.seen.length > 0 ? resolve() : setTimeout(look, 5));
      look();
    });
    await healed;
    stage.fallback.mode = 'ok';
    expect(await answer).toBe('from the fallback');
  });
});

describe('tool calls', () => {
  it('reach an Anthropic client whole', async () => {
    stage.primary.mode = 'tool';
    const answer = await anthropic(0).messages.stream({ model: 'any', max_tokens: 9, messages }).finalMessage();
    expect(answer.content).toMatchObject([{ type: 'tool_use', name: 'get', input: { a: 1 } }]);
  });

  it('reach an OpenAI client whole', async () => {
    stage.primary.mode = 'tool';
    const answer = await openai(0).chat.completions.stream({ model: 'any', messages }).finalChatCompletion();
    expect(answer.choices[0]?.message.tool_calls).toMatchObject([{ function: { name: 'get', arguments: '{"a":1}' } }]);
  });
});

describe('a response', () => {
  it('with a tool call reaches an OpenAI client whole', async () => {
    stage.primary.mode = 'tool';
    const { output } = await openai(0).responses.stream({ model: 'any', input: 'hi' }).finalResponse();
    expect(output).toMatchObject([{ type: 'function_call', name: 'get', arguments: '{"a":1}' }]);
  });

  it('that failed, in a whole answer or as an event, is asked of the fallback', async () => {
    const failed = { id: 'resp_1', object: 'response', status: 'failed', output: [], error: { code: 'server_error' } };
    Object.assign(stage.primary, { mode: 'status', status: 200, errorBody: JSON.stringify(failed) });
    expect(await CLIENTS['openai responses, unary']?.(0)).toBe('from the fallback');
    const event = `event: response.failed\ndata: ${JSON.stringify({ type: 'response.failed', response: failed })}\n\n`;
    Object.assign(stage.primary, { headers: { 'content-type': 'text/event-stream' }, errorBody: event });
    expect(await CLIENTS['openai responses, streaming']?.(0)).toBe('from the fallback');
  });
});

describe('what is asked once', () => {
  it('counts tokens at the active model, and a failure there is no evidence', async () => {
    stage.use(stage.usual({ uid: 'counted' }));
    Object.assign(stage.primary, { mode: 'status', status: 200, errorBody: '{"input_tokens":7}' });
    const { input_tokens } = await anthropic(0).messages.countTokens({ model: 'any', messages });
    expect(input_tokens).toBe(7);
    expect(stage.primary.seen[0]).toMatchObject({ url: '/v1/messages/count_tokens' });
    expect(JSON.parse(stage.primary.seen[0]?.body ?? '')).toMatchObject({ model: 'up-primary' });
    stage.primary.status = 529;
    await expect(anthropic(0).messages.countTokens({ model: 'any', messages })).rejects.toMatchObject({ status: 529 });
    expect(stage.gateway.counters().entries.filter(({ uid }) => uid === 'counted')).toEqual([]);
    expect(stage.fallback.seen).toHaveLength(0);
  });

  it('lists the models of the active model, in both dialects', async () => {
    Object.assign(stage.primary, { mode: 'status', status: 200, errorBody: '{"data":[{"id":"m"}],"has_more":false}' });
    expect((await anthropic(0).models.list()).data).toEqual([{ id: 'm' }]);
    expect((await openai(0).models.list()).data).toEqual([{ id: 'm' }]);
    expect(stage.primary.seen.map(({ url }) => url.split('?')[0])).toEqual(['/v1/models', '/v1/models']);
  });

  it('says nothing of what a provider thinks of our key', async () => {
    Object.assign(stage.primary, {
      mode: 'status',
      status: 401,
      errorBody: '{"error":{"message":"bad key sk-of-p***"}}',
    });
    await expect(openai(0).models.list()).rejects.toMatchObject({
      status: 503,
      message: expect.not.stringContaining('sk-of'),
    });
  });
});

describe('structured output', () => {
  const Ticket = z.object({ severity: z.enum(['low', 'high']), note: z.string().nullable() });
  const good = { severity: 'low', note: null } as const;

  /** Each by the helper of its SDK. */
  const PARSERS: Readonly<Record<string, () => Promise<unknown>>> = {
    'anthropic, unary': async () =>
      (
        await anthropic(0).messages.parse({
          model: 'any',
          max_tokens: 100,
          messages,
          output_config: { format: zodOutputFormat(Ticket) },
        })
      ).parsed_output,
    'anthropic, streaming': async () => {
      const output_config = { format: zodOutputFormat(Ticket) };
      const stream = anthropic(0).messages.stream({ model: 'any', max_tokens: 100, messages, output_config });
      return (await stream.finalMessage()).parsed_output;
    },
    'openai, unary': async () =>
      (
        await openai(0).chat.completions.parse({
          model: 'any',
          messages,
          response_format: zodResponseFormat(Ticket, 'ticket'),
        })
      ).choices[0]?.message.parsed,
    'openai, streaming': async () => {
      const response_format = zodResponseFormat(Ticket, 'ticket');
      const stream = openai(0).chat.completions.stream({ model: 'any', messages, response_format });
      return (await stream.finalChatCompletion()).choices[0]?.message.parsed;
    },
    'openai responses, unary': async () =>
      (
        await openai(0).responses.parse({
          model: 'any',
          input: 'hi',
          text: { format: zodTextFormat(Ticket, 'ticket') },
        })
      ).output_parsed,
    'openai responses, streaming': async () => {
      const text = { format: zodTextFormat(Ticket, 'ticket') };
      return (await openai(0).responses.stream({ model: 'any', input: 'hi', text }).finalResponse()).output_parsed;
    },
  };
  const answers = (primary: string, fallback: string) => {
    stage.primary.text = primary;
    stage.fallback.text = fallback;
  };
  afterEach(() => answers('hello', 'from the fallback'));

  // proves unmodified-clients
  it.each(Object.entries(PARSERS))('%s, passes through, parsed', async (_name, ask) => {
    answers(JSON.stringify(good), '');
    expect(await ask()).toEqual(good);
    expect(stage.fallback.seen).toHaveLength(0);
  });

  // proves failed-checks-are-kept-back
  it.each(Object.entries(PARSERS).filter(([name]) => name.endsWith('unary')))(
    '%s, comes from the fallback when the primary breaks the schema',
    async (_name, ask) => {
      answers('{"severity":"none","note":null}', JSON.stringify(good));
      expect(await ask()).toEqual(good);
    },
  );

  it.each(Object.entries(PARSERS).filter(([name]) => name.endsWith('streaming')))(
    '%s, throws when the stream breaks the schema, and comes from the fallback when a check holds it',
    async (_name, ask) => {
      answers('{"severity":"none","note":null}', JSON.stringify(good));
      await expect(ask()).rejects.toThrow();
      const subject = { type: 'Regex', pattern: '"severity":"(low|high)"', match: 'Required' } as const;
      const checks = [{ name: 'severity', subject, onFail: 'NextModel', buffer: 'Full' } as const];
      stage.use(stage.usual({ uid: 'held', checks }));
      expect(await ask()).toEqual(good);
    },
  );

  it.each(clients)('%s: sees the error that names the check when no answer passes', async (_name, ask) => {
    const subject = { type: 'Regex', pattern: 'never', match: 'Required' } as const;
    const checks = [{ name: 'has-it-all', subject, onFail: 'NextModel', buffer: 'Full' } as const];
    stage.use(stage.usual({ uid: 'failing', checks }));
    await expect(ask(2)).rejects.toMatchObject({ status: 422, message: expect.stringContaining('has-it-all') });
    expect([stage.primary.seen.length, stage.fallback.seen.length]).toEqual([1, 1]);
  });
});
