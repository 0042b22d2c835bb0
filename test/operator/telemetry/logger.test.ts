import { describe, expect, it } from '@jest/globals';
import { createLogger } from '../../../operator/telemetry/logger.ts';
import type { LogFields } from '../../../operator/telemetry/logger.ts';

function lineOf(fields: LogFields): Record<string, unknown> {
  const lines: string[] = [];
  const log = createLogger({ level: 'info', destination: { write: (line: string) => void lines.push(line) } });
  log.info('workflow reconciled', fields);
  expect(lines).toHaveLength(1);
  return JSON.parse(lines[0] ?? '') as Record<string, unknown>;
}

describe('a log line', () => {
  it('is one JSON object: level as a word, ISO time, the sentence and its fields', () => {
    const line = lineOf({ workflow: 'default/a', requeueAfterMs: 3000 });
    expect(line).toMatchObject({
      level: 'info',
      message: 'workflow reconciled',
      workflow: 'default/a',
      requeueAfterMs: 3000,
    });
    expect(line['time']).toMatch(/^\d{4}-\d\d-\d\dT/);
    expect(Object.keys(line).sort()).toEqual(['level', 'message', 'requeueAfterMs', 'time', 'workflow']);
  });

  it('is written only at or above the level', () => {
    const lines: string[] = [];
    const log = createLogger({ level: 'warn', destination: { write: (line: string) => void lines.push(line) } });
    log.debug('no');
    log.info('no');
    log.warn('yes');
    log.error('yes');
    expect(lines).toHaveLength(2);
  });

  it('carries an error with its stack and causes', () => {
    const line = lineOf({ error: new Error('outer', { cause: new TypeError('inner') }) });
    expect(line['error']).toMatchObject({
      name: 'Error',
      message: 'outer',
      cause: { name: 'TypeError', message: 'inner' },
    });
    expect((line['error'] as Record<string, unknown>)['stack']).toContain('logger.test');
  });
});

const SECRET = 'q9Zr7-very-secret';
const rows: readonly { readonly name: string; readonly fields: LogFields }[] = [
  { name: 'a field named like a credential', fields: { apiKey: SECRET } },
  { name: 'a header name', fields: { 'x-api-key': SECRET } },
  { name: 'a token', fields: { serviceAccountToken: SECRET, token: SECRET } },
  { name: 'an Authorization value in a text', fields: { detail: `sent Bearer ${SECRET} to host` } },
  { name: 'userinfo in a URL', fields: { url: `https://me:${SECRET}@host/v1` } },
  { name: 'a provider key in an error of a library', fields: { error: new Error(`bad header sk-${SECRET}`) } },
  { name: 'a provider key in a list', fields: { seen: [`sk-${SECRET}`] } },
  { name: 'an API key of a caller', fields: { requestedModel: `mwf_${SECRET}` } },
];

// proves credentials-stay
describe('a secret does not reach the log', () => {
  it.each(rows)('in $name', ({ fields }) => {
    expect(JSON.stringify(lineOf(fields))).not.toContain(SECRET);
  });

  it('but a count of tokens does', () => {
    expect(lineOf({ maxTokens: 64 })).toMatchObject({ maxTokens: 64 });
  });
});
