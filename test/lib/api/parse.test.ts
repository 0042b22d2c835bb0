import { describe, expect, it } from '@jest/globals';
import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { parse } from 'yaml';
import { parseCatalog, parseWorkflow } from '../../../lib/api/parse.ts';
import { SPEC_ROWS } from './objects.ts';

const object = (spec: unknown, rest: object = {}) => ({
  apiVersion: 'ai.example.com/v1alpha1',
  kind: 'MCPWorkflow',
  metadata: { name: 'w' },
  spec,
  ...rest,
});
const plain = { models: { primary: 'a', fallbacks: ['b'] } };
const errorsOf = (parsed: ReturnType<typeof parseWorkflow | typeof parseCatalog>) => (parsed.ok ? [] : parsed.errors);
const pathsOf = (value: unknown, strict = false) => errorsOf(parseWorkflow(value, { strict })).map(({ path }) => path);
const statusOf = (status: unknown) => {
  const parsed = parseWorkflow(object(plain, { status }));
  return parsed.ok ? parsed.workflow.status : 'not parsed';
};

describe('the shared table of specs', () => {
  it.each(SPEC_ROWS)('$name', ({ spec, ok, path }) => {
    const parsed = parseWorkflow(object(spec));
    expect(parsed.ok).toBe(ok);
    if (!ok) expect(errorsOf(parsed)[0]?.path).toBe(path);
  });

  it('has no name twice', () => expect(new Set(SPEC_ROWS.map(({ name }) => name)).size).toBe(SPEC_ROWS.length));
});

describe('parseWorkflow', () => {
  it('fills in what a file does not say of its object', () => {
    const parsed = parseWorkflow(object(plain), { strict: true });
    expect(parsed).toMatchObject({
      ok: true,
      workflow: {
        metadata: { name: 'w', namespace: 'default', uid: 'default/w', generation: 1, resourceVersion: '' },
        spec: { interval: '3s', detection: { retries: 1, requestTimeout: 'Auto' }, recovery: { stabilization: '5s' } },
      },
    });
  });

  it('keeps what the API server says of its object', () => {
    const metadata = {
      name: 'w',
      namespace: 'n',
      uid: 'u',
      generation: 7,
      resourceVersion: '42',
      annotations: { a: 'b' },
    };
    expect(parseWorkflow(object(plain, { metadata: { ...metadata, managedFields: [] } }))).toMatchObject({
      workflow: { metadata },
    });
  });

  it('tells every error at once, the rules over several fields included', () => {
    const spec = { interval: '0s', pin: 'c', models: { primary: 'a' }, probes: { canary: 'On' } };
    expect(pathsOf(object(spec)).toSorted()).toEqual(['spec.interval', 'spec.pin', 'spec.probes.canary']);
  });

  it.each([
    ['nothing at all', undefined, ''],
    ['a list', [], ''],
    ['another kind', { ...object(plain), kind: 'Deployment' }, 'kind'],
    ['another version', { ...object(plain), apiVersion: 'ai.example.com/v2' }, 'apiVersion'],
    ['no spec', object(undefined), 'spec'],
    ['no name', object(plain, { metadata: {} }), 'metadata.name'],
    ['a name that cannot stand in a URL', object(plain, { metadata: { name: 'A/B' } }), 'metadata.name'],
  ])('refuses %s and says where', (_, value, path) => expect(pathsOf(value)).toEqual([path]));

  it('ignores unknown fields, for the API server has pruned what it does not know', () =>
    expect(parseWorkflow(object({ ...plain, tools: [] }))).not.toHaveProperty('workflow.spec.tools'));

  it.each([
    ['spec.fallbacks', { ...plain, fallbacks: [] }, 'the fields here are'],
    ['spec.models.fallback', { models: { primary: 'a', fallback: ['b'] } }, 'did you mean fallbacks?'],
    ['spec.Interval', { ...plain, Interval: '3s' }, 'did you mean interval?'],
    [
      'spec.models.overrides[0].maxTokens',
      { models: { primary: 'a', overrides: [{ model: 'a', maxTokens: 1 }] } },
      'the fields here are',
    ],
  ])('refuses the unknown field %s of a file and helps', (path, spec, help) => {
    const [error, ...others] = errorsOf(parseWorkflow(object(spec), { strict: true }));
    expect(error).toMatchObject({ path, message: expect.stringContaining(help) });
    expect(others).toEqual([]);
  });

  it('says of a list where an object belongs that it is no object, and nothing of its entries', () =>
    expect(pathsOf(object({ models: ['a'] }), true)).toEqual(['spec.models']));

  it('takes any name below parameters.set as a member, not as an unknown field', () => {
    const spec = { models: { primary: 'a', overrides: [{ model: 'a', parameters: { set: { temperature: 0 } } }] } };
    expect(parseWorkflow(object(spec), { strict: true }).ok).toBe(true);
  });

  it('never repeats a value, which may be a key in the wrong place', () => {
    const secret = 'sk-very-secret 1';
    const auth = [secret, { secretRef: secret }, { secretRef: { name: secret, key: secret }, header: secret }];
    for (const one of auth) {
      const provider = { name: 'x', protocol: secret, baseURL: secret, models: [secret], auth: one };
      const parsed = parseWorkflow(
        object({ pin: secret, interval: secret, models: { primary: 'a', providers: [provider] } }),
      );
      expect(parsed.ok).toBe(false);
      expect(JSON.stringify(parsed)).not.toContain(secret);
    }
  });

  it('says what to write, not only what is wrong', () => {
    const message = (spec: unknown) => errorsOf(parseWorkflow(object(spec)))[0]?.message;
    expect(message({ models: {} })).toBe('is required: write text');
    expect(message({ models: { primary: 4 } })).toBe('must be text');
    expect(message({ models: { primary: 'a', fallbacks: 'b' } })).toBe('must be a list');
    expect(message({ ...plain, pin: 'c' })).toMatch(/correct it, or remove it/);
    expect(message({ ...plain, interval: '9h' })).toBe('interval must be from 1s to 5m');
    expect(message({ ...plain, detection: { retries: 9 } })).toBe('must be at most 5');
    expect(message({ ...plain, probes: { canary: 'On' } })).toBe('must be one of Auto, Off');
  });

  it('salvages the workflow when only what the API server cannot see is wrong', () => {
    const set = { temperature: 0, model: 'x', deep: { a: 1 } };
    const parsed = parseWorkflow(
      object({ models: { primary: 'a', overrides: [{ model: 'a', parameters: { set } }] } }),
    );
    expect(parsed).toMatchObject({
      ok: false,
      salvaged: { spec: { models: { overrides: [{ parameters: { set: { temperature: 0 } } }] } } },
    });
    expect(JSON.stringify(parsed.ok ? {} : parsed.salvaged)).not.toMatch(/deep|"model":"x"/);
  });

  it('salvages nothing when anything else is wrong', () =>
    expect(parseWorkflow(object({ ...plain, interval: '9h' }))).not.toHaveProperty('salvaged'));

  it('never throws and never takes what is no workflow', () =>
    fc.assert(
      fc.property(fc.anything(), (value) => {
        const parsed = parseWorkflow(value);
        expect(parsed.ok || parsed.errors.length > 0).toBe(true);
      }),
    ));

  it('reads its own output as the same spec', () => {
    for (const { spec, ok } of SPEC_ROWS) {
      const first = parseWorkflow(object(spec));
      expect(first.ok).toBe(ok);
      if (first.ok)
        expect(parseWorkflow(object(first.workflow.spec))).toMatchObject({ workflow: { spec: first.workflow.spec } });
    }
  });
});

describe('a status', () => {
  const model = { name: 'a', state: 'Unhealthy', since: '2026-01-01T00:00:00Z', rank: 'Inference', target: 't' };

  it.each([undefined, null, 'x', [], { phase: 7 }])('that is unreadable (%j) is no status', (status) =>
    expect(statusOf(status)).toBeUndefined(),
  );
  it('of a new object says that nothing was observed', () =>
    expect(statusOf({ observedGeneration: -1 })).toEqual({ observedGeneration: -1 }));
  it('keeps a state of another version as it is written', () =>
    expect(statusOf({ models: [{ ...model, state: 'Drowsy' }] })).toEqual({ models: [{ ...model, state: 'Drowsy' }] }));
  it('keeps an ill model whose rank is of another version', () =>
    expect(statusOf({ models: [{ ...model, rank: 'Verdict' }] })).toMatchObject({
      models: [{ name: 'a', state: 'Unhealthy' }],
    }));
  it('keeps the models when a phase or a transition is of another version', () => {
    const strange = {
      phase: 'Sleeping',
      activeModel: 'a',
      models: [model, { name: 'b' }],
      transitions: [{ kind: 'Tool' }],
    };
    expect(statusOf(strange)).toEqual({ activeModel: 'a', models: [model], transitions: [] });
  });
});

describe('parseCatalog', () => {
  const anthropic = {
    name: 'anthropic',
    protocol: 'Anthropic',
    baseURL: 'https://api.anthropic.com',
    models: ['claude-*'],
  };
  const errors = (...providers: object[]) => errorsOf(parseCatalog({ providers })).map(({ path }) => path);

  it('reads the catalog of the documentation', () => {
    const parsed = parseCatalog(parse(DOCUMENTED));
    expect(parsed).toMatchObject({
      ok: true,
      catalog: { providers: [{ canary: { timeout: '10s', maxPerHour: 240 } }] },
    });
  });
  it('fills in how a provider is asked', () =>
    expect(parseCatalog({ providers: [anthropic] })).toMatchObject({
      catalog: {
        providers: [
          { reasoning: [], canary: { prompt: 'Reply with OK.', maxTokens: 64, timeout: '10s', maxPerHour: 240 } },
        ],
      },
    }));
  it.each([
    ['providers[1].name', 'two providers of one name', [anthropic, anthropic]],
    ['providers[0].auth', 'both a variable and a file', [{ ...anthropic, auth: { env: 'A', file: '/b' } }]],
    [
      'providers[0].auth',
      'a secretRef, which is for workflows',
      [{ ...anthropic, auth: { secretRef: { name: 'a', key: 'b' } } }],
    ],
    ['providers[0].baseURL', 'a base URL without a scheme', [{ ...anthropic, baseURL: 'api.anthropic.com' }]],
    ['providers[0].canary.timeout', 'a canary that may take for ever', [{ ...anthropic, canary: { timeout: '1h' } }]],
    ['providers[0].model', 'an unknown field', [{ ...anthropic, model: 'claude' }]],
  ])('%s: refuses %s', (path, _, providers) => expect(errors(...providers)).toEqual([path]));
  it.each([null, [], 'x'])('refuses %j', (value) => expect(parseCatalog(value).ok).toBe(false));
});

const DOCUMENTED = `
providers:
- name: anthropic
  protocol: Anthropic
  baseURL: https://api.anthropic.com
  models: ["claude-*"]
  auth: {env: ANTHROPIC_API_KEY}
  reasoning: []
  canary: {prompt: "Reply with OK.", maxTokens: 64, timeout: 10s, maxPerHour: 240}
`;

describe('the examples', () => {
  const read = (name: string) => readFileSync(new URL(`../../../examples/yaml/${name}`, import.meta.url), 'utf8');

  it('hold the manifest that everyone knows, byte for byte', () =>
    expect(read('01-triage-bot.yaml')).toBe(
      [
        'apiVersion: ai.example.com/v1alpha1',
        'kind: MCPWorkflow',
        'metadata:',
        '  name: triage-bot',
        'spec:',
        '  models:',
        '    primary: claude-opus-4-8',
        '    fallbacks:',
        '    - claude-sonnet-4-6',
        '',
      ].join('\n'),
    ));
  it.each(['01-triage-bot.yaml', '02-every-field.yaml'])('%s is a file without an error', (name) =>
    expect(parseWorkflow(parse(read(name)), { strict: true })).toMatchObject({ ok: true }),
  );
});
