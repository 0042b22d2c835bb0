// What a wrong program is told, before anything is deployed: nothing here reaches an engine.
import { beforeAll, describe, expect, test } from '@jest/globals';
import * as k8s from '@pulumi/kubernetes';
import * as pulumi from '@pulumi/pulumi';
import { InvalidArgsError, MCPOperator, MCPPlatform, MCPWorkflow } from '../../../lib/pulumi/index.ts';
import type { MCPOperatorArgs, MCPPlatformArgs, MCPWorkflowArgs } from '../../../lib/pulumi/index.ts';

const registered: string[] = [];

beforeAll(() =>
  pulumi.runtime.setMocks({
    newResource: ({ type, name, inputs }) => {
      registered.push(`${type} ${name}`);
      return { id: name, state: inputs as object };
    },
    call: () => ({}),
  }),
);

const problemsOf = (make: () => unknown): readonly string[] => {
  try {
    make();
  } catch (error) {
    if (error instanceof InvalidArgsError) return error.problems.map(({ path, message }) => `${path}: ${message}`);
    throw error;
  }
  return [];
};

const models = { primary: 'claude-opus-4-8', fallbacks: ['claude-sonnet-4-6'] };
const late = (value: string) => pulumi.output(value);
const later = late('later');
const as = (args: unknown) => args as MCPWorkflowArgs;

describe('a workflow', () => {
  test.each<readonly [string, MCPWorkflowArgs, readonly string[]]>([
    [
      'pinned to a model that it does not have',
      { spec: { pin: 'gpt-5', models } },
      ['spec.pin: pin must be models.primary or one of models.fallbacks: correct it, or remove it'],
    ],
    [
      'with a model twice',
      { spec: { models: { primary: 'a', fallbacks: ['b', 'b'] } } },
      [
        'spec.models.fallbacks[1]: models.fallbacks may not name a model twice, nor the primary again: remove the repetition',
      ],
    ],
    [
      'with a duration that is none',
      { spec: { interval: '3 seconds', models } },
      ['spec.interval: interval must be a duration such as 3s or 1m30s'],
    ],
    [
      'with undefined in a list',
      as({ spec: { models: { primary: 'a', fallbacks: ['b', undefined] } } }),
      ['spec.models.fallbacks[1]: is required: write text'],
    ],
    [
      'with a field that nobody knows',
      as({ spec: { models: { ...models, fallback: ['b'] } } }),
      ['spec.models.fallback: is not a field of this API: did you mean fallbacks?'],
    ],
    [
      'with an argument that nobody knows',
      as({ spec: { models }, waitfor: false }),
      ['waitfor: is not a field of this API: did you mean waitFor?'],
    ],
    ['without a spec', as({}), ['spec: is required: write an object with fields']],
    [
      'wrong in one place and late in another',
      { spec: { interval: '0s', pin: later, models: { primary: later, fallbacks: [later, 'b'] } } },
      ['spec.interval: interval must be from 1s to 5m'],
    ],
    [
      'with a name that Kubernetes refuses',
      { metadata: { name: 'Triage_Bot' }, spec: { models } },
      ['metadata.name: must be lower-case letters, digits, dots and dashes, and begin and end with a letter or digit'],
    ],
  ])('%s', (_, args, problems) => {
    expect(problemsOf(() => new MCPWorkflow('triage-bot', args))).toEqual(problems);
  });

  test.each<readonly [string, MCPWorkflowArgs]>([
    [
      'whose models are all known later',
      { spec: { models: { primary: late('a'), fallbacks: [late('b'), late('c')] } } },
    ],
    [
      'whose pin may be one of the models that are known later',
      { spec: { pin: 'x', models: { ...models, primary: late('x') } } },
    ],
    [
      'whose fallbacks are a list that is known later',
      { spec: { pin: 'x', models: { primary: 'a', fallbacks: late('x').apply((x) => [x]) } } },
    ],
    ['whose spec is known later as a whole', { spec: later.apply(() => ({ models })) }],
    [
      'with a promise in a parameter',
      {
        spec: {
          models: {
            ...models,
            overrides: [{ model: 'claude-opus-4-8', parameters: { set: { top_k: Promise.resolve(1) } } }],
          },
        },
      },
    ],
    [
      'whose check has a schema with something late in it',
      { spec: { models, checks: [{ name: 'json', type: 'JSONSchema', schema: { type: 'object', title: later } }] } },
    ],
  ])('%s is not refused before it is known', (_, args) => {
    expect(problemsOf(() => new MCPWorkflow('late', { ...args, waitFor: false }))).toEqual([]);
  });

  test('is named in the message, and no value is repeated in it', () => {
    const spec = {
      models: { ...models, providers: [{ name: 'x', protocol: 'OpenAI', baseURL: 'sk-secret', models: ['*'] }] },
    };
    const error = (() => {
      try {
        new MCPWorkflow('triage-bot', as({ spec }));
      } catch (thrown) {
        return thrown as Error;
      }
      return new Error('nothing was thrown');
    })();
    expect(error.message).toMatch(
      /^MCPWorkflow "triage-bot" cannot be made:\n {2}spec\.models\.providers\[0\]\.baseURL: /,
    );
    expect(error.message).not.toContain('sk-secret');
    expect(pulumi.RunError.isInstance(error)).toBe(true);
  });

  test('that is refused is not asked of the engine', async () => {
    expect(problemsOf(() => new MCPWorkflow('refused', { spec: { pin: 'x', models } }))).toHaveLength(1);
    await new Promise((resolve) => setImmediate(resolve));
    expect(registered.filter((resource) => resource.endsWith('refused'))).toEqual([]);
  });
});

const asOperator = (args: unknown) => args as MCPOperatorArgs;
const provider = {
  name: 'vllm',
  protocol: 'OpenAI',
  baseURL: 'http://vllm.ml.svc:8000/v1',
  models: ['llama-*'],
} as const;

describe('an operator', () => {
  const spread = [
    'operator.nodeSelector',
    'operator.tolerations',
    'operator.podAnnotations',
    'gateway.nodeSelector',
    'gateway.tolerations',
    'gateway.podAnnotations',
    'gateway.serviceAnnotations',
    'networkPolicy.callers',
    'networkPolicy.scrapers',
  ].map((path): readonly [string, MCPOperatorArgs, RegExp] => {
    const [part = '', field = ''] = path.split('.');
    const problem = new RegExp(`^${path}: must be known now, got an Output: write it out`);
    return [`whose ${path} is an Output`, asOperator({ [part]: { [field]: later } }), problem];
  });

  test.each<readonly [string, MCPOperatorArgs, RegExp]>([
    ['whose list of providers is an Output', asOperator({ providers: later }), /^providers: .*known now/],
    [
      'with a provider whose name is an Output',
      asOperator({ providers: [{ ...provider, name: later }] }),
      /^providers\[0\]\.name: .*known now/,
    ],
    [
      'with a provider whose models are an Output',
      asOperator({ providers: [{ ...provider, models: later }] }),
      /^providers\[0\]\.models: .*known now/,
    ],
    [
      'with a provider whose URL the catalog refuses',
      { providers: [{ ...provider, baseURL: 'ftp://vllm' }] },
      /^providers\[0\]\.baseURL: baseURL must be an http or https URL/,
    ],
    ['with a switch that is an Output', asOperator({ createNamespace: later }), /^createNamespace: .*known now/],
    ['whose labels are an Output', asOperator({ labels: later }), /^labels: .*known now/],
    ['with undefined in a list', asOperator({ imagePullSecrets: ['pull', undefined] }), /^imagePullSecrets\[1\]: /],
    ['with a duration that is none', { gateway: { drainLimit: 'ten minutes' } }, /^gateway\.drainLimit: .*duration/],
    ['with an argument that nobody knows', asOperator({ replicas: 3 }), /^replicas: /],
    ...spread,
  ])('%s', (_, args, problem) => {
    expect(problemsOf(() => new MCPOperator('ai', args))).toEqual([expect.stringMatching(problem)]);
  });

  test('beside another one in the same namespace', () => {
    expect(problemsOf(() => new MCPOperator('first', { namespace: 'shared' }))).toEqual([]);
    expect(problemsOf(() => new MCPOperator('second', { namespace: 'shared' }))).toEqual([
      'namespace: the MCPOperator "first" has this namespace already, and one operator may run in it: choose another one',
    ]);
    expect(problemsOf(() => new MCPOperator('third', { namespace: 'own' }))).toEqual([]);
  });

  test('beside another one in a namespace of the same name on another cluster', () => {
    const cluster = (name: string) => new k8s.Provider(name, {});
    for (const [name, provider] of [
      ['east', cluster('e')],
      ['west', cluster('w')],
    ] as const)
      expect(problemsOf(() => new MCPOperator(name, { namespace: 'twins' }, { provider }))).toEqual([]);
  });
});

test('what is wrong with a part of a platform is told as of that part', () => {
  const workflows = { 'triage-bot': { spec: { pin: 'x', models } } };
  expect(() => new MCPPlatform('ai', { operator: { namespace: 'p' }, workflows })).toThrow(
    'MCPWorkflow "ai-triage-bot" cannot be made',
  );
});

test('a platform says which of its arguments nobody knows', () => {
  const args = { workflow: {} } as MCPPlatformArgs;
  expect(problemsOf(() => new MCPPlatform('ai', args))).toEqual([
    'workflow: is not a field of this API: did you mean workflows?',
  ]);
});
