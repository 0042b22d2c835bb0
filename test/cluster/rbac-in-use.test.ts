// Both programs under exactly the roles of lib/manifests/rbac.ts, doing all that they ever do: nothing is refused to them, and
// every rule is used.
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { request } from 'undici';
import type { WorkflowStatus } from '../../lib/api/status.ts';
import { apiCallsOf, secretReaderManifests } from '../../lib/manifests/rbac.ts';
import type { Program } from '../../lib/manifests/rbac.ts';
import { startProvider } from '../../operator/dev/provider/provider.ts';
import type { SimulatedProvider } from '../../operator/dev/provider/provider.ts';
import { NAMESPACE, startDeployment } from '../e2e/deployment.ts';
import type { Deployment } from '../e2e/deployment.ts';
import type { Traffic } from '../e2e/traffic.ts';
import { expectNothingLost, MODELS, specOf, startTriage } from '../e2e/triage.ts';
import type { Triage } from '../e2e/triage.ts';
import { callOf } from './api-call.ts';
import type { MadeCall } from './api-call.ts';
import { freePort } from './free-port.ts';
import { until } from './plane-access.ts';

/**
 * From the 101st on, workflows that are rerouted together share one Event. Of those beyond, more than the write lane lets pass
 * at once (20): so some come after the Event was told first, and it has to be counted up.
 */
const HERD = 150;
const POD = '192.0.2.10';
const KEY = 'key-of-the-own-provider-91aa';
const WRONG_KEY = 'wrong-key-of-the-own-provider-0d3c';

let deployment: Deployment;
let triage: Triage;
let traffic: Traffic;
let vllm: SimulatedProvider;

beforeAll(async () => {
  vllm = await startProvider({ gapMs: 5, key: KEY });
  deployment = await startDeployment({ loopback: [POD, '.svc'], gatewayService: 'gateway:counters' });
  await publishGateway('gateway-1', deployment.countersPort);
  // One that never answers, as a pod that is just being replaced.
  await publishGateway('gateway-2', await freePort());
  triage = await startTriage(deployment, 'rbac');
  traffic = triage.callers();
}, 180_000);

afterAll(async () => {
  await traffic?.stop();
  await deployment?.stop();
  await vllm?.stop();
}, 60_000);

/** What the endpoint slice controller would do. */
async function publishGateway(name: string, port: number): Promise<void> {
  const { status } = await deployment.plane.request(
    'POST',
    `/apis/discovery.k8s.io/v1/namespaces/${NAMESPACE}/endpointslices`,
    {
      apiVersion: 'discovery.k8s.io/v1',
      kind: 'EndpointSlice',
      metadata: { name, labels: { 'kubernetes.io/service-name': 'gateway' } },
      addressType: 'IPv4',
      endpoints: [{ addresses: [POD], conditions: { ready: true } }],
      ports: [{ name: 'counters', port }],
    },
  );
  expect(status).toBe(201);
}

const untilStatus = (name: string, expected: object) =>
  until(`${name} to be ${JSON.stringify(expected)}`, async () => {
    expect((await triage.workflows.read(name)).status).toMatchObject(expected);
    return true;
  });

/** Writes the Secret of the workflow's own provider. */
async function putSecret(key: string): Promise<void> {
  const { namespace } = triage.workflows;
  const secret = {
    apiVersion: 'v1',
    kind: 'Secret',
    metadata: { name: 'vllm', namespace, annotations: { 'ai.example.com/allowed-hosts': `vllm.${namespace}.svc` } },
    stringData: { 'api-key': key },
  };
  expect(await deployment.plane.kubectl(['apply', '-f', '-'], JSON.stringify(secret))).toMatchObject({ code: 0 });
}

async function mayReadSecrets(): Promise<void> {
  const { plane } = deployment;
  const { namespace } = triage.workflows;
  const subjects = ['mcp-operator', 'mcp-gateway'].map((name) => ({ name, namespace: NAMESPACE }));
  const items = secretReaderManifests({ namespace, secrets: ['vllm'], subjects });
  const list = JSON.stringify({ apiVersion: 'v1', kind: 'List', items });
  expect(await plane.kubectl(['apply', '-f', '-'], list)).toMatchObject({ code: 0 });
  for (const token of [plane.operatorToken, plane.gatewayToken]) {
    const path = `/api/v1/namespaces/${namespace}/secrets?fieldSelector=metadata.name%3Dvllm`;
    await until('the Role to be in force', async () => {
      return (await plane.request('GET', path, undefined, { token })).status === 200;
    });
  }
}

/** As a CRD of a later version might be: it admits what this version cannot use. */
async function loosenCRD(): Promise<void> {
  const path = '/apis/apiextensions.k8s.io/v1/customresourcedefinitions/mcpworkflows.ai.example.com';
  const { body } = await deployment.plane.request('GET', path);
  const text = JSON.stringify(body).replace("duration(self) <= duration('5m')", "duration(self) <= duration('1h')");
  expect((await deployment.plane.request('PUT', path, JSON.parse(text))).status).toBe(200);
}

const textOf = ({ verb, apiGroup, resource }: Pick<MadeCall, 'verb' | 'apiGroup' | 'resource'>, scope: string) =>
  `${verb} ${resource}${apiGroup && `.${apiGroup}`} (${scope})`;

/** Every call of a program so far, each once; `cluster` when it went beyond the own namespace. */
function callsOf(program: Program): readonly string[] {
  const calls = deployment.proxy.requests
    .filter(({ user }) => user === program)
    .map((seen) => {
      const call = callOf(seen);
      if (!call) throw new Error(`expected a call of a resource, got ${seen.method} ${seen.path}`);
      return textOf(call, call.namespace === NAMESPACE ? 'namespace' : 'cluster');
    });
  return [...new Set(calls)];
}

const allowedTo = (program: Program) =>
  apiCallsOf(program).flatMap((call) => call.verbs.map((verb) => textOf({ ...call, verb }, call.scope)));

/** The Role of a workflow's Secret is in that workflow's namespace, and its verbs are all used. */
const SECRET_CALLS = ['list secrets (cluster)', 'watch secrets (cluster)'];

// proves least-privilege
describe('under the roles of lib/manifests', () => {
  it('a workflow has its own provider, whose Secret comes, goes wrong and is mended', async () => {
    const { namespace } = triage.workflows;
    await mayReadSecrets();
    await triage.workflows.create('own', {
      models: {
        primary: 'llama-4',
        providers: [
          {
            name: 'local-vllm',
            protocol: 'OpenAI',
            baseURL: `http://vllm.${namespace}.svc:${new URL(vllm.url).port}/v1`,
            models: ['llama-*'],
            auth: { secretRef: { name: 'vllm', key: 'api-key' } },
          },
        ],
      },
    });
    await untilStatus('own', { models: [{ state: 'NotServing', reason: 'SecretNotFound' }] });
    await putSecret(KEY);
    await untilStatus('own', { phase: 'Healthy' });
    await putSecret(WRONG_KEY);
    await untilStatus('own', { models: [{ state: 'Unhealthy', reason: 'CredentialRejected' }] });
    await putSecret(KEY);
    await untilStatus('own', { phase: 'Healthy' });
    const { statusCode, body } = await request(`${deployment.gatewayURL}/${namespace}/own/openai/v1/chat/completions`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ model: 'any', messages: [{ role: 'user', content: 'Are you there?' }] }),
    });
    expect(await body.text()).toContain('This is llama-4');
    expect(statusCode).toBe(200);
  }, 120_000);

  it('a caller proves itself with the token of a ServiceAccount', async () => {
    const { namespace } = triage.workflows;
    const accounts = `/api/v1/namespaces/${namespace}/serviceaccounts`;
    const account = { apiVersion: 'v1', kind: 'ServiceAccount', metadata: { name: 'caller' } };
    expect(await deployment.plane.request('POST', accounts, account)).toMatchObject({ status: 201 });
    const { body } = await deployment.plane.request('POST', `${accounts}/caller/token`, {
      apiVersion: 'authentication.k8s.io/v1',
      kind: 'TokenRequest',
      spec: { audiences: ['mcpworkflow'], expirationSeconds: 600 },
    });
    const { token } = (body as { status: { token: string } }).status;
    const access = { apiKeys: [{ name: 'of-somebody-else', sha256: 'a'.repeat(64) }] };
    await triage.workflows.create('asking', { ...specOf(MODELS['triage-openai']), access });
    await untilStatus('asking', { phase: 'Healthy' });
    const statusWith = async (key: string) => {
      const answer = await request(`${deployment.gatewayURL}/${namespace}/asking/openai/v1/chat/completions`, {
        method: 'POST',
        headers: { 'content-type': 'application/json', authorization: `Bearer ${key}` },
        body: JSON.stringify({ model: 'any', messages: [{ role: 'user', content: 'Who am I?' }] }),
      });
      await answer.body.dump();
      return answer.statusCode;
    };
    expect(await statusWith(token)).toBe(200);
    expect(await statusWith('any')).toBe(401);
    expect(deployment.log()).not.toContain(token);
  }, 60_000);

  it('a herd of workflows is rerouted because of what the gateway behind the Service counted', async () => {
    const names = Array.from({ length: HERD }, (_, index) => `herd-${index}`);
    await Promise.all(names.map((name) => triage.workflows.create(name, specOf(MODELS['triage-anthropic']))));
    const untilAll = (phase: WorkflowStatus['phase']) =>
      until(
        `the whole herd to be ${phase}`,
        // One question for all of them: one for each, over and over, would be more than the programs themselves ask.
        async () => {
          const herd = (await triage.workflows.readAll()).filter(({ metadata }) => names.includes(metadata.name));
          const there = herd.filter(({ status }) => status.phase === phase).length;
          if (there < HERD) throw new Error(`expected ${HERD}, got ${there}`);
          return true;
        },
        60_000,
      );
    await untilAll('Healthy');
    await deployment.primary.mode('claude-opus-4-8', '529');
    await untilAll('Rerouted');
    await until('the Event about the herd to be counted up', () =>
      callsOf('operator').includes('patch events.events.k8s.io (namespace)'),
    );
    await deployment.primary.mode('claude-opus-4-8', 'ok');
    await untilAll('Healthy');
  }, 180_000);

  it('a workflow that this version cannot use is told so', async () => {
    await loosenCRD();
    const spec = { interval: '10m', models: { primary: 'gpt-primary' } };
    await until('the CRD to admit it', async () => {
      await triage.workflows.create('of-later', spec);
      return true;
    });
    await untilStatus('of-later', { reason: 'InvalidSpec' });
  }, 60_000);

  it.each(['operator', 'gateway'] as const)('nothing was refused to the %s', (program) => {
    const refused = deployment.proxy.requests.filter(({ user, status }) => user === program && status === 403);
    expect(refused).toEqual([]);
  });

  it.each(['operator', 'gateway'] as const)('the %s used every rule, and nothing that is in no rule', (program) => {
    const allowed = [...allowedTo(program), ...SECRET_CALLS];
    const made = callsOf(program);
    expect(allowed.filter((call) => !made.includes(call))).toEqual([]);
    // What is allowed everywhere is allowed in the own namespace.
    const covers = (call: string) => [call, call.replace('(namespace)', '(cluster)')];
    expect(made.filter((call) => !covers(call).some((rule) => allowed.includes(rule)))).toEqual([]);
  });

  it('callers lost nothing, and no secret was logged', async () => {
    await triage.untilHealthy();
    await traffic.stop();
    expectNothingLost(traffic.take());
    expect(deployment.leaks()).toEqual([]);
    for (const key of [KEY, WRONG_KEY]) {
      expect(deployment.log()).not.toContain(key);
      expect(deployment.log()).not.toContain(Buffer.from(key).toString('base64'));
    }
  }, 60_000);
});
