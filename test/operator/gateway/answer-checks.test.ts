// What becomes of answers that fail a check: by every API, streaming and not, for every type of check, for what the check asks
// for, and for how streams are held.
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import type { ModelApi } from '../../../operator/gateway/model-api.ts';
import { noMetrics } from '../../../operator/gateway/metrics.ts';
import type { CheckSubject, RouteCheck } from '../../../operator/routes/types.ts';
import { APIS, askerOf } from './ask.ts';
import type { Asker, Got } from './ask.ts';
import { startStage } from './stage.ts';
import type { Stage } from './stage.ts';

let stage: Stage;
let asker: Asker;
const counted: string[] = [];
const lines: Record<string, unknown>[] = [];
beforeAll(async () => {
  stage = await startStage({
    metrics: { ...noMetrics(), checkFailed: ({ type, onFail }) => void counted.push(`${type} ${onFail}`) },
    log: {
      error: (sentence, fields) => void stage.errors.push(`${sentence} ${String((fields?.['error'] as Error)?.stack)}`),
      warn: () => {},
      info: (_sentence, fields) => void lines.push({ ...fields }),
      debug: () => {},
    },
  });
  asker = askerOf(stage.origin);
});
afterAll(async () => {
  await asker.close();
  await stage.close();
});

const GOOD = '{"severity":"low"}';
const SCHEMA = { type: 'object', required: ['severity'], properties: { severity: { enum: ['low', 'high'] } } };
let uid = '';

beforeEach(() => {
  Object.assign(stage.primary, { mode: 'ok', text: '{"severity":"none"}' });
  Object.assign(stage.fallback, { mode: 'ok', text: GOOD });
  stage.primary.seen.length = stage.fallback.seen.length = stage.errors.length = counted.length = lines.length = 0;
  uid = `uid-${Math.random()}`;
});

const check = (subject: CheckSubject, change: Partial<RouteCheck> = {}): RouteCheck => ({
  name: 'shape',
  subject,
  onFail: 'NextModel',
  buffer: 'None',
  ...change,
});
const jsonSchema = (schema: object = SCHEMA): CheckSubject => ({ type: 'JSONSchema', schema: { ...schema } });
const regex = (pattern: string, match: 'Required' | 'Forbidden'): CheckSubject => ({ type: 'Regex', pattern, match });
const use = (...checks: RouteCheck[]) => stage.use(stage.usual({ uid, checks }));

const messages = [{ role: 'user', content: 'hi' }];
const DECLARED: Readonly<Record<ModelApi, (schema: unknown) => object>> = {
  messages: (schema) => ({ output_config: { format: { type: 'json_schema', schema } } }),
  chat: (schema) => ({ response_format: { type: 'json_schema', json_schema: { name: 'ticket', schema } } }),
  responses: (schema) => ({ text: { format: { type: 'json_schema', name: 'ticket', schema } } }),
};
const ask = (api: ModelApi, stream: boolean, more: object = {}): Promise<Got> =>
  asker.post(api, JSON.stringify({ model: 'any', stream, messages, ...more }));
const askFor = (api: ModelApi, stream: boolean, schema: unknown) => ask(api, stream, DECLARED[api](schema));

const TERMINALS = /message_stop|\[DONE\]|response\.completed/;
/** The text of an answer, streamed a character at a time or not. */
const saysText = (text: string, answer: string): boolean => {
  const pieces = [...answer.matchAll(/"(?:text|content|delta)": ?"((?:[^"\\]|\\.)*)"/g)].map(([, piece]) =>
    String(JSON.parse(`"${piece}"`)),
  );
  return pieces.join('').includes(text);
};

type Fate = 'fallback' | 'error' | 'told' | 'passes';
const FATES: readonly (readonly [RouteCheck['onFail'], RouteCheck['buffer'], boolean, Fate])[] = [
  ['NextModel', 'None', false, 'fallback'],
  ['NextModel', 'Full', false, 'fallback'],
  ['NextModel', 'None', true, 'told'],
  ['NextModel', 'Full', true, 'fallback'],
  ['Block', 'None', false, 'error'],
  ['Block', 'Full', false, 'error'],
  ['Block', 'None', true, 'told'],
  ['Block', 'Full', true, 'error'],
  ['Log', 'None', false, 'passes'],
  ['Log', 'None', true, 'passes'],
];

/** Each is failed by the first text and passed by the second. */
const SUBJECTS: Readonly<Record<string, readonly [CheckSubject, bad: string, good: string]>> = {
  'JSON that breaks the schema': [jsonSchema(), '{"severity":"none"}', GOOD],
  'text that is no JSON': [jsonSchema(), '{"severity":"low"', GOOD],
  'a text without what is required': [regex('"severity":"(low|high)"', 'Required'), 'all is well', GOOD],
  'a text with what is forbidden': [regex('sk-[a-z0-9]{4,}', 'Forbidden'), 'the key is sk-abcd', GOOD],
};

function meets(fate: Fate, got: Got, bad: string, good: string, name: string, stream: boolean): void {
  const reason = name === 'CallerSchema' ? 'SchemaViolation' : 'CheckFailed';
  switch (fate) {
    case 'fallback':
      expect(got).toMatchObject({
        status: 200,
        broken: false,
        headers: { 'x-mcpworkflow-model': 'fallback', 'x-mcpworkflow-reason': reason, 'x-mcpworkflow-attempts': '2' },
      });
      expect(got.headers['x-mcpworkflow-failed-checks']).toBe(name);
      expect(saysText(good, got.text)).toBe(true);
      return;
    case 'error':
      expect(got).toMatchObject({ status: 422, broken: false, headers: { 'x-should-retry': 'false' } });
      expect(JSON.parse(got.text)).toHaveProperty('error.message', expect.stringContaining(`${reason} (${name})`));
      expect(got.text).not.toContain(bad);
      expect(stage.fallback.seen).toHaveLength(0);
      return;
    case 'told':
      expect(got).toMatchObject({ status: 200, broken: true });
      expect(got.text).toContain(`failed the check ${name}`);
      expect(got.text).not.toMatch(TERMINALS);
      expect(stage.fallback.seen).toHaveLength(0);
      return;
    case 'passes':
      expect(got).toMatchObject({ status: 200, broken: false, headers: { 'x-mcpworkflow-model': 'primary' } });
      expect(got.headers['x-mcpworkflow-failed-checks']).toBe(stream ? undefined : name);
      expect(saysText(bad, got.text)).toBe(true);
  }
}

describe.each(APIS)('%s', (api) => {
  describe.each(Object.entries(SUBJECTS))('%s', (_name, [subject, bad, good]) => {
    // proves failed-checks-are-kept-back
    it.each(FATES)('onFail %s, buffer %s, streaming %s: %s', async (onFail, buffer, stream, fate) => {
      use(check(subject, { onFail, buffer }));
      Object.assign(stage.primary, { text: bad });
      Object.assign(stage.fallback, { text: good });
      meets(fate, await ask(api, stream), bad, good, 'shape', stream);
      expect(counted).toEqual([`${subject.type} ${onFail}`]);
      expect(stage.errors).toEqual([]);
    });

    it.each([
      ['None', false],
      ['None', true],
      ['Full', true],
    ] as const)('an answer that passes is passed on, buffer %s, streaming %s', async (buffer, stream) => {
      Object.assign(stage.primary, { text: good });
      use();
      const unjudged = await ask(api, stream);
      use(check(subject, { buffer }));
      const judged = await ask(api, stream);
      expect(judged).toMatchObject({ status: 200, broken: false, text: unjudged.text });
      expect(judged.headers['x-mcpworkflow-failed-checks']).toBeUndefined();
      expect(counted).toEqual([]);
    });
  });

  describe('a schema of the caller', () => {
    it.each([
      ['{"severity":"none"}', false, 'fallback'],
      ['{"severity":', false, 'fallback'],
      ['{"severity":"none"}', true, 'told'],
      ['{"severity":', true, 'told'],
    ] as const)('%s, streaming %s: %s', async (bad, stream, fate) => {
      use();
      Object.assign(stage.primary, { text: bad });
      meets(fate, await askFor(api, stream, SCHEMA), bad, GOOD, 'CallerSchema', stream);
      expect(counted).toEqual(['CallerSchema NextModel']);
    });

    it.each([false, true])('that the answer keeps to changes nothing, streaming %s', async (stream) => {
      use();
      Object.assign(stage.primary, { text: GOOD });
      const got = await askFor(api, stream, SCHEMA);
      expect(got).toMatchObject({ status: 200, broken: false, headers: { 'x-mcpworkflow-model': 'primary' } });
      expect(saysText(GOOD, got.text)).toBe(true);
    });

    it.each(['tool', 'length', 'cutShort', 'refusal'] as const)(
      'is not for answers that the model did not finish: %s',
      async (mode) => {
        use();
        Object.assign(stage.primary, { mode, text: '{"severity":' });
        for (const stream of [false, true]) {
          const got = await askFor(api, stream, SCHEMA);
          expect(got).toMatchObject({ status: 200, broken: false, headers: { 'x-mcpworkflow-model': 'primary' } });
        }
      },
    );

    it.each([
      ['a type that there is none of', { type: 'strnig' }],
      ['a pattern that is not linear', { type: 'string', pattern: '(?=a)' }],
      ['a schema elsewhere', { $ref: 'https://example.com/schema.json' }],
      ['a draft that we do not know', { $schema: 'http://json-schema.org/draft-04/schema#' }],
      ['no schema at all', 'object'],
      ['more than we read', { description: 'x'.repeat(70_000), type: 'number' }],
    ])('that we cannot judge by is none: %s', async (_name, schema) => {
      use();
      for (const stream of [false, true]) {
        const got = await askFor(api, stream, schema);
        expect(got).toMatchObject({ status: 200, broken: false, headers: { 'x-mcpworkflow-model': 'primary' } });
      }
      expect(stage.errors).toEqual([]);
    });

    it('is judged beside the checks of the workflow', async () => {
      use(check(regex('severity', 'Forbidden'), { name: 'no-word', onFail: 'Log' }));
      const got = await askFor(api, false, SCHEMA);
      expect(got.headers).toMatchObject({
        'x-mcpworkflow-model': 'fallback',
        'x-mcpworkflow-failed-checks': 'CallerSchema,no-word',
      });
    });
  });

  describe('a refusal', () => {
    const notRefused = (onFail: RouteCheck['onFail']) => check({ type: 'NotRefused' }, { onFail, buffer: 'Full' });

    it.each([false, true])('is asked of the next model where a check says so, streaming %s', async (stream) => {
      use(notRefused('NextModel'));
      stage.primary.mode = 'refusal';
      const got = await ask(api, stream);
      expect(got).toMatchObject({ status: 200, headers: { 'x-mcpworkflow-model': 'fallback' } });
    });

    it.each([false, true])('is an error where a check blocks it, streaming %s', async (stream) => {
      use(notRefused('Block'));
      stage.primary.mode = 'refusal';
      expect(await ask(api, stream)).toMatchObject({ status: 422 });
    });

    it('is passed on when other checks are all there are', async () => {
      use(check(jsonSchema()), check(regex('a', 'Required'), { name: 'b' }));
      stage.primary.mode = 'refusal';
      expect(await ask(api, false)).toMatchObject({ status: 200, headers: { 'x-mcpworkflow-model': 'primary' } });
    });
  });

  it.each([false, true])(
    'an answer that was cut is still searched for what is forbidden, streaming %s',
    async (stream) => {
      use(check(regex('sk-[a-z0-9]{4,}', 'Forbidden'), { buffer: 'Full' }));
      Object.assign(stage.primary, { mode: 'cutShort', text: 'the key is sk-abcd' });
      expect((await ask(api, stream)).headers).toMatchObject({ 'x-mcpworkflow-model': 'fallback' });
    },
  );

  it.each([false, true])(
    'when no answer passes, the error names each model and its check, streaming %s',
    async (stream) => {
      use(check(jsonSchema(), { buffer: 'Full' }));
      Object.assign(stage.fallback, { text: 'sorry' });
      const got = await ask(api, stream);
      expect(got).toMatchObject({ status: 422, headers: { 'x-should-retry': 'false', 'x-mcpworkflow-attempts': '2' } });
      expect(got.text).toContain('primary: CheckFailed (shape); fallback: CheckFailed (shape)');
    },
  );

  it('when the others are down, the error is one that a retry may help', async () => {
    use(check(jsonSchema()));
    Object.assign(stage.fallback, { mode: 'status', status: 529 });
    const got = await ask(api, false);
    expect(got).toMatchObject({ status: 503, headers: { 'x-should-retry': 'true' } });
    expect(got.text).toContain('primary: CheckFailed (shape); fallback: Overloaded (HTTP 529)');
  });
});

describe('what blocks', () => {
  it('comes before what asks the next model, whatever their order', async () => {
    use(check(jsonSchema()), check(regex('none', 'Forbidden'), { name: 'no-none', onFail: 'Block' }));
    const got = await ask('chat', false);
    expect(got.status).toBe(422);
    expect(got.text).toContain('primary: CheckFailed (no-none)');
    expect(got.headers['x-mcpworkflow-failed-checks']).toBe('shape,no-none');
  });
});

describe('every choice', () => {
  const choice = (content: string, index: number) => ({
    index,
    message: { role: 'assistant', content },
    finish_reason: 'stop',
  });
  const answer = (...texts: string[]) => JSON.stringify({ object: 'chat.completion', choices: texts.map(choice) });

  it('of a chat answer has to pass', async () => {
    use(check(jsonSchema()));
    Object.assign(stage.primary, { mode: 'raw', raw: { bytes: Buffer.from(answer(GOOD, '{}')), ending: 'end' } });
    expect((await ask('chat', false)).headers['x-mcpworkflow-model']).toBe('fallback');
    Object.assign(stage.primary, { raw: { bytes: Buffer.from(answer(GOOD, GOOD)), ending: 'end' } });
    expect((await ask('chat', false)).headers['x-mcpworkflow-model']).toBe('primary');
  });
});

describe('more than can be judged', () => {
  const long = 'a'.repeat(1024 * 1024 + 1);
  const raw = JSON.stringify({
    object: 'chat.completion',
    choices: [{ index: 0, message: { role: 'assistant', content: long }, finish_reason: 'stop' }],
  });

  it('fails the checks of the workflow, and keeps to the schema of the caller', async () => {
    Object.assign(stage.primary, { mode: 'raw', raw: { bytes: Buffer.from(raw), ending: 'end' } });
    use(check(regex('b', 'Forbidden')));
    expect((await ask('chat', false)).headers['x-mcpworkflow-model']).toBe('fallback');
    use();
    expect((await askFor('chat', false, SCHEMA)).headers['x-mcpworkflow-model']).toBe('primary');
  });

  it('is held for no stream: the check that holds it has failed', async () => {
    const delta = { index: 0, delta: { content: 'a'.repeat(1024 * 1024) }, finish_reason: null };
    const event = `data: ${JSON.stringify({ object: 'chat.completion.chunk', choices: [delta] })}\n\n`;
    Object.assign(stage.primary, { mode: 'raw', raw: { bytes: Buffer.from(event.repeat(17)), ending: 'end' } });
    use(check({ type: 'NotRefused' }, { buffer: 'Full' }));
    const got = await ask('chat', true);
    expect(got.headers).toMatchObject({ 'x-mcpworkflow-model': 'fallback', 'x-mcpworkflow-reason': 'CheckFailed' });
  });
});

// proves failed-checks-count-by-comparison
describe('what a failed check says of the health of a model', () => {
  const failuresOf = (name: string) =>
    stage.gateway
      .counters()
      .entries.filter((entry) => entry.uid === uid && entry.target.startsWith(name))
      .map(({ failures, lastFailure }) => ({ failures, lastFailure }));

  it('is a failure when another model answered the same request well', async () => {
    use(check(jsonSchema()));
    await ask('chat', false);
    expect(failuresOf('primary')).toEqual([{ failures: 1, lastFailure: 'CheckFailed' }]);
    await askFor('chat', false, SCHEMA);
    expect(failuresOf('primary')).toMatchObject([{ failures: 2 }]);
  });

  it('is nothing when nobody did better, was asked, or is to know', async () => {
    Object.assign(stage.fallback, { text: 'sorry' });
    use(check(jsonSchema()));
    await ask('chat', false);
    await ask('chat', true);
    use(check(jsonSchema(), { onFail: 'Block' }));
    await ask('chat', false);
    use(check(jsonSchema(), { onFail: 'Log' }));
    await ask('chat', false);
    for (const { failures } of [...failuresOf('primary'), ...failuresOf('fallback')]) expect(failures).toBe(0);
  });

  it('is nothing when the stream of the other model failed as well, in the end', async () => {
    Object.assign(stage.primary, { mode: 'refusal' });
    Object.assign(stage.fallback, { text: 'sorry' });
    use(check({ type: 'NotRefused' }), check(jsonSchema(), { name: 'json' }));
    expect(await ask('messages', true)).toMatchObject({ broken: true });
    for (const { failures } of [...failuresOf('primary'), ...failuresOf('fallback')]) expect(failures).toBe(0);
  });

  it('opens the breaker like any other failure', async () => {
    use(check(jsonSchema()));
    for (let i = 0; i < 4; i += 1) await ask('chat', false);
    expect(stage.primary.seen).toHaveLength(3);
  });
});

describe('the log', () => {
  it('names the checks that answers failed, and nothing of the answers', async () => {
    use(check(jsonSchema(), { onFail: 'Log' }));
    await ask('chat', true);
    expect(lines).toMatchObject([{ outcome: 'ok', model: 'primary', failedChecks: 'shape' }]);
    expect(JSON.stringify(lines)).not.toContain('severity');
  });

  it('says how a request without a good answer ended', async () => {
    use(check(jsonSchema(), { onFail: 'Block' }));
    await ask('chat', false);
    expect(lines).toMatchObject([{ outcome: 'checkFailed', status: 422, failedChecks: 'shape' }]);
  });
});

describe('a check that cannot be compiled', () => {
  it('has passed a parser that should have refused it: no answer goes out unjudged', async () => {
    use(check(regex('(?=a)', 'Required')));
    expect(await ask('chat', false)).toMatchObject({ status: 500 });
    expect(stage.primary.seen).toHaveLength(0);
    expect(stage.errors).toHaveLength(1);
  });
});
