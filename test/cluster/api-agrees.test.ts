// The schema and the API server judge the same objects the same way, fill in the same defaults, and explain themselves.
import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { readFileSync } from 'node:fs';
import { parse } from 'yaml';
import { workflowCrd } from '../../lib/api/crd.ts';
import { parseWorkflow } from '../../lib/api/parse.ts';
import { specSchema } from '../../lib/api/spec.ts';
import { SPEC_ROWS } from '../lib/api/objects.ts';
import type { ApiAnswer } from './plane-access.ts';
import { sharedControlPlane } from './shared-plane.ts';
import type { SharedPlane } from './shared-plane.ts';

jest.setTimeout(120_000);

const read = (path: string) => readFileSync(new URL(`../../${path}`, import.meta.url), 'utf8');
const manifest = read('examples/yaml/01-triage-bot.yaml');

let plane: SharedPlane;
let namespace: string;
beforeAll(async () => {
  plane = await sharedControlPlane();
  await plane.installCRD();
  namespace = await plane.namespace('api-agrees');
});
afterAll(() => plane.stop());

const collection = () => `/apis/ai.example.com/v1alpha1/namespaces/${namespace}/mcpworkflows`;
const create = (name: string, spec: unknown, query = ''): Promise<ApiAnswer> =>
  plane.request('POST', `${collection()}?fieldValidation=Strict${query}`, {
    apiVersion: 'ai.example.com/v1alpha1',
    kind: 'MCPWorkflow',
    metadata: { name },
    spec,
  });
const messageOf = ({ body }: ApiAnswer) => String((body as { readonly message?: unknown }).message);

// proves schema-and-api-server-agree
describe('the API server and the schema', () => {
  it.each(SPEC_ROWS)('judge alike what both can see: $name', async ({ spec, ok, cel }) => {
    const answer = await create('row', spec, '&dryRun=All');
    const expected = cel !== 'alone' && (ok || cel === 'cannot') ? 201 : 422;
    expect([answer.status, expected === 201 && answer.status !== 201 ? messageOf(answer) : '']).toEqual([expected, '']);
  });

  it('fill in the same defaults, in the least object and in the fullest', async () => {
    const full = parse(read('examples/yaml/02-every-field.yaml')) as { readonly spec: unknown };
    for (const [name, spec] of [
      ['least', { models: { primary: 'a' } }],
      ['fullest', full.spec],
    ] as const) {
      const made = await create(name, spec);
      expect(made.status).toBe(201);
      const kept = (made.body as { readonly spec: unknown }).spec;
      expect(kept).toEqual(specSchema.parse(spec));
    }
  });

  it.each([
    [
      'pin',
      { pin: 'c', models: { primary: 'a' } },
      /spec\.pin: .*pin must be models\.primary or one of models\.fallbacks: correct it, or remove it/,
    ],
    ['fallbacks', { models: { primary: 'a', fallbacks: ['a'] } }, /spec\.models\.fallbacks: .*remove the repetition/],
    [
      'pattern',
      { models: { primary: 'a' }, checks: [{ name: 'c', type: 'Regex', pattern: '(a', match: 'Required' }] },
      /spec\.checks\[0\]\.pattern: .*(RE2|regex|missing)/,
    ],
    ['interval', { interval: '1h', models: { primary: 'a' } }, /spec\.interval: .*interval must be from 1s to 5m/],
  ])('name the field %s and the fix', async (_, spec, expected) => {
    expect(messageOf(await create('row', spec, '&dryRun=All'))).toMatch(expected);
  });

  it('refuse an unknown field when asked to be strict', async () => {
    expect(await create('row', { models: { primary: 'a' }, tools: [] }, '&dryRun=All')).toMatchObject({
      status: 400,
      body: { message: expect.stringContaining('unknown field "spec.tools"') },
    });
  });
});

describe('the CRD', () => {
  it('is taken as it stands, with every field known', async () => {
    const path = '/apis/apiextensions.k8s.io/v1/customresourcedefinitions/mcpworkflows.ai.example.com';
    const answer = await plane.request(
      'PATCH',
      `${path}?fieldManager=test-plane&force=true&fieldValidation=Strict&dryRun=All`,
      workflowCrd(),
      { contentType: 'application/apply-patch+yaml' },
    );
    expect([answer.status, messageOf(answer)]).toEqual([200, 'undefined']);
  });

  it('makes a new object read as in progress, which parseWorkflow understands', async () => {
    const made = await create('in-progress', { models: { primary: 'a' } });
    expect(made.body).toMatchObject({ status: { observedGeneration: -1 } });
    expect(parseWorkflow(made.body)).toMatchObject({ ok: true, workflow: { status: { observedGeneration: -1 } } });
  });

  it('explains every field of spec.detection', async () => {
    const { code, stdout } = await plane.kubectl(['explain', 'mcpworkflow.spec.detection']);
    expect(code).toBe(0);
    expect(stdout).toContain('When a model is ill, from real traffic.');
    for (const field of Object.keys(specSchema.shape.detection.parse({})))
      expect(stdout).toMatch(new RegExp(`\\s${field}\\s`));
    expect(stdout).not.toContain('<no description>');
  });

  it('leaves no field of the whole resource unexplained', async () => {
    for (const field of [
      'spec',
      'spec.models',
      'spec.models.providers',
      'spec.models.overrides',
      'status',
      'status.models',
    ]) {
      const { stdout } = await plane.kubectl(['explain', `mcpworkflow.${field}`]);
      expect(stdout).not.toContain('<no description>');
    }
  });

  it('prints what the on-call person reads, by the short name and by the category', async () => {
    for (const name of ['mwf', 'mcp']) {
      const { stdout } = await plane.kubectl(['get', name, '-n', namespace]);
      expect(stdout.split('\n')[0]?.trim().split(/\s+/)).toEqual([
        'NAME',
        'PHASE',
        'ACTIVE',
        'PRIMARY',
        'REASON',
        'SWITCHES',
        'SINCE',
        'AGE',
      ]);
    }
  });
});

describe('two who write the same workflow', () => {
  // proves pin-survives-gitops
  it("an apply of the file from Git keeps the on-call person's pin", async () => {
    const apply = (manager: string, yaml: string) =>
      plane.kubectl(['apply', '--server-side', `--field-manager=${manager}`, '-n', namespace, '-f', '-'], yaml);
    expect(await apply('git', manifest)).toMatchObject({ code: 0 });
    const pin = ['patch', 'mwf', 'triage-bot', '-n', namespace, '--field-manager=on-call', '--type=merge'];
    expect(await plane.kubectl([...pin, '-p', '{"spec":{"pin":"claude-sonnet-4-6"}}'])).toMatchObject({ code: 0 });

    expect(await apply('git', manifest)).toMatchObject({ code: 0 });
    const kept = await plane.request('GET', `${collection()}/triage-bot`);
    expect(kept.body).toMatchObject({ spec: { pin: 'claude-sonnet-4-6', models: { primary: 'claude-opus-4-8' } } });
  });

  it('and a pin that was applied by its own manager goes when that manager lets it go', async () => {
    const apply = (manager: string, spec: string) =>
      plane.kubectl(
        ['apply', '--server-side', `--field-manager=${manager}`, '-n', namespace, '-f', '-'],
        `apiVersion: ai.example.com/v1alpha1\nkind: MCPWorkflow\nmetadata: {name: two}\nspec: ${spec}\n`,
      );
    const git = '{models: {primary: a, fallbacks: [b]}}';
    for (const [manager, spec] of [
      ['git', git],
      ['on-call', '{pin: b}'],
      ['git', git],
    ] as const) {
      expect(await apply(manager, spec)).toMatchObject({ code: 0 });
    }
    expect((await plane.request('GET', `${collection()}/two`)).body).toMatchObject({ spec: { pin: 'b' } });
    expect(await apply('on-call', '{}')).toMatchObject({ code: 0 });
    expect((await plane.request('GET', `${collection()}/two`)).body).not.toHaveProperty('spec.pin');
  });
});
