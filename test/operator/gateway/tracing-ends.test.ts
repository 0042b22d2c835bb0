// How a traced request ended, in the words of its spans: by its answer, by an error of ours, by a caller that left.
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { Readable } from 'node:stream';
import { setTimeout as shortly } from 'node:timers/promises';
import { request } from 'undici';
import { steppedClock } from '../../fakes/clock.ts';
import { PATHS } from './ask.ts';
import { model } from './stage.ts';
import { hasFailed, startTracedStage, TRACEPARENT } from './traced-stage.ts';
import type { TracedStage } from './traced-stage.ts';
import type { Mode } from './upstream.ts';

let traced: TracedStage;
beforeAll(async () => {
  traced = await startTracedStage();
});
afterAll(() => traced.close());
beforeEach(() => traced.reset());
afterEach(() => {
  expect(traced.recorder.complaints).toEqual([]);
  expect(traced.stage.errors).toEqual([]);
});

interface EndRow {
  readonly name: string;
  readonly mode: Mode;
  readonly stream?: true;
  readonly status?: number;
  /** Of the request. */
  readonly outcome: string;
  readonly errorType?: string;
  /** Of the attempt on the primary. */
  readonly attempt?: string;
  readonly events?: readonly string[];
}

const ENDS: readonly EndRow[] = [
  { name: 'a whole answer', mode: 'ok', outcome: 'ok' },
  { name: 'a refusal', mode: 'refusal', outcome: 'refused' },
  { name: 'a whole stream', mode: 'ok', stream: true, outcome: 'ok', events: ['mcpworkflow.commit'] },
  { name: 'a request that is wrong', mode: 'status', status: 422, outcome: 'callerError', attempt: '422' },
  {
    name: 'nobody who answers',
    mode: 'zeroBytes',
    outcome: 'noModel',
    errorType: 'noModel',
    attempt: 'ConnectionFailed',
  },
  { name: 'an answer with nothing in it', mode: 'empty', outcome: 'ok', attempt: 'EmptyOutput' },
  {
    name: 'a stream that dies after its first content',
    mode: 'cutAfterContent',
    stream: true,
    outcome: 'told',
    errorType: 'told',
    attempt: 'StreamTruncated',
    events: ['mcpworkflow.commit', 'mcpworkflow.told'],
  },
];

describe('how a request ended', () => {
  it.each(ENDS)('$name', async ({ mode, stream, status = 500, outcome, errorType, attempt, events = [] }) => {
    traced.use({ models: [model('primary', 0, traced.stage.primary.origin)] });
    Object.assign(traced.stage.primary, { mode, status });
    await traced.ask(PATHS.messages, { body: JSON.stringify({ stream: stream ?? false }) });
    expect(traced.request().attributes['mcpworkflow.outcome']).toBe(outcome);
    expect(traced.request().attributes['error.type']).toBe(errorType);
    expect(hasFailed(traced.request())).toBe(errorType !== undefined);
    const [first] = traced.attempts();
    expect(first?.attributes['error.type']).toBe(attempt);
    expect(hasFailed(first)).toBe(attempt !== undefined);
    expect(first?.events.map(({ name }) => name)).toEqual(events);
  });

  it.each([
    ['a body that is no JSON', PATHS.messages, 400, 'invalid_json', '[', undefined],
    ['a workflow that is not here', '/ns/other/anthropic/v1/messages', 404, 'unknown_workflow', '{}', undefined],
    ['a path that is not served', '/ns/wf/anthropic/v1/batches', 404, 'not_served', '{}', undefined],
    ['a body that is too large', PATHS.messages, 413, 'body_too_large', 'x'.repeat(33 << 20), undefined],
  ])('refused: %s', async (_name, path, status, refusal, body, errorType) => {
    expect(await traced.ask(path, { body })).toBe(status);
    expect(traced.request().attributes).toMatchObject({
      'http.response.status_code': status,
      'mcpworkflow.refusal': refusal,
    });
    expect(traced.request().attributes['error.type']).toBe(errorType);
    expect(traced.attempts()).toEqual([]);
  });

  it('refused for want of memory is a failure', async () => {
    const full = await traced.another({ limits: { heldBytes: 1 } });
    expect(await traced.ask(PATHS.messages, { origin: full.origin })).toBe(503);
    expect(traced.request().attributes).toMatchObject({ 'error.type': 'overloaded', 'http.response.status_code': 503 });
  });

  it('a stranger leaves no trace', async () => {
    const closed = await traced.another({ mustProve: true });
    expect(await traced.ask(PATHS.messages, { origin: closed.origin, headers: { traceparent: TRACEPARENT } })).toBe(
      401,
    );
    expect(traced.recorder.ended).toEqual([]);
  });

  it('what is no workflow’s leaves no trace', async () => {
    expect(await traced.ask('/healthz', { method: 'GET', headers: { traceparent: TRACEPARENT } })).toBe(404);
    expect(traced.recorder.ended).toEqual([]);
  });

  it('says which model was not asked, and why', async () => {
    traced.use({ consecutiveFailures: 1 });
    traced.stage.primary.mode = 'zeroBytes';
    await traced.ask(PATHS.messages);
    traced.recorder.clear();
    await traced.ask(PATHS.messages);
    expect(traced.request().events).toMatchObject([
      {
        name: 'mcpworkflow.skipped',
        attributes: { 'mcpworkflow.model': 'primary', 'mcpworkflow.reason': 'ConnectionFailed' },
      },
    ]);
    expect(traced.attempts().map(({ attributes }) => attributes['mcpworkflow.model'])).toEqual(['fallback']);
  });

  it('counts every try on the same model', async () => {
    const clock = steppedClock();
    const retrying = await traced.another({ clock });
    Object.assign(retrying.primary, { mode: 'status', status: 500 });
    const answered = traced.ask(PATHS.messages, { origin: retrying.origin });
    while (retrying.primary.seen.length < 2) {
      await shortly(1);
      await clock.advance(50);
    }
    await answered;
    const tries = traced
      .attempts()
      .map(({ attributes }) => [attributes['mcpworkflow.attempt'], attributes['mcpworkflow.model']]);
    expect(tries).toEqual([
      [1, 'primary'],
      [2, 'primary'],
      [3, 'fallback'],
    ]);
  });

  it('a model whose credential is not there was not called, and the trace says so', async () => {
    const open = await traced.another({ credentials: () => undefined });
    expect(await traced.ask(PATHS.messages, { origin: open.origin })).toBe(503);
    expect(traced.attempts().map(({ attributes }) => attributes['error.type'])).toEqual([
      'SecretNotFound',
      'SecretNotFound',
    ]);
  });

  it('names the checks that an answer failed', async () => {
    const check = {
      name: 'no-hello',
      subject: { type: 'Regex', pattern: 'hello', match: 'Forbidden' },
      onFail: 'NextModel',
      buffer: 'None',
    } as const;
    traced.use({ checks: [check] });
    traced.stage.primary.text = 'hello';
    expect(await traced.ask(PATHS.messages)).toBe(200);
    expect(traced.attempts()[0]?.attributes).toMatchObject({
      'error.type': 'CheckFailed',
      'mcpworkflow.failed_checks': ['no-hello'],
    });
    expect(traced.request().attributes).toMatchObject({
      'mcpworkflow.outcome': 'ok',
      'mcpworkflow.failed_checks': ['no-hello'],
    });
  });
});

/** Leaves once the primary has been asked, or after the first bytes of an answer. */
async function leave(path: string, body: string, after: 'asked' | 'bytes'): Promise<void> {
  const leaving = new AbortController();
  const { signal } = leaving;
  const asked = traced.stage.primary.seen.length;
  const answered = request(`${traced.stage.origin}${path}`, { dispatcher: traced.agent, method: 'POST', body, signal });
  answered.catch(() => {});
  if (after === 'asked') while (traced.stage.primary.seen.length === asked) await shortly(1);
  else {
    const answer = await answered;
    answer.body.on('error', () => {});
    await new Promise((resolve) => answer.body.once('data', resolve));
  }
  leaving.abort();
  await traced.untilEnded();
}

describe('a caller that leaves', () => {
  it.each([
    ['before anything came', 'hang', 'asked'],
    ['in the middle of a stream', 'hangAfterContent', 'bytes'],
  ] as const)('ends its request and its attempt as cancelled: %s', async (_name, mode, after) => {
    traced.stage.primary.mode = mode;
    await leave(PATHS.messages, '{"stream":true}', after);
    for (const span of [traced.request(), traced.attempts()[0]]) {
      expect(span?.attributes['error.type']).toBe('cancelled');
      expect(hasFailed(span)).toBe(true);
    }
    expect(traced.request().attributes['mcpworkflow.outcome']).toBe('clientGone');
  });

  it('ends its request as cancelled while its body is still on its way', async () => {
    const leaving = new AbortController();
    async function* half() {
      yield Buffer.from('{"messages":');
      while (traced.recorder.open() === 0) await shortly(1);
      leaving.abort();
      await shortly(60_000, undefined, { ref: false, signal: leaving.signal }).catch(() => {});
    }
    const options = {
      dispatcher: traced.agent,
      method: 'POST',
      body: Readable.from(half()),
      signal: leaving.signal,
    } as const;
    await expect(request(`${traced.stage.origin}${PATHS.messages}`, options)).rejects.toThrow();
    await traced.untilEnded();
    expect(traced.request().attributes['error.type']).toBe('cancelled');
    expect(traced.attempts()).toEqual([]);
  });
});
