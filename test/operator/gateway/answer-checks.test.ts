// What becomes of answers that fail a check: by every API, streaming and not, for every type of check, for what the check asks
// for, and for how streams are held.
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import type { CheckSubject, RouteCheck } from '../../../operator/routes/types.ts';
import { APIS } from './ask.ts';
import type { Got } from './ask.ts';
import { check, GOOD, jsonSchema, regex, SCHEMA, startJudgedStage } from './judged-stage.ts';
import type { JudgedStage } from './judged-stage.ts';

let judged: JudgedStage;
beforeAll(async () => {
  judged = await startJudgedStage();
});
afterAll(() => judged.close());
beforeEach(() => judged.reset());

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
      expect(judged.stage.fallback.seen).toHaveLength(0);
      return;
    case 'told':
      expect(got).toMatchObject({ status: 200, broken: true });
      expect(got.text).toContain(`failed the check ${name}`);
      expect(got.text).not.toMatch(TERMINALS);
      expect(judged.stage.fallback.seen).toHaveLength(0);
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
      judged.use(check(subject, { onFail, buffer }));
      Object.assign(judged.stage.primary, { text: bad });
      Object.assign(judged.stage.fallback, { text: good });
      meets(fate, await judged.ask(api, stream), bad, good, 'shape', stream);
      expect(judged.counted).toEqual([`${subject.type} ${onFail}`]);
      expect(judged.stage.errors).toEqual([]);
    });

    it.each([
      ['None', false],
      ['None', true],
      ['Full', true],
    ] as const)('an answer that passes is passed on, buffer %s, streaming %s', async (buffer, stream) => {
      Object.assign(judged.stage.primary, { text: good });
      judged.use();
      const unjudged = await judged.ask(api, stream);
      judged.use(check(subject, { buffer }));
      const passed = await judged.ask(api, stream);
      expect(passed).toMatchObject({ status: 200, broken: false, text: unjudged.text });
      expect(passed.headers['x-mcpworkflow-failed-checks']).toBeUndefined();
      expect(judged.counted).toEqual([]);
    });
  });

  describe('a schema of the caller', () => {
    it.each([
      ['{"severity":"none"}', false, 'fallback'],
      ['{"severity":', false, 'fallback'],
      ['{"severity":"none"}', true, 'told'],
      ['{"severity":', true, 'told'],
    ] as const)('%s, streaming %s: %s', async (bad, stream, fate) => {
      judged.use();
      Object.assign(judged.stage.primary, { text: bad });
      meets(fate, await judged.askFor(api, stream, SCHEMA), bad, GOOD, 'CallerSchema', stream);
      expect(judged.counted).toEqual(['CallerSchema NextModel']);
    });

    it.each([false, true])('that the answer keeps to changes nothing, streaming %s', async (stream) => {
      judged.use();
      Object.assign(judged.stage.primary, { text: GOOD });
      const got = await judged.askFor(api, stream, SCHEMA);
      expect(got).toMatchObject({ status: 200, broken: false, headers: { 'x-mcpworkflow-model': 'primary' } });
      expect(saysText(GOOD, got.text)).toBe(true);
    });

    it.each(['tool', 'length', 'cutShort', 'refusal'] as const)(
      'is not for answers that the model did not finish: %s',
      async (mode) => {
        judged.use();
        Object.assign(judged.stage.primary, { mode, text: '{"severity":' });
        for (const stream of [false, true]) {
          const got = await judged.askFor(api, stream, SCHEMA);
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
      judged.use();
      for (const stream of [false, true]) {
        const got = await judged.askFor(api, stream, schema);
        expect(got).toMatchObject({ status: 200, broken: false, headers: { 'x-mcpworkflow-model': 'primary' } });
      }
      expect(judged.stage.errors).toEqual([]);
    });

    it('is judged beside the checks of the workflow', async () => {
      judged.use(check(regex('severity', 'Forbidden'), { name: 'no-word', onFail: 'Log' }));
      const got = await judged.askFor(api, false, SCHEMA);
      expect(got.headers).toMatchObject({
        'x-mcpworkflow-model': 'fallback',
        'x-mcpworkflow-failed-checks': 'CallerSchema,no-word',
      });
    });
  });

  describe('a refusal', () => {
    const notRefused = (onFail: RouteCheck['onFail']) => check({ type: 'NotRefused' }, { onFail, buffer: 'Full' });

    it.each([false, true])('is asked of the next model where a check says so, streaming %s', async (stream) => {
      judged.use(notRefused('NextModel'));
      judged.stage.primary.mode = 'refusal';
      const got = await judged.ask(api, stream);
      expect(got).toMatchObject({ status: 200, headers: { 'x-mcpworkflow-model': 'fallback' } });
    });

    it.each([false, true])('is an error where a check blocks it, streaming %s', async (stream) => {
      judged.use(notRefused('Block'));
      judged.stage.primary.mode = 'refusal';
      expect(await judged.ask(api, stream)).toMatchObject({ status: 422 });
    });

    it('is passed on when other checks are all there are', async () => {
      judged.use(check(jsonSchema()), check(regex('a', 'Required'), { name: 'b' }));
      judged.stage.primary.mode = 'refusal';
      expect(await judged.ask(api, false)).toMatchObject({
        status: 200,
        headers: { 'x-mcpworkflow-model': 'primary' },
      });
    });
  });

  it.each([false, true])(
    'an answer that was cut is still searched for what is forbidden, streaming %s',
    async (stream) => {
      judged.use(check(regex('sk-[a-z0-9]{4,}', 'Forbidden'), { buffer: 'Full' }));
      Object.assign(judged.stage.primary, { mode: 'cutShort', text: 'the key is sk-abcd' });
      expect((await judged.ask(api, stream)).headers).toMatchObject({ 'x-mcpworkflow-model': 'fallback' });
    },
  );

  it.each([false, true])(
    'when no answer passes, the error names each model and its check, streaming %s',
    async (stream) => {
      judged.use(check(jsonSchema(), { buffer: 'Full' }));
      Object.assign(judged.stage.fallback, { text: 'sorry' });
      const got = await judged.ask(api, stream);
      expect(got).toMatchObject({ status: 422, headers: { 'x-should-retry': 'false', 'x-mcpworkflow-attempts': '2' } });
      expect(got.text).toContain('primary: CheckFailed (shape); fallback: CheckFailed (shape)');
    },
  );

  it('when the others are down, the error is one that a retry may help', async () => {
    judged.use(check(jsonSchema()));
    Object.assign(judged.stage.fallback, { mode: 'status', status: 529 });
    const got = await judged.ask(api, false);
    expect(got).toMatchObject({ status: 503, headers: { 'x-should-retry': 'true' } });
    expect(got.text).toContain('primary: CheckFailed (shape); fallback: Overloaded (HTTP 529)');
  });
});
