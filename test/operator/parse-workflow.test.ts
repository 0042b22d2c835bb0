// What is wrong with the checks of a spec, told with the field, and what is served meanwhile.
import { describe, expect, it } from '@jest/globals';
import { createWorkflowParser } from '../../operator/parse-workflow.ts';

const parse = createWorkflowParser();
const workflow = (checks: readonly object[], more: object = {}) => ({
  apiVersion: 'ai.example.com/v1alpha1',
  kind: 'MCPWorkflow',
  metadata: { name: 'w' },
  spec: { models: { primary: 'a', fallbacks: ['b'], ...more }, checks },
});
const regex = (name: string, pattern: string, onFail = 'NextModel') => ({
  name,
  type: 'Regex',
  pattern,
  match: 'Required',
  onFail,
});
const schema = (name: string, value: object) => ({ name, type: 'JSONSchema', schema: value });

describe('checks', () => {
  it('that compile are taken as they stand', () =>
    expect(parse(workflow([regex('a', '^a'), schema('b', { type: 'object' })]))).toMatchObject({ ok: true }));

  it.each([
    ['a pattern', regex('a', '(?=a)'), 'spec.checks[1].pattern', /does not compile: error parsing regexp/],
    ['a schema', schema('a', { type: 'strnig' }), 'spec.checks[1].schema', /does not compile: it is no JSON Schema/],
    ['a reference', schema('a', { $ref: 'https://example.com' }), 'spec.checks[1].schema', /can't resolve reference/],
  ])('%s that does not compile is named, in a file and from the API server', (_name, check, path, message) => {
    for (const strict of [true, false]) {
      const parsed = parse(workflow([regex('good', 'a'), check]), { strict });
      expect(parsed).toMatchObject({ ok: false, errors: [{ path, message: expect.stringMatching(message) }] });
    }
  });

  it('that do not compile are left out while nothing better is known', () =>
    expect(parse(workflow([regex('bad', '(a'), regex('good', 'a')]))).toMatchObject({
      ok: false,
      salvaged: { spec: { checks: [{ name: 'good' }] } },
    }));

  it('that may block are never left out', () => {
    const parsed = parse(workflow([regex('bad', '(a', 'Block'), regex('good', 'a')]));
    expect(parsed).toMatchObject({ ok: false });
    expect(parsed).not.toHaveProperty('salvaged');
  });

  it('are told beside what else is wrong, and all of it is left out', () => {
    const overrides = [{ model: 'b', parameters: { set: { model: 'x', temperature: 0 } } }];
    expect(parse(workflow([regex('bad', '(a')], { overrides }))).toMatchObject({
      ok: false,
      errors: [{ path: 'spec.models.overrides[0].parameters.set.model' }, { path: 'spec.checks[0].pattern' }],
      salvaged: { spec: { checks: [], models: { overrides: [{ parameters: { set: { temperature: 0 } } }] } } },
    });
  });

  it('are not looked at where the rest cannot be read', () =>
    expect(parse(workflow([regex('bad', '(a')], { primary: 4 }))).toMatchObject({
      ok: false,
      errors: [{ path: 'spec.models.primary' }],
    }));
});
