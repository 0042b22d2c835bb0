import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { apiCallsOf, rbacManifests, secretReaderManifests, type Program } from '../../lib/manifests/rbac.ts';
import { startControlPlane, type ControlPlane } from './control-plane.ts';

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
