// The edges of judging answers: which check wins, what is too much to judge, and what failed checks say of a model and in the log.
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { check, GOOD, jsonSchema, regex, SCHEMA, startJudgedStage } from './judged-stage.ts';
import type { JudgedStage } from './judged-stage.ts';

let judged: JudgedStage;
beforeAll(async () => {
  judged = await startJudgedStage();
});
afterAll(() => judged.close());
beforeEach(() => judged.reset());

describe('what blocks', () => {
  it('comes before what asks the next model, whatever their order', async () => {
    judged.use(check(jsonSchema()), check(regex('none', 'Forbidden'), { name: 'no-none', onFail: 'Block' }));
    const got = await judged.ask('chat', false);
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
    judged.use(check(jsonSchema()));
    Object.assign(judged.stage.primary, {
      mode: 'raw',
      raw: { bytes: Buffer.from(answer(GOOD, '{}')), ending: 'end' },
    });
    expect((await judged.ask('chat', false)).headers['x-mcpworkflow-model']).toBe('fallback');
    Object.assign(judged.stage.primary, { raw: { bytes: Buffer.from(answer(GOOD, GOOD)), ending: 'end' } });
    expect((await judged.ask('chat', false)).headers['x-mcpworkflow-model']).toBe('primary');
  });
});

describe('an answer of several texts', () => {
  const answer = (...texts: string[]) =>
    JSON.stringify({
      type: 'message',
      stop_reason: 'end_turn',
      content: texts.map((text) => ({ type: 'text', text })),
    });
  const served = async (...texts: string[]) => {
    Object.assign(judged.stage.primary, { mode: 'raw', raw: { bytes: Buffer.from(answer(...texts)), ending: 'end' } });
    return (await judged.askFor('messages', false, SCHEMA)).headers['x-mcpworkflow-model'];
  };

  it('keeps to a schema as a whole, or by its last one alone', async () => {
    judged.use();
    expect(await served('{"severity":', '"low"}')).toBe('primary');
    expect(await served('Let me look that up.', GOOD)).toBe('primary');
    expect(await served(GOOD, 'There you are.')).toBe('fallback');
  });
});

// proves judging-is-bounded
describe('a schema of a caller that never ends', () => {
  it('is given up, and takes no steps from the checks of the workflow', async () => {
    Object.assign(judged.stage.primary, { text: GOOD });
    judged.use(check(jsonSchema()), check(regex('severity', 'Required'), { name: 'word' }));
    const got = await judged.askFor('chat', false, { $ref: '#' });
    expect(got).toMatchObject({ status: 200, headers: { 'x-mcpworkflow-model': 'primary' } });
    expect(judged.counted).toEqual([]);
  });
});

describe('more than can be judged', () => {
  const long = 'a'.repeat(1024 * 1024 + 1);
  const raw = JSON.stringify({
    object: 'chat.completion',
    choices: [{ index: 0, message: { role: 'assistant', content: long }, finish_reason: 'stop' }],
  });

  it('fails the checks of the workflow, and keeps to the schema of the caller', async () => {
    Object.assign(judged.stage.primary, { mode: 'raw', raw: { bytes: Buffer.from(raw), ending: 'end' } });
    judged.use(check(regex('b', 'Forbidden')));
    expect((await judged.ask('chat', false)).headers['x-mcpworkflow-model']).toBe('fallback');
    judged.use();
    expect((await judged.askFor('chat', false, SCHEMA)).headers['x-mcpworkflow-model']).toBe('primary');
  });

  it('is held for no stream: the check that holds it has failed', async () => {
    const delta = { index: 0, delta: { content: 'a'.repeat(1024 * 1024) }, finish_reason: null };
    const event = `data: ${JSON.stringify({ object: 'chat.completion.chunk', choices: [delta] })}\n\n`;
    Object.assign(judged.stage.primary, { mode: 'raw', raw: { bytes: Buffer.from(event.repeat(17)), ending: 'end' } });
    judged.use(check({ type: 'NotRefused' }, { buffer: 'Full' }));
    const got = await judged.ask('chat', true);
    expect(got.headers).toMatchObject({ 'x-mcpworkflow-model': 'fallback', 'x-mcpworkflow-reason': 'CheckFailed' });
  });
});

// proves failed-checks-count-by-comparison
describe('what a failed check says of the health of a model', () => {
  it('is a failure when another model answered the same request well', async () => {
    judged.use(check(jsonSchema()));
    await judged.ask('chat', false);
    expect(judged.failuresOf('primary')).toEqual([{ failures: 1, lastFailure: 'CheckFailed' }]);
    await judged.askFor('chat', false, SCHEMA);
    expect(judged.failuresOf('primary')).toMatchObject([{ failures: 2 }]);
  });

  it('is nothing when nobody did better, was asked, or is to know', async () => {
    Object.assign(judged.stage.fallback, { text: 'sorry' });
    judged.use(check(jsonSchema()));
    await judged.ask('chat', false);
    await judged.ask('chat', true);
    judged.use(check(jsonSchema(), { onFail: 'Block' }));
    await judged.ask('chat', false);
    judged.use(check(jsonSchema(), { onFail: 'Log' }));
    await judged.ask('chat', false);
    for (const { failures } of [...judged.failuresOf('primary'), ...judged.failuresOf('fallback')])
      expect(failures).toBe(0);
  });

  it('is nothing when the stream of the other model failed as well, in the end', async () => {
    Object.assign(judged.stage.primary, { mode: 'refusal' });
    Object.assign(judged.stage.fallback, { text: 'sorry' });
    judged.use(check({ type: 'NotRefused' }), check(jsonSchema(), { name: 'json' }));
    expect(await judged.ask('messages', true)).toMatchObject({ broken: true });
    for (const { failures } of [...judged.failuresOf('primary'), ...judged.failuresOf('fallback')])
      expect(failures).toBe(0);
  });

  it('opens the breaker like any other failure', async () => {
    judged.use(check(jsonSchema()));
    for (let i = 0; i < 4; i += 1) await judged.ask('chat', false);
    expect(judged.stage.primary.seen).toHaveLength(3);
  });
});

describe('the log', () => {
  it('names the checks that answers failed, and nothing of the answers', async () => {
    judged.use(check(jsonSchema(), { onFail: 'Log' }));
    await judged.ask('chat', true);
    expect(judged.lines).toMatchObject([{ outcome: 'ok', model: 'primary', failedChecks: 'shape' }]);
    expect(JSON.stringify(judged.lines)).not.toContain('severity');
  });

  it('says how a request without a good answer ended', async () => {
    judged.use(check(jsonSchema(), { onFail: 'Block' }));
    await judged.ask('chat', false);
    expect(judged.lines).toMatchObject([{ outcome: 'checkFailed', status: 422, failedChecks: 'shape' }]);
  });
});

describe('a check that cannot be compiled', () => {
  it('has passed a parser that should have refused it: no answer goes out unjudged', async () => {
    judged.use(check(regex('(?=a)', 'Required')));
    expect(await judged.ask('chat', false)).toMatchObject({ status: 500 });
    expect(judged.stage.primary.seen).toHaveLength(0);
    expect(judged.stage.errors).toHaveLength(1);
  });
});
