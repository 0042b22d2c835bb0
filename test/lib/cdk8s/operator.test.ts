import { describe, expect, it } from '@jest/globals';
import { ApiObject, Chart, JsonPatch, Lazy } from 'cdk8s';
import { MCPOperator, MCPWorkflowCRD } from '../../../lib/cdk8s/index.ts';
import type { MCPOperatorProps } from '../../../lib/cdk8s/index.ts';
import { workflowCrd } from '../../../lib/api/crd.ts';
import { platformManifests } from '../../../lib/manifests/platform.ts';
import { chartOf, problemsOf, synthOf } from './synth.ts';

const CLUSTER_KINDS = ['ClusterRole', 'ClusterRoleBinding', 'CustomResourceDefinition', 'Namespace'];

describe('MCPOperator', () => {
  const options: MCPOperatorProps = { namespace: 'ai', gateway: { replicas: 3 }, labels: { team: 'platform' } };

  it('is what every front end makes of the same options, object by object', () => {
    const chart = chartOf();
    new MCPOperator(chart, 'operator', options);
    expect(synthOf(chart)).toEqual(JSON.parse(JSON.stringify(Object.values(platformManifests(options)))));
  });

  it.each([
    ['the one that is asked for', 'theirs', { namespace: 'asked' }, 'asked'],
    ["else the chart's", 'theirs', {}, 'theirs'],
    ['else a namespace of its own', undefined, {}, 'mcpworkflow-system'],
  ])('runs in a namespace: %s', (_, ofChart, props, expected) => {
    const chart = chartOf(ofChart === undefined ? {} : { namespace: ofChart });
    const operator = new MCPOperator(chart, 'operator', props);
    expect(operator.namespace).toBe(expected);
    const namespaces = synthOf(chart).flatMap(({ metadata }) => metadata.namespace ?? []);
    expect([...new Set(namespaces)]).toEqual([expected]);
  });

  it('puts no namespace on what belongs to the whole cluster, whatever the chart says', () => {
    const chart = chartOf({ namespace: 'ai' });
    new MCPWorkflowCRD(chart, 'crd');
    new MCPOperator(chart, 'operator');
    for (const { kind, metadata } of synthOf(chart))
      expect([kind, metadata.namespace]).toEqual([kind, CLUSTER_KINDS.includes(kind) ? undefined : 'ai']);
  });

  it('has each object for a child, to patch, and the Deployment of the operator for its default one', () => {
    const chart = chartOf();
    const operator = new MCPOperator(chart, 'operator');
    ApiObject.of(operator).addJsonPatch(JsonPatch.add('/spec/paused', true));
    (operator.node.findChild('gateway-deployment') as ApiObject).addJsonPatch(JsonPatch.replace('/spec/replicas', 7));
    const specs = Object.fromEntries(
      synthOf(chart)
        .filter(({ kind }) => kind === 'Deployment')
        .map(({ metadata, spec }) => [metadata.name, spec]),
    );
    expect(specs['mcpworkflow-operator']).toMatchObject({ paused: true, replicas: 2 });
    expect(specs['mcpworkflow-gateway']).toMatchObject({ replicas: 7 });
  });

  it('takes what is known only at synth', () => {
    const chart = chartOf();
    new MCPOperator(chart, 'operator', { gateway: { replicas: Lazy.any({ produce: () => 5 }) as never } });
    expect(
      synthOf(chart).find(({ kind, metadata }) => kind === 'Deployment' && metadata.name === 'mcpworkflow-gateway'),
    ).toMatchObject({ spec: { replicas: 5 } });
  });

  it.each([
    ['plain', {}, { tls: false, insecureNoAuth: false }],
    ['with a certificate', { gateway: { tlsSecret: 'cert' } }, { tls: true, insecureNoAuth: false }],
    ['open', { gateway: { insecureNoAuth: true } }, { tls: false, insecureNoAuth: true }],
  ])('tells workflows what its gateway is: %s', (_, props, expected) =>
    expect(new MCPOperator(chartOf({ namespace: 'ai' }), 'operator', props).gateway).toEqual({
      namespace: 'ai',
      ...expected,
    }),
  );

  it('names the construct, the option and the fix for each option that is wrong', () => {
    const props = { operator: { replicas: 0 }, gateway: { replica: 2 } } as MCPOperatorProps;
    expect(() => new MCPOperator(chartOf(), 'operator', props)).toThrow(
      '[chart/operator] operator.replicas: must be a whole number of at least 1, got 0\n' +
        '[chart/operator] gateway.replica: is not an option: did you mean replicas?',
    );
  });
});

describe('two operators', () => {
  const both = (one: MCPOperatorProps, other: MCPOperatorProps) => {
    const chart = chartOf();
    new MCPOperator(chart, 'one', one);
    new MCPOperator(chart, 'other', other);
    return problemsOf(chart);
  };

  it('may not share a namespace', () =>
    expect(both({}, { namespace: 'mcpworkflow-system' })).toEqual([
      expect.stringMatching(
        /^\[chart\/other\] namespace: chart\/one is an operator of .*: give this one another namespace/,
      ),
    ]));

  it('may run in two namespaces, with no name of the whole cluster in common', () => {
    expect(both({}, { namespace: 'ai' })).toEqual([]);
    const chart = chartOf();
    new MCPOperator(chart, 'one');
    new MCPOperator(chart, 'other', { namespace: 'ai' });
    const names = synthOf(chart)
      .filter(({ kind }) => CLUSTER_KINDS.includes(kind))
      .map(({ kind, metadata }) => `${kind} ${metadata.name}`);
    expect(new Set(names).size).toBe(names.length);
  });

  it('may have the same namespace in two charts, for these may go to two clusters', () => {
    const chart = chartOf({}, 'staging');
    new MCPOperator(chart, 'operator');
    new MCPOperator(new Chart(chart.node.root, 'production'), 'operator');
    expect(problemsOf(chart)).toEqual([]);
  });
});

describe('MCPWorkflowCRD', () => {
  it('is the CRD of this package, with labels and annotations', () => {
    const chart = chartOf({ namespace: 'ai' });
    const crd = new MCPWorkflowCRD(chart, 'crd', { labels: { a: 'b' }, annotations: { c: 'd' } });
    const [applied] = synthOf(chart);
    const { metadata, ...rest } = workflowCrd();
    expect(applied).toEqual({ ...rest, metadata: { ...metadata, labels: { a: 'b' }, annotations: { c: 'd' } } });
    expect(ApiObject.of(crd)).toBe(crd.node.defaultChild);
  });
});
