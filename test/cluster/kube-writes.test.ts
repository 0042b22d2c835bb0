import { afterAll, beforeAll, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { parseWorkflow } from '../../lib/api/parse.ts';
import type { Workflow } from '../../lib/api/workflow.ts';
import { systemClock } from '../../operator/clock.ts';
import { TerminalError, TransientError } from '../../operator/errors.ts';
import { staticConnection } from '../../operator/kube/connection.ts';
import type { Told } from '../../operator/kube/event-object.ts';
import { eventSink } from '../../operator/kube/events.ts';
import { kubeconfigConnection } from '../../operator/kube/kubeconfig.ts';
import { secretStore } from '../../operator/kube/secrets.ts';
import { statusStore } from '../../operator/kube/status-store.ts';
import { createTransport } from '../../operator/kube/transport.ts';
import type { OpenTransport } from '../../operator/kube/transport.ts';
import { watchWorkflows, workflowsPath } from '../../operator/kube/workflows.ts';
import type { WorkflowSource } from '../../operator/kube/workflows.ts';
import { writeLane } from '../../operator/kube/write-lane.ts';
import { until } from './plane-access.ts';
import { sharedControlPlane, type SharedPlane } from './shared-plane.ts';

jest.setTimeout(60_000);

const clock = systemClock();
const warned: string[] = [];
const log = {
  error: () => {},
  warn: (sentence: string, fields?: object) => warned.push(`${sentence} ${JSON.stringify(fields)}`),
  info: () => {},
};

let plane: SharedPlane;
let namespace: string;
let transport: OpenTransport;
let source: WorkflowSource;

beforeAll(async () => {
  plane = await sharedControlPlane();
  await plane.installCRD();
  namespace = await plane.namespace('writes');
  transport = createTransport({
    connection: staticConnection({ server: plane.server, ca: plane.ca, token: plane.adminToken }),
    clock,
  });
  source = watchWorkflows({ transport, clock, log, parse: parseWorkflow, namespace });
  await source.synced;
});
afterAll(async () => {
  source.stop();
  await transport.close();
  await plane.stop();
});

const objectPath = (name: string) => `${workflowsPath(namespace)}/${name}`;
async function create(name: string): Promise<Workflow> {
  const object = {
    apiVersion: 'ai.example.com/v1alpha1',
    kind: 'MCPWorkflow',
    metadata: { name },
    spec: { models: { primary: 'claude-opus-4-8', fallbacks: ['claude-sonnet-4-6'] } },
  };
  expect((await plane.request('POST', workflowsPath(namespace), object)).status).toBe(201);
  await until('the workflow', () => source.get(`${namespace}/${name}`)?.kind === 'usable');
  const known = source.get(`${namespace}/${name}`);
  if (known?.kind !== 'usable') throw new Error('expected a usable workflow');
  return known.workflow;
}

describe('a status on the real API server', () => {
  const store = () => statusStore({ transport, lane: writeLane({ clock }), isLeader: () => true });
  const status = {
    observedGeneration: 1,
    phase: 'Healthy' as const,
    reason: 'Recovered',
    activeModel: 'claude-opus-4-8',
  };

  it('is written whole: what the next one lacks is gone, and the spec stays', async () => {
    const workflow = await create('whole');
    const version = await store().write(workflow, status);
    const { observedGeneration, phase, activeModel } = status;
    const less = { observedGeneration, phase, activeModel };
    const next = { ...workflow, metadata: { ...workflow.metadata, resourceVersion: version } };
    const last = await store().write(next, less);
    const { body } = await plane.request('GET', objectPath('whole'));
    expect(body).toMatchObject({
      metadata: { resourceVersion: last, generation: 1 },
      spec: { models: { primary: 'claude-opus-4-8' } },
    });
    expect((body as Workflow).status).toEqual(less);
    await until('it to come back', () => {
      const known = source.get(`${namespace}/whole`);
      return known?.kind === 'usable' && known.workflow.metadata.resourceVersion === last;
    });
  });

  it('that is computed from an old version is a TransientError and changes nothing', async () => {
    const workflow = await create('conflict');
    await store().write(workflow, status);
    await expect(store().write(workflow, { ...status, phase: 'Degraded' })).rejects.toThrow(TransientError);
    expect(((await plane.request('GET', objectPath('conflict'))).body as Workflow).status?.phase).toBe('Healthy');
  });

  it('for a deleted workflow, or its namesake, is not written', async () => {
    const workflow = await create('gone');
    await plane.request('DELETE', objectPath('gone'));
    await expect(store().write(workflow, status)).rejects.toThrow(TerminalError);
    await create('gone');
    await expect(store().write(workflow, status)).rejects.toThrow(TransientError);
  });

  it('that the schema refuses is a TerminalError with the reason of the API server', async () => {
    const workflow = await create('refused');
    const bad = { ...status, switches: -1 };
    await expect(store().write(workflow, bad)).rejects.toMatchObject({
      name: 'TerminalError',
      reason: 'Invalid',
    });
  });
});

describe('Events on the real API server', () => {
  const told = (parts: Partial<Told> = {}): Told => ({
    type: 'Warning',
    reason: 'ConnectionFailed',
    action: 'Rerouted',
    note: 'now on claude-sonnet-4-6',
    target: 't1',
    ...parts,
  });
  const open = () => {
    const outcomes = { recorded: 0, dropped: 0 };
    const sink = eventSink({
      transport,
      lane: writeLane({ clock, ratePerSecond: 1_000 }),
      isLeader: () => true,
      clock,
      log,
      lease: { namespace, name: 'operator' },
      instance: 'host_00000000-0000-0000-0000-000000000000',
      onOutcome: (result, events) => (outcomes[result] += events),
    });
    return { sink, outcomes };
  };
  const eventsOf = async (kind: string) => {
    const { body } = await plane.request('GET', `/apis/events.k8s.io/v1/namespaces/${namespace}/events`);
    const items = (
      body as { items: { regarding: { kind: string; name: string }; note: string; series?: { count: number } }[] }
    ).items;
    return items.filter(({ regarding }) => regarding.kind === kind);
  };

  it('are accepted, with the longest note too, and kubectl shows them', async () => {
    const workflow = await create('told');
    const { sink, outcomes } = open();
    sink.record(workflow, told());
    sink.record(
      workflow,
      told({ type: 'Normal', reason: 'Recovered', action: 'ModelStateChanged', note: 'ü'.repeat(900) }),
    );
    await sink.drained();
    expect(outcomes.dropped).toBe(0);
    expect(await eventsOf('MCPWorkflow')).toHaveLength(2);
    const shown = await plane.kubectl(['describe', 'mcpworkflow', 'told', '-n', namespace]);
    expect(shown.stdout).toContain('now on claude-sonnet-4-6');
  });

  it('of a herd are one series on the Lease', async () => {
    const workflow = await create('herd');
    const { sink, outcomes } = open();
    const switchAll = (from: number, to: number) => {
      for (let n = from; n < to; n += 1) {
        sink.record({ ...workflow, metadata: { ...workflow.metadata, name: `herd-${n}` } }, told());
      }
    };
    switchAll(0, 150);
    await sink.drained();
    switchAll(150, 180);
    await sink.drained();
    expect(outcomes.dropped).toBe(0);
    const [series, ...others] = await eventsOf('Lease');
    expect(series?.series?.count).toBe(80);
    expect(others).toEqual([]);
  });

  it('were not refused', () => expect(warned.filter((line) => line.startsWith('an Event'))).toEqual([]));
});

describe('a Secret on the real API server', () => {
  const ref = () => ({ namespace, name: 'vllm', key: 'api-key' });
  let operator: OpenTransport;
  beforeEach(async () => {
    operator = createTransport({
      connection: await kubeconfigConnection({ clock, path: plane.kubeconfig('operator') }),
      clock,
    });
  });

  it('is forbidden without a Role that names it, then read, then followed', async () => {
    const secrets = `/api/v1/namespaces/${namespace}/secrets`;
    const write = (value: string, method = 'POST', path = secrets) =>
      plane.request(method, path, {
        apiVersion: 'v1',
        kind: 'Secret',
        metadata: { name: 'vllm' },
        data: { 'api-key': btoa(value) },
      });
    await write('k1');
    const store = secretStore({ transport: operator, clock, log, onChange: () => {} });
    store.hold(ref());
    await until('forbidden', () => store.lookup(ref()).state === 'forbidden');
    const rbac = `/apis/rbac.authorization.k8s.io/v1/namespaces/${namespace}`;
    await plane.request('POST', `${rbac}/roles`, {
      metadata: { name: 'one-secret' },
      rules: [{ apiGroups: [''], resources: ['secrets'], resourceNames: ['vllm'], verbs: ['get', 'list', 'watch'] }],
    });
    await plane.request('POST', `${rbac}/rolebindings`, {
      metadata: { name: 'one-secret' },
      roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'Role', name: 'one-secret' },
      subjects: [{ kind: 'ServiceAccount', name: 'mcp-operator', namespace: 'mcp-system' }],
    });
    await until('the value', () => store.lookup(ref()).state === 'ok', 35_000);
    expect(store.lookup(ref())).toMatchObject({ value: 'k1', version: 1 });
    await write('k2', 'PUT', `${secrets}/vllm`);
    await until('the new value', () => {
      const now = store.lookup(ref());
      return now.state === 'ok' && now.value === 'k2' && now.version === 2;
    });
    store.stop();
    await operator.close();
  });
});
