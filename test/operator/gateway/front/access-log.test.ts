// What the log says of a request: the same as the headers that its caller got.
import { setImmediate as turn } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import type { LogFields } from '../../../../operator/telemetry/logger.ts';
import { CALLER_KEY, silent, startStage } from '../stage.ts';
import type { Stage } from '../stage.ts';

interface Line {
  readonly level: 'debug' | 'info';
  readonly sentence: string;
  readonly fields: LogFields | undefined;
}

let stage: Stage;
let lines: Line[];
beforeEach(async () => {
  lines = [];
  const keep = (level: Line['level']) => (sentence: string, fields?: LogFields) => {
    lines.push({ level, sentence, fields });
  };
  stage = await startStage({ log: { ...silent, debug: keep('debug'), info: keep('info') } });
});
afterEach(() => stage.close());

const SECRET_PROMPT = 'what only the caller and the model may know';
async function ask(more: object = {}) {
  const answer = await stage.gateway.app.inject({
    method: 'POST',
    url: '/ns/wf/anthropic/v1/messages',
    headers: { 'x-api-key': CALLER_KEY },
    payload: { model: 'any', messages: [{ role: 'user', content: SECRET_PROMPT }], ...more },
  });
  while (lines.length === 0) await turn(); // the line comes after the last byte
  const [line] = lines;
  expect(lines).toHaveLength(1);
  expect(line?.sentence).toBe('a request ended');
  return { answer, line };
}

describe('the access log', () => {
  it.each([false, true])(
    'says little of a request that the primary answered at once (streaming %s)',
    async (stream) => {
      const { answer, line } = await ask({ stream });
      expect(line).toEqual({
        level: 'debug',
        sentence: 'a request ended',
        fields: {
          requestId: answer.headers['x-mcpworkflow-request-id'],
          workflow: 'ns/wf',
          api: 'messages',
          streaming: stream,
          status: 200,
          seconds: expect.any(Number),
          outcome: 'ok',
          attempts: 1,
          model: 'primary',
          requestedModel: 'any',
          reason: undefined,
        },
      });
    },
  );

  it('tells with its headers of one that another model answered', async () => {
    Object.assign(stage.primary, { mode: 'status', status: 500 });
    const { answer, line } = await ask();
    expect(line?.level).toBe('info');
    expect(line?.fields).toMatchObject({ outcome: 'ok', status: 200 });
    const { attempts, model, reason } = line?.fields ?? {};
    expect([String(attempts), model, reason]).toEqual([
      answer.headers['x-mcpworkflow-attempts'],
      answer.headers['x-mcpworkflow-model'],
      answer.headers['x-mcpworkflow-reason'],
    ]);
    expect(model).toBe('fallback');
  });

  it('tells of one that no model answered', async () => {
    for (const upstream of [stage.primary, stage.fallback]) Object.assign(upstream, { mode: 'status', status: 500 });
    const { line } = await ask();
    expect(line).toMatchObject({ level: 'info', fields: { outcome: 'noModel', status: 503 } });
  });

  // proves credentials-stay
  it('has nothing of what was asked, of the key, or of a name without end', async () => {
    const { line } = await ask({ model: 'm'.repeat(100_000) });
    const text = JSON.stringify(line);
    expect(text).not.toContain(SECRET_PROMPT);
    expect(text).not.toContain(CALLER_KEY);
    expect(text.length).toBeLessThan(1_000);
  });
});
