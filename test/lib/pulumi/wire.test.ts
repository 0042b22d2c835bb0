// What programs put on Pulumi's wire: real programs, each in a process of its own, against a fake engine.
import { beforeAll, describe, expect, jest, test } from '@jest/globals';
import { join } from 'node:path';
import { runProgram } from '../../fakes/pulumi-engine.ts';
import type { ProgramRun, Registration } from '../../fakes/pulumi-engine.ts';
import { UNKNOWN } from '../../fakes/pulumi-wire.ts';

// A program takes a second or two to start, more where others are at work.
jest.setTimeout(60_000);

const run = (program: string, preview: boolean) =>
  runProgram(join(import.meta.dirname, 'programs', `${program}.ts`), { preview });

const named = (of: ProgramRun, name: string): Registration => {
  const found = of.registrations.find((registration) => registration.name === name);
  if (!found)
    throw new Error(`${name} was not registered; ${of.registrations.map((each) => each.name).join(', ')} were`);
  return found;
};
const nameOf = (urn: string) => urn.split('::').at(-1);
const waitsFor = (of: ProgramRun, name: string) => named(of, name).dependencies.map(nameOf);
const stackOutputs = (of: ProgramRun) => [...of.outputs].find(([urn]) => urn.includes('pulumi:pulumi:Stack'))?.[1];

/** Where a value is, as paths. */
function placesOf(sought: unknown, value: unknown, path = ''): readonly string[] {
  if (value === sought) return [path];
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([field, child]) => placesOf(sought, child, `${path}/${field}`));
}

describe('a platform', () => {
  let preview: ProgramRun;
  let deployment: ProgramRun;
  beforeAll(async () => {
    [preview, deployment] = await Promise.all([run('whole', true), run('whole', false)]);
  });

  test('is previewed without an error, and nothing about it is unknown', () => {
    expect([preview.exitCode, preview.errors]).toEqual([0, []]);
    expect(preview.registrations.flatMap(({ inputs }) => placesOf(UNKNOWN, inputs))).toEqual([]);
  });

  test('asks for the same resources each time, under types and names that never change', () => {
    const urns = (of: ProgramRun) => of.registrations.map(({ urn }) => urn).sort();
    expect(urns(deployment)).toEqual(urns(preview));
    const platform = 'urn:pulumi:test::shop::mcpworkflow:index:MCPPlatform';
    expect(urns(deployment)).toEqual(
      expect.arrayContaining([
        `${platform}::ai`,
        `${platform}$kubernetes:apiextensions.k8s.io/v1:CustomResourceDefinition::ai-crd`,
        `${platform}$kubernetes:ai.example.com/v1alpha1:MCPWorkflow::ai-triage-bot`,
        `${platform}$mcpworkflow:index:MCPOperator::ai`,
        `${platform}$mcpworkflow:index:MCPOperator$kubernetes:core/v1:Namespace::ai-namespace`,
        `${platform}$mcpworkflow:index:MCPOperator$kubernetes:core/v1:Service::ai-gateway-service`,
        `${platform}$mcpworkflow:index:MCPOperator$kubernetes:apps/v1:Deployment::ai-operator-deployment`,
        `${platform}$mcpworkflow:index:MCPOperator$kubernetes:rbac.authorization.k8s.io/v1:Role::ai-gateway-role`,
      ]),
    );
  });

  test('is made in order: the kind, the operator, then workflows, and all of a namespace after it', () => {
    expect(waitsFor(deployment, 'ai')).toEqual([]);
    expect(waitsFor(deployment, 'ai-operator-deployment')).toEqual(['ai-namespace']);
    expect(waitsFor(deployment, 'ai-gateway-role')).toEqual(['ai-namespace']);
    expect(waitsFor(deployment, 'ai-gateway-cluster-role')).toEqual([]);
    expect(waitsFor(deployment, 'ai-triage-bot')).toEqual(
      expect.arrayContaining(['ai-operator-deployment', 'ai-gateway-deployment']),
    );
    const operator = deployment.registrations.find(({ type }) => type === 'mcpworkflow:index:MCPOperator');
    expect(operator?.dependencies.map(nameOf)).toEqual(['ai-crd']);
  });

  test('waits until the kind is served and the workflow is Ready', () => {
    const annotations = (name: string) =>
      (named(deployment, name).inputs['metadata'] as { readonly annotations: object }).annotations;
    expect(annotations('ai-crd')).toEqual({ 'pulumi.com/waitFor': 'condition=Established' });
    expect(annotations('ai-triage-bot')).toEqual({ 'pulumi.com/waitFor': 'condition=Ready' });
  });

  test('gives the status of its workflows: unknown to a preview, then what the operator wrote', () => {
    expect(stackOutputs(preview)).toEqual({ activeModel: UNKNOWN, namespace: 'mcpworkflow-system' });
    expect(stackOutputs(deployment)).toEqual({ activeModel: 'claude-opus-4-8', namespace: 'mcpworkflow-system' });
  });
});

describe('arguments that other resources give', () => {
  let preview: ProgramRun;
  let deployment: ProgramRun;
  beforeAll(async () => {
    [preview, deployment] = await Promise.all([run('late', true), run('late', false)]);
  });

  test('leave everything else known to a preview', () => {
    const unknown = preview.registrations
      .filter(({ name }) => name.startsWith('ai'))
      .flatMap(({ inputs }) => placesOf(UNKNOWN, inputs));
    expect([...new Set(unknown)].sort()).toEqual([
      '/data/providers.yaml',
      '/metadata/labels/team',
      '/metadata/name',
      '/metadata/namespace',
      '/spec/template/metadata/labels/team',
      '/subjects/0/namespace',
    ]);
    expect(placesOf(UNKNOWN, named(preview, 'triage-bot').inputs)).toEqual([
      '/metadata/namespace',
      '/spec/models/primary',
    ]);
    expect(placesOf(UNKNOWN, named(preview, 'ai-namespace').inputs)).toContain('/metadata/name');
  });

  test('are there once they are known', () => {
    const { inputs } = named(deployment, 'ai-provider-catalog');
    expect(inputs).toMatchObject({
      metadata: { namespace: 'ml-platform', labels: { team: 'ml' } },
      data: { 'providers.yaml': expect.stringContaining('baseURL: "http://vllm.ml.svc:8000/v1"') as unknown },
    });
    expect(deployment.registrations.flatMap(({ inputs }) => placesOf(UNKNOWN, inputs))).toEqual([]);
  });

  test('make a resource wait for exactly what it uses', () => {
    expect(waitsFor(deployment, 'triage-bot').sort()).toEqual(['model', 'team-namespace']);
    expect(waitsFor(deployment, 'ai-provider-catalog').sort()).toEqual(['ai-namespace', 'namespace', 'team', 'url']);
  });

  test.each(['preview', 'deployment'])('stay secret if they are, and nothing beside them becomes one: %s', (mode) => {
    const of = mode === 'preview' ? preview : deployment;
    const container = (named(of, 'ai-operator-deployment').inputs as never)['spec']['template']['spec'][
      'containers'
    ][0];
    expect(container).toMatchObject({
      name: 'operator',
      image: { secret: 'registry.example.com/mcpworkflow:1' },
      imagePullPolicy: 'IfNotPresent',
    });
    expect(named(of, 'triage-bot').inputs['spec']).toMatchObject({
      interval: '5s',
      models: { providers: [{ name: 'own', baseURL: { secret: 'https://own.example.com/v1' } }] },
    });
  });
});

describe('options of a resource', () => {
  let deployment: ProgramRun;
  let children: readonly Registration[];
  beforeAll(async () => {
    deployment = await run('options', false);
    const operator = named(deployment, 'ai');
    children = deployment.registrations.filter(({ parent }) => parent === operator.urn);
    expect(children.length).toBeGreaterThan(20);
  });

  test('protect reaches everything in an operator', () => {
    expect(children.filter(({ protect }) => !protect)).toEqual([]);
    expect(named(deployment, 'crd').protect).toBe(true);
  });

  test('the provider reaches everything in an operator', () => {
    expect(children.filter(({ provider }) => !provider.includes('::cluster::'))).toEqual([]);
  });

  test('transforms reach everything in an operator', () => {
    const owners = children.map(({ inputs }) => (inputs as never)['metadata']['labels']['owner'] as unknown);
    expect([...new Set(owners)]).toEqual(['ml']);
  });

  test('nothing in an operator is asked for before that which it depends on', () => {
    const order = deployment.registrations.map(({ name }) => name);
    const first = Math.min(...children.map(({ name }) => order.indexOf(name)));
    expect(waitsFor(deployment, 'ai').sort()).toEqual(['crd', 'first']);
    expect(first).toBeGreaterThan(Math.max(order.indexOf('first'), order.indexOf('crd')));
  });

  test('a workflow has the parent and the dependencies that it was given', () => {
    expect(named(deployment, 'triage-bot')).toMatchObject({ parent: named(deployment, 'ai').urn });
    expect(waitsFor(deployment, 'triage-bot')).toEqual(['first']);
  });
});

describe('a program that is wrong', () => {
  test.each<readonly [string, string, string, RegExp]>([
    [
      'in an Output that is known fails its preview, and no value is told',
      'wrong-output',
      'MCPWorkflow',
      /^MCPWorkflow "triage-bot" cannot be made:\n {2}spec\.pin: pin must be models\.primary or one of models\.fallbacks/,
    ],
    [
      'in the URL of a provider fails its preview',
      'wrong-provider',
      'ConfigMap',
      /MCPOperator "ai" cannot be made:\n {2}providers\[0\]\.baseURL: baseURL must be an http or https URL/,
    ],
    [
      'in that two operators get one namespace fails its preview',
      'wrong-twins',
      'first-',
      /MCPOperator "first" cannot be made:\n {2}namespace: the MCPOperator "second" has this namespace already/,
    ],
    [
      'in a key that the gateway will ask for fails its preview',
      'wrong-key',
      'kubernetes:core/v1:Pod',
      /A connection to MCPWorkflow "triage-bot" cannot be made:\n {2}keySecret: is required/,
    ],
  ])('%s', async (_, program, absent, message) => {
    const { exitCode, errors, registrations } = await run(program, true);
    expect(exitCode).not.toBe(0);
    expect(errors).toEqual([expect.stringMatching(message)]);
    expect(errors.join()).not.toContain('sesame');
    expect(registrations.filter(({ type, name }) => type.includes(absent) || name.startsWith(absent))).toEqual([]);
  });

  test('in what only another resource knows fails before the workflow, or a Role for it, is asked for', async () => {
    expect(await run('wrong-pin', true)).toMatchObject({ exitCode: 0, errors: [] });
    const { exitCode, errors, registrations } = await run('wrong-pin', false);
    expect(exitCode).not.toBe(0);
    expect(errors).toEqual([expect.stringContaining('spec.pin: pin must be models.primary')]);
    expect(registrations.map(({ name }) => name)).toEqual(['shop-test', 'pin']);
  });
});
