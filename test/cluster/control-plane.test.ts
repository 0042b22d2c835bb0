import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { startControlPlane, type ControlPlane } from './control-plane.ts';
import { until } from './plane-access.ts';
import { sharedControlPlane, sharedPlaneVariable } from './shared-plane.ts';

jest.setTimeout(120_000);

const isAlive = (pid: number): boolean => {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
};
const configMap = (namespace: string) => `/api/v1/namespaces/${namespace}/configmaps`;

describe('a control plane', () => {
  let plane: ControlPlane;
  beforeAll(async () => {
    plane = await startControlPlane();
  });
  afterAll(() => plane.stop());

  it('gives the admin everything, and the ServiceAccounts nothing before they have roles', async () => {
    const list = '/apis/coordination.k8s.io/v1/leases';
    const statusOf = async (token: string): Promise<number> =>
      (await plane.request('GET', list, undefined, { token })).status;
    expect(await statusOf(plane.adminToken)).toBe(200);
    expect(await statusOf(plane.operatorToken)).toBe(403);
    expect(await statusOf(plane.gatewayToken)).toBe(403);
    expect(await statusOf('nobody')).toBe(401);
  });

  it('knows the ServiceAccounts by their names', async () => {
    const review = { apiVersion: 'authentication.k8s.io/v1', kind: 'SelfSubjectReview' };
    const { body } = await plane.request('POST', '/apis/authentication.k8s.io/v1/selfsubjectreviews', review, {
      token: plane.operatorToken,
    });
    const { userInfo } = (body as { status: { userInfo: { username: string; groups: string[] } } }).status;
    expect(userInfo.username).toBe('system:serviceaccount:mcp-system:mcp-operator');
    expect(userInfo.groups).toContain('system:serviceaccounts:mcp-system');
  });

  it('makes a new namespace each time', async () => {
    const names = [await plane.namespace('suite'), await plane.namespace('suite')];
    expect(new Set(names).size).toBe(2);
    for (const name of names) {
      expect(name).toMatch(/^suite-[a-z0-9]+$/);
      expect((await plane.request('GET', `/api/v1/namespaces/${name}`)).status).toBe(200);
    }
  });

  it('installs the CRD, so that workflows can be written and listed at once, twice without harm', async () => {
    await Promise.all([plane.installCRD(), plane.installCRD()]);
    const path = `/apis/ai.example.com/v1alpha1/namespaces/${await plane.namespace('crd')}/mcpworkflows`;
    const workflow = {
      apiVersion: 'ai.example.com/v1alpha1',
      kind: 'MCPWorkflow',
      metadata: { name: 'triage-bot' },
      spec: { models: { primary: 'claude-opus-4-8', fallbacks: ['claude-sonnet-4-6'] } },
    };
    expect((await plane.request('POST', path, workflow)).status).toBe(201);
    expect(await plane.request('GET', path)).toMatchObject({
      status: 200,
      body: { items: [{ metadata: { name: 'triage-bot' } }] },
    });
  });

  it('runs kubectl as a user, with stdin, and keeps its caches out of the home folder', async () => {
    const namespace = await plane.namespace('kubectl');
    const object = JSON.stringify({ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'a', namespace } });
    expect(await plane.kubectl(['apply', '-f', '-'], object)).toMatchObject({
      code: 0,
      stdout: 'configmap/a created\n',
    });
    const refused = await plane.kubectl(['get', 'configmaps', '-n', namespace], undefined, 'gateway');
    expect(refused.code).toBe(1);
    expect(refused.stderr).toContain('mcp-gateway" cannot list resource "configmaps"');
    expect(existsSync(join(plane.connection.folder, 'kubectl-cache'))).toBe(true);
    expect(statSync(plane.kubeconfig('admin')).mode & 0o077).toBe(0);
  });

  it('tells who wrote what, and counts no read', async () => {
    const namespace = await plane.namespace('audit');
    const before = plane.writes().length;
    await plane.request('GET', configMap(namespace));
    await plane.request('GET', `${configMap(namespace)}/none`);
    expect(plane.writes()).toHaveLength(before);
    const body = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'a' } };
    await plane.request('POST', configMap(namespace), body, { token: plane.operatorToken });
    await plane.request('POST', configMap(namespace), body);
    expect(plane.writes().slice(before)).toMatchObject([
      {
        user: 'system:serviceaccount:mcp-system:mcp-operator',
        verb: 'create',
        resource: 'configmaps',
        namespace,
        code: 403,
      },
      { user: 'admin', verb: 'create', apiGroup: '', resource: 'configmaps', namespace, name: 'a', code: 201 },
    ]);
  });

  it.each(['SIGTERM', 'SIGKILL'] as const)(
    'keeps data, port, certificate and tokens when the API server gets %s',
    async (signal) => {
      const namespace = await plane.namespace('restart');
      await plane.stopApiServer(signal);
      await expect(plane.request('GET', '/readyz')).rejects.toThrow();
      expect(plane.processes()).toHaveLength(2);
      await plane.startApiServer();
      expect((await plane.request('GET', `/api/v1/namespaces/${namespace}`)).status).toBe(200);
      expect(plane.processes()).toHaveLength(3);
    },
  );
});

// proves nothing-left-behind
describe('what a control plane leaves behind', () => {
  const nothingIsLeft = async (processes: readonly number[], folder: string): Promise<void> => {
    await until('everything to be gone', () => !existsSync(folder) && !processes.some(isAlive), 10_000);
  };

  it('is nothing after stop', async () => {
    const plane = await startControlPlane();
    const processes = plane.processes();
    expect(processes.filter(isAlive)).toHaveLength(3);
    await plane.stop();
    expect(processes.filter(isAlive)).toEqual([]);
    expect(existsSync(plane.connection.folder)).toBe(false);
  });

  it('is nothing after its owner was killed without warning', async () => {
    const owner = fork(fileURLToPath(new URL('./plane-to-kill.ts', import.meta.url)), { execArgv: [], silent: true });
    const [chunk] = (await once(owner.stdout ?? owner, 'data')) as [Buffer];
    const { processes, folder } = JSON.parse(chunk.toString()) as { processes: number[]; folder: string };
    expect(processes.filter(isAlive)).toHaveLength(3);
    expect(existsSync(folder)).toBe(true);
    owner.kill('SIGKILL');
    await nothingIsLeft(processes, folder);
  });

  it('is nothing after the supervisor itself was killed', async () => {
    const plane = await startControlPlane();
    const processes = plane.processes();
    process.kill(plane.supervisorPid, 'SIGKILL');
    await plane.ended;
    await nothingIsLeft(processes, plane.connection.folder);
    await plane.stop();
  });
});

describe('a shared control plane', () => {
  it('is the same for all who attach, and outlives each of them', async () => {
    const plane = await startControlPlane();
    const { connection, supervisorPid } = plane;
    const env = { [sharedPlaneVariable]: JSON.stringify({ connection, supervisorPid }) };
    const [one, two] = [await sharedControlPlane(env), await sharedControlPlane(env)];
    const name = await one.namespace('shared');
    await one.stop();
    expect((await two.request('GET', `/api/v1/namespaces/${name}`)).status).toBe(200);
    await two.stop();
    await plane.stop();
  });
});
