import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { chartOf, synthOf } from '../lib/cdk8s/synth.ts';
import { MCPWorkflow } from '../../lib/cdk8s/index.ts';
import { programAccess } from '../../lib/manifests/access.ts';
import { withDefaults } from '../../lib/manifests/platform-defaults.ts';
import {
  apiCallsOf,
  rbacManifests,
  secretReaderManifests,
  secretRules,
  type Program,
} from '../../lib/manifests/rbac.ts';
import { workflowSecretManifests } from '../../lib/manifests/workflow-secrets.ts';
import { startControlPlane, type ControlPlane } from './control-plane.ts';
import { until } from './plane-access.ts';

jest.setTimeout(60_000);

let plane: ControlPlane;
beforeAll(async () => {
  plane = await startControlPlane();
  const options = {
    namespace: 'mcp-system',
    operatorServiceAccount: 'mcp-operator',
    gatewayServiceAccount: 'mcp-gateway',
  };
  await apply(rbacManifests(options));
});
afterAll(() => plane.stop());

async function apply(items: readonly unknown[]): Promise<void> {
  const list = JSON.stringify({ apiVersion: 'v1', kind: 'List', items });
  expect(await plane.kubectl(['apply', '-f', '-'], list)).toMatchObject({ code: 0 });
}

interface Question {
  readonly verb: string;
  readonly group: string;
  readonly resource: string;
  readonly subresource?: string;
  readonly namespace: string;
  readonly name?: string;
}

async function may(program: Program, question: Question): Promise<boolean> {
  const token = program === 'operator' ? plane.operatorToken : plane.gatewayToken;
  const review = {
    apiVersion: 'authorization.k8s.io/v1',
    kind: 'SelfSubjectAccessReview',
    spec: { resourceAttributes: question },
  };
  const { body } = await plane.request('POST', '/apis/authorization.k8s.io/v1/selfsubjectaccessreviews', review, {
    token,
  });
  return (body as { status: { allowed: boolean } }).status.allowed;
}

const verbs = ['get', 'list', 'watch', 'create', 'update', 'patch', 'delete', 'deletecollection', '*'];
const resources = [
  'ai.example.com mcpworkflows',
  'ai.example.com mcpworkflows/status',
  'ai.example.com mcpworkflows/finalizers',
  'coordination.k8s.io leases',
  'events.k8s.io events',
  'discovery.k8s.io endpointslices',
  'authentication.k8s.io tokenreviews',
  ' events',
  ' secrets',
  ' configmaps',
  ' pods',
  ' serviceaccounts/token',
  'rbac.authorization.k8s.io clusterroles',
  '* *',
];
const scopes = { 'the own namespace': 'mcp-system', 'another namespace': 'default', 'all namespaces': '' };

// proves least-privilege
describe.each(['operator', 'gateway'] as const)('the %s under its roles', (program) => {
  it.each(Object.entries(scopes))('may do in %s exactly what the table says', async (_, namespace) => {
    const granted: string[] = [];
    for (const words of resources) {
      const [group = '', resource = '', subresource] = words.split(/[ /]/);
      const asked = { group, resource, namespace, ...(subresource === undefined ? {} : { subresource }) };
      const answers = await Promise.all(verbs.map((verb) => may(program, { ...asked, verb })));
      granted.push(...verbs.filter((_verb, index) => answers[index]).map((verb) => `${verb} ${words}`));
    }
    const expected = apiCallsOf(program)
      .filter(({ scope }) => scope === 'cluster' || namespace === 'mcp-system')
      .flatMap((call) => call.verbs.map((verb) => `${verb} ${call.apiGroup} ${call.resource}`));
    expect(granted.sort()).toEqual(expected.sort());
  });
});

describe('a reader of named Secrets', () => {
  it('reads these in this namespace and nothing else', async () => {
    const namespace = await plane.namespace('secrets');
    const subjects = [{ name: 'mcp-operator', namespace: 'mcp-system' }];
    await apply(secretReaderManifests({ namespace, secrets: ['vllm', 'openai'], subjects }));
    const read = (program: Program, name: string | undefined, where = namespace, verb = 'list'): Promise<boolean> =>
      may(program, { verb, group: '', resource: 'secrets', namespace: where, ...(name === undefined ? {} : { name }) });
    expect(await read('operator', 'vllm')).toBe(true);
    expect(await read('operator', 'openai', namespace, 'watch')).toBe(true);
    expect(await read('operator', 'other')).toBe(false);
    expect(await read('operator', undefined)).toBe(false);
    expect(await read('operator', 'vllm', namespace, 'get')).toBe(false);
    expect(await read('operator', 'vllm', 'default')).toBe(false);
    expect(await read('operator', 'vllm', namespace, 'update')).toBe(false);
    expect(await read('gateway', 'vllm')).toBe(false);
  });
});

describe('a workflow with Secrets of its own', () => {
  const PLATFORM = 'mcp-platform';
  let namespace: string;

  beforeAll(async () => {
    await plane.installCRD();
    namespace = await plane.namespace('own-secrets');
    const platform = { apiVersion: 'v1', kind: 'Namespace', metadata: { name: PLATFORM } };
    await apply([platform, ...Object.values(programAccess(withDefaults({ namespace: PLATFORM })))]);
    const chart = chartOf({ namespace });
    const provider = (name: string) =>
      ({
        name,
        protocol: 'OpenAI',
        baseURL: `http://${name}.${namespace}.svc:8000/v1`,
        models: ['llama-*'],
        auth: { secretRef: { name: `${name}-key`, key: 'api-key' } },
      }) as const;
    new MCPWorkflow(chart, 'workflow', {
      metadata: { name: 'triage-bot' },
      spec: { models: { primary: 'llama-4', providers: [provider('vllm'), provider('ollama')] } },
      gateway: { namespace: PLATFORM },
    });
    await apply(synthOf(chart));
    await until('the Role to be in force', () => reads('gateway', 'list', namespace, 'vllm-key'));
  });

  /** Asked of the API server about an account that it knows by its name alone. */
  async function reads(program: Program, verb: string, where: string, name?: string): Promise<boolean> {
    const { body } = await plane.request('POST', '/apis/authorization.k8s.io/v1/subjectaccessreviews', {
      apiVersion: 'authorization.k8s.io/v1',
      kind: 'SubjectAccessReview',
      spec: {
        user: `system:serviceaccount:${PLATFORM}:mcpworkflow-${program}`,
        groups: ['system:serviceaccounts', `system:serviceaccounts:${PLATFORM}`, 'system:authenticated'],
        resourceAttributes: { verb, group: '', resource: 'secrets', namespace: where, ...(name && { name }) },
      },
    });
    return (body as { status: { allowed: boolean } }).status.allowed;
  }

  it.each(['operator', 'gateway'] as const)('lets the %s list and watch exactly these', async (program) => {
    for (const name of ['vllm-key', 'ollama-key']) {
      const answers = await Promise.all(verbs.map((verb) => reads(program, verb, namespace, name)));
      expect(verbs.filter((_, index) => answers[index])).toEqual(['list', 'watch']);
    }
    const others: readonly (readonly [string, string, string?])[] = [
      ['list', namespace, 'of-somebody-else'],
      ['watch', namespace, 'of-somebody-else'],
      ['list', namespace],
      ['list', 'default', 'vllm-key'],
      ['list', PLATFORM, 'vllm-key'],
      ['list', ''],
    ];
    for (const [verb, where, name] of others)
      expect([verb, where, name, await reads(program, verb, where, name)]).toEqual([verb, where, name, false]);
  });

  it('lets nobody read anything when no Secret is named any more', async () => {
    const name = 'mcpworkflow-secrets.triage-bot';
    expect(await reads('gateway', 'list', namespace, 'vllm-key')).toBe(true);
    const { role } = workflowSecretManifests({ name, namespace, platformNamespace: PLATFORM, rules: secretRules([]) });
    await apply([role]);
    await until('the API server to know it', async () => !(await reads('gateway', 'list', namespace, 'vllm-key')));
    expect(await reads('gateway', 'list', namespace)).toBe(false);
  });
});
