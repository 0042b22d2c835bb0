import { describe, expect, it } from '@jest/globals';
import { Chart, Cron, Lazy } from 'cdk8s';
import { Construct } from 'constructs';
import * as plus28 from 'cdk8s-plus-28';
import * as plus33 from 'cdk8s-plus-33';
import { MCPOperator, MCPWorkflow } from '../../../lib/cdk8s/index.ts';
import type { ConnectableWorkload, ConnectOptions, MCPWorkflowProps } from '../../../lib/cdk8s/index.ts';
import { chartOf, problemsOf, synthOf } from './synth.ts';
import type { Applied } from './synth.ts';

const apiKeys = [{ name: 'ci', sha256: 'a'.repeat(64) }];
const withKey = { models: { primary: 'claude-opus-4-8' }, access: { apiKeys } };
const withoutKey = { models: { primary: 'claude-opus-4-8' } };
const keySecret = { name: 'triage-key' };
const main = { name: 'main', image: 'app' };

const workflowIn = (scope: Construct, props: Partial<MCPWorkflowProps> = {}) =>
  new MCPWorkflow(scope, 'workflow', { metadata: { name: 'triage-bot' }, spec: withKey, ...props });
const deploymentIn = (scope: Construct, containers: readonly plus28.ContainerProps[] = [main]) =>
  new plus28.Deployment(scope, 'app', { containers: [...containers] });

/** The pod of whatever has one. */
function podOf({ kind, spec = {} }: Applied): {
  containers: { name: string; env?: { name: string }[] }[];
  labels?: object;
} {
  type Template = { template?: { metadata?: { labels?: object }; spec: object }; jobTemplate?: { spec: Template } };
  const { template, jobTemplate } = spec as Template;
  const pod = kind === 'Pod' ? undefined : (template ?? jobTemplate?.spec.template);
  return { ...(pod?.spec ?? spec), ...(pod?.metadata && { labels: pod.metadata.labels }) } as never;
}
const envOf = (chart: Chart, kind = 'Deployment') => {
  const object = synthOf(chart).find((each) => each.kind === kind);
  return object && podOf(object).containers.find(({ name }) => name === 'main')?.env;
};
const connected = (chart: Chart, options: ConnectOptions = { keySecret }, props: Partial<MCPWorkflowProps> = {}) => {
  workflowIn(chart, props).connect(deploymentIn(chart), options);
  return chart;
};

const BASE = 'http://mcpworkflow-gateway.mcpworkflow-system.svc:4000';
const KEY = { secretKeyRef: { name: 'triage-key', key: 'api-key' } };

const WORKLOADS: readonly (readonly [string, (scope: Construct) => ConnectableWorkload])[] = [
  ['Deployment', (scope) => deploymentIn(scope)],
  [
    'StatefulSet',
    (scope) =>
      new plus28.StatefulSet(scope, 'app', {
        containers: [main],
        service: new plus28.Service(scope, 's', { ports: [{ port: 1 }] }),
      }),
  ],
  ['DaemonSet', (scope) => new plus28.DaemonSet(scope, 'app', { containers: [main] })],
  ['Job', (scope) => new plus28.Job(scope, 'app', { containers: [main] })],
  ['CronJob', (scope) => new plus28.CronJob(scope, 'app', { containers: [main], schedule: Cron.daily() })],
  ['Pod', (scope) => new plus28.Pod(scope, 'app', { containers: [main] })],
];
const WORKLOADS_33: typeof WORKLOADS = [
  ['Deployment', (scope) => new plus33.Deployment(scope, 'app', { containers: [main] })],
  ['CronJob', (scope) => new plus33.CronJob(scope, 'app', { containers: [main], schedule: Cron.daily() })],
];

describe('connect', () => {
  it('gives both SDKs their base URL, and the key from the Secret', () =>
    expect(envOf(connected(chartOf({ namespace: 'support' })))).toEqual([
      { name: 'ANTHROPIC_BASE_URL', value: `${BASE}/support/triage-bot/anthropic` },
      { name: 'ANTHROPIC_API_KEY', valueFrom: KEY },
      { name: 'OPENAI_BASE_URL', value: `${BASE}/support/triage-bot/openai/v1` },
      { name: 'OPENAI_API_KEY', valueFrom: KEY },
    ]));

  it('lets the pod say its namespace where it is not known, before the URLs that are expanded from it', () =>
    expect(envOf(connected(chartOf(), { keySecret, dialects: ['OpenAI'] }))).toEqual([
      { name: 'MCPWORKFLOW_NAMESPACE', valueFrom: { fieldRef: { fieldPath: 'metadata.namespace' } } },
      { name: 'OPENAI_BASE_URL', value: `${BASE}/$(MCPWORKFLOW_NAMESPACE)/triage-bot/openai/v1` },
      { name: 'OPENAI_API_KEY', valueFrom: KEY },
    ]));

  it('takes what an operator of the same program says of its gateway', () => {
    const platform = chartOf({}, 'platform');
    const { gateway } = new MCPOperator(platform, 'operator', { namespace: 'ai', gateway: { tlsSecret: 'cert' } });
    const chart = new Chart(platform.node.root, 'app', { namespace: 'support' });
    expect(envOf(connected(chart, { keySecret }, { gateway }))?.[0]).toEqual({
      name: 'ANTHROPIC_BASE_URL',
      value: 'https://mcpworkflow-gateway.ai.svc:4000/support/triage-bot/anthropic',
    });
  });

  it('gives SDKs that insist on a key something to show to a gateway that asks for none', () =>
    expect(
      envOf(connected(chartOf({ namespace: 'x' }), {}, { spec: withoutKey, gateway: { insecureNoAuth: true } })),
    ).toContainEqual({ name: 'ANTHROPIC_API_KEY', value: 'not-needed' }));

  it('tells the container that is named and no other', () => {
    const chart = chartOf();
    const workload = deploymentIn(chart, [main, { name: 'sidecar', image: 'proxy' }]);
    workflowIn(chart).connect(workload, { container: 'sidecar', keySecret });
    expect(envOf(chart)).toBeUndefined();
    expect(Object.keys(workload.containers[1]?.env.variables ?? {})).toContain('OPENAI_API_KEY');
  });

  it.each([
    ['28', WORKLOADS],
    ['33', WORKLOADS_33],
  ] as const)('takes workloads of cdk8s-plus-%s, whatever their kind', (_, workloads) => {
    for (const [kind, make] of workloads) {
      const chart = chartOf({ namespace: 'support' });
      workflowIn(chart).connect(make(chart), { keySecret, egressPolicy: true });
      expect([kind, envOf(chart, kind)?.map(({ name }) => name)]).toEqual([
        kind,
        ['ANTHROPIC_BASE_URL', 'ANTHROPIC_API_KEY', 'OPENAI_BASE_URL', 'OPENAI_API_KEY'],
      ]);
    }
  });

  it('takes anything with containers', () => {
    const chart = chartOf();
    const env = new plus28.Env([], {});
    const own = Object.assign(new Construct(chart, 'own'), { containers: [{ name: 'any', env }] });
    workflowIn(chart).connect(own, { keySecret });
    expect(Object.keys(env.variables)).toContain('ANTHROPIC_API_KEY');
  });
});

describe('policies', () => {
  const policiesOf = (chart: Chart) => synthOf(chart).filter(({ kind }) => kind === 'NetworkPolicy');

  it('are not made unless they are asked for', () =>
    expect(policiesOf(connected(chartOf({ namespace: 'support' })))).toEqual([]));

  it.each([...WORKLOADS, ...WORKLOADS_33])('find the pods of a %s by a label that these have', (kind, make) => {
    const chart = chartOf({ namespace: 'support' });
    workflowIn(chart).connect(make(chart), { keySecret, egressPolicy: true });
    const [policy] = policiesOf(chart);
    const { podSelector } = policy?.spec as { podSelector: { matchLabels: object } };
    const object = synthOf(chart).find((each) => each.kind === kind) as Applied;
    expect(Object.keys(podSelector.matchLabels)).toHaveLength(1);
    expect(kind === 'Pod' ? object.metadata.labels : podOf(object).labels).toMatchObject(podSelector.matchLabels);
  });

  it('let the workload resolve names and call the gateway, nothing else', () => {
    const [policy, ...others] = policiesOf(
      connected(chartOf({ namespace: 'support' }), { keySecret, egressPolicy: true }),
    );
    expect(others).toEqual([]);
    expect(policy?.metadata.namespace).toBe('support');
    expect(policy?.spec).toMatchObject({
      policyTypes: ['Egress'],
      egress: [
        {
          ports: [
            { protocol: 'UDP', port: 53 },
            { protocol: 'TCP', port: 53 },
          ],
        },
        {
          to: [
            {
              namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': 'mcpworkflow-system' } },
              podSelector: {
                matchLabels: { 'app.kubernetes.io/name': 'mcpworkflow', 'app.kubernetes.io/component': 'gateway' },
              },
            },
          ],
          ports: [{ protocol: 'TCP', port: 4000 }],
        },
      ],
    });
  });

  it('reach the pods that the platform gives its gateway, on the port that it listens on', () => {
    const platform = chartOf({}, 'platform');
    const { gateway } = new MCPOperator(platform, 'operator', { namespace: 'ai' });
    const deployment = synthOf(platform).find(
      ({ metadata, kind }) => kind === 'Deployment' && metadata.name === 'mcpworkflow-gateway',
    );
    const pod = podOf(deployment as Applied) as unknown as {
      labels: object;
      containers: { ports: { containerPort: number }[] }[];
    };
    const chart = new Chart(platform.node.root, 'app', { namespace: 'support' });
    const [policy] = policiesOf(connected(chart, { keySecret, callerPolicy: true }, { gateway }));
    expect(policy?.metadata.namespace).toBe('ai');
    const { podSelector, ingress } = policy?.spec as {
      podSelector: { matchLabels: object };
      ingress: { from: object[]; ports: { port: number }[] }[];
    };
    expect(pod.labels).toMatchObject(podSelector.matchLabels);
    expect(pod.containers[0]?.ports.map(({ containerPort }) => containerPort)).toContain(ingress[0]?.ports[0]?.port);
    expect(ingress[0]?.from).toEqual([
      {
        namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': 'support' } },
        podSelector: { matchLabels: { 'cdk8s.io/metadata.addr': expect.any(String) } },
      },
    ]);
  });

  it('find pods by the labels that are said', () => {
    const chart = connected(chartOf({ namespace: 'support' }), {
      keySecret,
      egressPolicy: true,
      podLabels: { app: 'x' },
    });
    expect(policiesOf(chart)[0]?.spec).toMatchObject({ podSelector: { matchLabels: { app: 'x' } } });
  });
});

describe('what cannot be connected is told, with what to do', () => {
  it.each([
    [
      'no key for a workflow that has keys',
      withKey,
      {},
      {},
      'keySecret is required, for the gateway will ask for a key: `mcpworkflow key NAME | kubectl apply -f -`',
    ],
    ['no key for a gateway that asks everybody', withoutKey, {}, {}, 'keySecret is required'],
    [
      'no key for a workflow that has keys, at a gateway that asks nobody else',
      withKey,
      { insecureNoAuth: true },
      {},
      'keySecret is required',
    ],
    [
      'a key of which the workflow has no hash',
      withoutKey,
      {},
      { keySecret },
      'keySecret is a key that the workflow does not know: `mcpworkflow key NAME',
    ],
  ])('at synth: %s', (_, spec, gateway, options, problem) =>
    expect(problemsOf(connected(chartOf(), options, { spec, gateway }))).toEqual([
      expect.stringContaining(`[chart/workflow] connect to chart/app: ${problem}`),
    ]),
  );

  it('at synth: a missing key of a workflow whose keys are known only then', () => {
    const spec = { ...withoutKey, access: { apiKeys: Lazy.any({ produce: () => apiKeys }) as never } };
    expect(problemsOf(connected(chartOf(), {}, { spec, gateway: { insecureNoAuth: true } }))).toEqual([
      expect.stringContaining('keySecret is required'),
    ]);
  });

  const setsItself = (value: plus28.EnvValue) => [{ ...main, envVariables: { OPENAI_BASE_URL: value } }];

  it('at synth: a container that sets a variable otherwise, which stays as it is', () => {
    const chart = chartOf();
    const workload = deploymentIn(chart, setsItself(plus28.EnvValue.fromValue('https://api.openai.com/v1')));
    workflowIn(chart).connect(workload, { keySecret });
    expect(workload.containers[0]?.env.variables['OPENAI_BASE_URL']?.value).toBe('https://api.openai.com/v1');
    expect(problemsOf(chart)).toEqual([
      '[chart/workflow] connect to chart/app: container main sets OPENAI_BASE_URL otherwise: remove it there, or leave its SDK out by the dialects of connect',
    ]);
  });

  it('at synth: a variable that is set otherwise afterwards', () => {
    const chart = chartOf();
    const workload = deploymentIn(chart);
    workflowIn(chart).connect(workload, { keySecret });
    workload.containers[0]?.env.addVariable('ANTHROPIC_API_KEY', plus28.EnvValue.fromValue('other'));
    expect(problemsOf(chart)).toEqual([expect.stringContaining('sets ANTHROPIC_API_KEY otherwise')]);
  });

  it('but a variable that is the same already is no error, and to connect twice is none', () => {
    const chart = chartOf();
    const secret = plus28.Secret.fromSecretName(chart, 'key', 'triage-key');
    const workload = deploymentIn(chart, [
      { ...main, envVariables: { OPENAI_API_KEY: plus28.EnvValue.fromSecretValue({ secret, key: 'api-key' }) } },
    ]);
    const workflow = workflowIn(chart);
    workflow.connect(workload, { keySecret });
    workflow.connect(workload, { keySecret: secret });
    expect(problemsOf(chart)).toEqual([]);
  });

  it('at synth: two workflows for one container', () => {
    const chart = chartOf();
    const workload = deploymentIn(chart);
    workflowIn(chart).connect(workload, { keySecret });
    new MCPWorkflow(chart, 'second', { spec: withKey }).connect(workload, { keySecret });
    expect(problemsOf(chart)).toEqual([
      expect.stringMatching(/^\[chart\/second\] .* sets ANTHROPIC_BASE_URL otherwise/),
      expect.stringMatching(/^\[chart\/second\] .* sets OPENAI_BASE_URL otherwise/),
    ]);
  });

  const two = [main, { name: 'sidecar', image: 'proxy' }];
  it.each([
    ['several containers', two, {}, 'has several containers: say which one calls by container, one of main, sidecar'],
    [
      'a container that there is not',
      two,
      { container: 'app' },
      'has no container app: container must be one of main, sidecar',
    ],
    ['no container yet', [], {}, 'has no container to connect: add it before the call of connect'],
    ['a namespace that the gateway cannot let in', [main], { callerPolicy: true }, 'has no namespace that a policy'],
    ['pods without a label', [main], { egressPolicy: true, podLabels: {} }, 'has no label by which a policy'],
  ])('at once: %s', (_, containers, options, problem) => {
    const chart = chartOf();
    expect(() => workflowIn(chart).connect(deploymentIn(chart, containers), { keySecret, ...options })).toThrow(
      `[chart/app] ${problem}`,
    );
  });

  it('at once: a workload that has a namespace, for a workflow that has none', () => {
    const workflow = workflowIn(chartOf());
    expect(() => workflow.connect(deploymentIn(chartOf({ namespace: 'support' })), { keySecret })).toThrow(
      '[chart/app] runs in the namespace support, and that of the workflow triage-bot is not known',
    );
  });
});
