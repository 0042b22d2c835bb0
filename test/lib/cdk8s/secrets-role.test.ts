import { describe, expect, it } from '@jest/globals';
import { ApiObject, JsonPatch, Lazy } from 'cdk8s';
import type { Chart } from 'cdk8s';
import { MCPOperator, MCPWorkflow } from '../../../lib/cdk8s/index.ts';
import type { MCPWorkflowProps, MCPWorkflowSpec } from '../../../lib/cdk8s/index.ts';
import { chartOf, problemsOf, synthOf } from './synth.ts';

const later = (produce: () => unknown) => Lazy.any({ produce }) as never;
const named = { metadata: { name: 'triage-bot' } };

const provider = (name: string, secret?: unknown) => ({
  name,
  protocol: 'OpenAI',
  baseURL: `http://${name}.ml.svc:8000/v1`,
  models: ['llama-*'],
  ...(secret !== undefined && { auth: { secretRef: { name: secret, key: 'api-key' } } }),
});
const withProviders = (providers: unknown): MCPWorkflowSpec =>
  ({ models: { primary: 'llama-4', providers } }) as MCPWorkflowSpec;

const chartWith = (props: Partial<MCPWorkflowProps>, chart: Chart = chartOf()) => {
  new MCPWorkflow(chart, 'workflow', { ...named, ...props } as MCPWorkflowProps);
  return chart;
};
/** Of each Role the names that it allows; of a rule without names everything is allowed. */
const allowedBy = (chart: Chart) =>
  synthOf(chart)
    .filter(({ kind }) => kind === 'Role')
    .map((role) =>
      (role as unknown as { rules: { resourceNames?: unknown }[] }).rules.map(
        ({ resourceNames = 'everything' }) => resourceNames,
      ),
    );

describe('the Role for the Secrets of a workflow', () => {
  it('comes with the workflow, and with its binding', () => {
    const chart = chartWith({ spec: withProviders([provider('vllm', 'vllm-key')]) }, chartOf({ namespace: 'support' }));
    expect(synthOf(chart)).toMatchObject([
      { kind: 'MCPWorkflow', metadata: { name: 'triage-bot', namespace: 'support' } },
      {
        kind: 'Role',
        metadata: { name: 'mcpworkflow-secrets.triage-bot', namespace: 'support' },
        rules: [{ apiGroups: [''], resources: ['secrets'], resourceNames: ['vllm-key'], verbs: ['list', 'watch'] }],
      },
      {
        kind: 'RoleBinding',
        metadata: { name: 'mcpworkflow-secrets.triage-bot', namespace: 'support' },
        roleRef: { kind: 'Role', name: 'mcpworkflow-secrets.triage-bot' },
        subjects: [
          { name: 'mcpworkflow-operator', namespace: 'mcpworkflow-system' },
          { name: 'mcpworkflow-gateway', namespace: 'mcpworkflow-system' },
        ],
      },
    ]);
  });

  const reference = (name: unknown) => ({ secretRef: { name, key: 'api-key' } });
  it.each<readonly [string, Partial<MCPWorkflowProps>, readonly (readonly unknown[])[]]>([
    ['is not made without providers', { spec: { models: { primary: 'a' } } }, []],
    ['is not made for open endpoints', { spec: withProviders([provider('vllm')]) }, []],
    ['is not made for those who say so', { spec: withProviders([provider('vllm', 'key')]), secretsRole: false }, []],
    [
      'names each Secret once, in the order of names',
      { spec: withProviders([provider('x', 'two'), provider('y', 'one'), provider('z', 'two'), provider('open')]) },
      [[['one', 'two']]],
    ],
    [
      'names what is known only at synth',
      {
        spec: withProviders([
          provider(
            'x',
            later(() => 'late'),
          ),
          provider('y', 'early'),
        ]),
      },
      [[['early', 'late']]],
    ],
    [
      'is made of providers that are known only at synth',
      { spec: withProviders(later(() => [provider('x', 'late')])) },
      [[['late']]],
    ],
    [
      'is made of a credential that is known only at synth',
      { spec: withProviders([{ ...provider('x'), auth: later(() => reference('late')) }]) },
      [[['late']]],
    ],
    [
      'allows nothing where late providers turn out to be open',
      { spec: withProviders(later(() => [provider('x')])) },
      [[]],
    ],
  ])('%s', (_, props, allowed) => expect(allowedBy(chartWith(props))).toEqual(allowed));

  it('follows a patch of the workflow', () => {
    const chart = chartOf();
    const spec = withProviders([provider('x', 'before')]);
    const place = '/spec/models/providers/0/auth/secretRef/name';
    new MCPWorkflow(chart, 'workflow', { spec }).addJsonPatch(JsonPatch.replace(place, 'after'));
    expect(allowedBy(chart)).toEqual([[['after']]]);
  });

  it.each([
    ['that of the chart', { namespace: 'of-chart' }, {}, 'of-chart'],
    ["the workflow's own", { namespace: 'of-chart' }, { namespace: 'own' }, 'own'],
    ['none where that is left to whoever applies it', {}, {}, undefined],
  ])('is in the namespace of the workflow: %s', (_, ofChart, metadata, expected) => {
    const spec = withProviders([provider('x', 'key')]);
    const objects = synthOf(chartWith({ metadata: { name: 'w', ...metadata }, spec }, chartOf(ofChart)));
    expect(objects.map(({ kind, metadata: { namespace } }) => [kind, namespace])).toEqual(
      ['MCPWorkflow', 'Role', 'RoleBinding'].map((kind) => [kind, expected]),
    );
  });

  it('is bound to the accounts of the operator that serves the workflow', () => {
    const chart = chartOf({ namespace: 'support' });
    const { gateway } = new MCPOperator(chartOf(), 'operator', { namespace: 'ai' });
    chartWith({ spec: withProviders([provider('x', 'key')]), gateway }, chart);
    const subjects = [{ namespace: 'ai' }, { namespace: 'ai' }];
    expect(synthOf(chart)[2]).toMatchObject({ kind: 'RoleBinding', subjects });
  });

  it.each([
    ['given late', { name: later(() => 'late') }, /^late$/],
    ['made of its path', {}, /^chart-workflow-[0-9a-f]{8}$/],
  ])('has the name of its workflow, also one that is %s', (_, metadata, name) => {
    const objects = synthOf(chartWith({ metadata, spec: withProviders([provider('x', 'key')]) }));
    const [workflow, role, binding] = objects;
    expect(workflow?.metadata.name).toMatch(name);
    const expected = `mcpworkflow-secrets.${workflow?.metadata.name}`;
    expect(role?.metadata.name).toBe(expected);
    expect(binding).toMatchObject({ metadata: { name: expected }, roleRef: { name: expected } });
  });

  it.each([
    [
      'comes before what depends on it',
      (workflow: MCPWorkflow, other: ApiObject) => other.node.addDependency(workflow),
      3,
    ],
    [
      'comes after what it depends on',
      (workflow: MCPWorkflow, other: ApiObject) => workflow.node.addDependency(other),
      0,
    ],
  ])('like its workflow, %s', (_, depend, place) => {
    const chart = chartOf();
    const workflow = new MCPWorkflow(chart, 'workflow', { spec: withProviders([provider('x', 'key')]) });
    depend(workflow, new ApiObject(chart, 'other', { apiVersion: 'v1', kind: 'ConfigMap' }));
    expect(synthOf(chart).findIndex(({ kind }) => kind === 'ConfigMap')).toBe(place);
  });

  it('leaves the workflow its own default child, and its parts children to patch', () => {
    const workflow = new MCPWorkflow(chartOf(), 'workflow', { spec: withProviders([provider('x', 'key')]) });
    expect(ApiObject.of(workflow)).toBe(workflow);
    expect(workflow.node.children.map(({ node }) => node.id)).toEqual(['secrets-role', 'secrets-role-binding']);
  });

  it('says nothing of its own where the spec is wrong', () => {
    const spec = withProviders([provider('x', 'Not_A_Name')]);
    expect(problemsOf(chartWith({ spec }))).toEqual([
      expect.stringContaining('spec.models.providers[0].auth.secretRef.name'),
    ]);
  });
});
