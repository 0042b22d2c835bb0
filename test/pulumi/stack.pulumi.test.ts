// The real Pulumi engine, and both SDKs, deploy the components of lib/pulumi to a real API server. The provider between them is
// a stand-in, unless MCPWORKFLOW_PULUMI names a Pulumi that brings its own: what only the real one decides, such as which
// change is a replacement, is not asserted here. There is no node: one process plays the operator's pod.
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { EngineEvent, Stack } from '@pulumi/pulumi/automation/index.js';
import { resolve } from 'node:path';
import type { WorkflowStatus } from '../../lib/api/status.ts';
import { platformManifests } from '../../lib/manifests/platform.ts';
import { MCPWorkflow } from '../../lib/pulumi/index.ts';
import { startProvider } from '../../operator/dev/provider/provider.ts';
import type { SimulatedProvider } from '../../operator/dev/provider/provider.ts';
import { startControlPlane } from '../cluster/control-plane.ts';
import type { ControlPlane } from '../cluster/control-plane.ts';
import { runProgram } from '../node/run-program.ts';
import { openEngine } from './engine.ts';
import type { Engine } from './engine.ts';
import { startOperatorPod } from './operator-pod.ts';
import type { Pod } from './operator-pod.ts';
import { NAMESPACE, platformProgram, SECRETS } from './platform-program.ts';
import type { Wishes } from './platform-program.ts';
import type { RefusedProgram } from './refused-programs.ts';
import type { RefusedRun } from './run-refused.ts';

/** The stack, the platform, the CRD, the operator and its objects, two workflows and a Secret. */
const RESOURCES = 7 + Object.keys(platformManifests()).length;

const WORKFLOWS = '/apis/ai.example.com/v1alpha1/namespaces/default/mcpworkflows';
const GATEWAY = `/apis/apps/v1/namespaces/${NAMESPACE}/deployments/mcpworkflow-gateway`;
const CATALOG = `/api/v1/namespaces/${NAMESPACE}/configmaps/mcpworkflow-providers`;

let plane: ControlPlane;
let engine: Engine;
let provider: SimulatedProvider;
let stack: Stack;
let pod: Promise<Pod> | undefined;
let before: readonly string[];
let printed = '';

const program = (wishes: Omit<Wishes, 'baseURL'> = {}) =>
  platformProgram({ baseURL: provider.anthropicURL, ...wishes });
const onOutput = (text: string): void => void (printed += text);

/** Names of all objects that are in no namespace, and of workflows. */
async function clusterWide(): Promise<readonly string[]> {
  const paths = [
    '/api/v1/namespaces',
    '/apis/apiextensions.k8s.io/v1/customresourcedefinitions',
    '/apis/rbac.authorization.k8s.io/v1/clusterroles',
    '/apis/rbac.authorization.k8s.io/v1/clusterrolebindings',
  ];
  const lists = await Promise.all(
    paths.map(async (path) => {
      const { body } = await plane.request('GET', path);
      return (body as { items: readonly { metadata: { name: string } }[] }).items.map(
        ({ metadata }) => `${path}/${metadata.name}`,
      );
    }),
  );
  return lists.flat().sort();
}

interface Workflow {
  readonly metadata: { readonly generation: number };
  readonly spec: { readonly models: { readonly fallbacks: readonly string[] } };
  readonly status: WorkflowStatus;
}

const workflow = async (name: string): Promise<Workflow> =>
  (await plane.request('GET', `${WORKFLOWS}/${name}`)).body as Workflow;

/** A resource as the state has it. */
interface Kept {
  readonly urn: string;
  readonly initErrors?: readonly string[];
}

const stateOf = async (): Promise<readonly Kept[]> => {
  const { deployment } = (await stack.exportStack()) as {
    readonly deployment: { readonly resources?: readonly Kept[] };
  };
  return deployment.resources ?? [];
};

beforeAll(async () => {
  plane = await startControlPlane();
  engine = await openEngine(plane);
  provider = await startProvider({ key: SECRETS.providerKey });
  stack = await engine.stack('dev', program());
  before = await clusterWide();
}, 600_000);

afterAll(async () => {
  // It may still wait for a Deployment that an `up` that failed has not made.
  await pod?.then(
    (started) => started.stop(),
    () => undefined,
  );
  await provider?.stop();
  await engine?.stop();
  await plane?.stop();
}, 60_000);

describe('a platform and its workflows, from nothing to nothing', () => {
  it('a preview tells all that will be made, and makes nothing', async () => {
    const { changeSummary } = await stack.preview({ onOutput });
    expect(changeSummary).toEqual({ create: RESOURCES });
    expect(await clusterWide()).toEqual(before);
  }, 60_000);

  it('up makes it, and is over when the operator that it deployed has proven that the models serve', async () => {
    pod = startOperatorPod(plane, { namespace: NAMESPACE, name: 'mcpworkflow-operator' });
    const [{ summary, outputs }] = await Promise.all([stack.up({ onOutput }), pod]);
    expect(summary.resourceChanges).toEqual({ create: RESOURCES });
    for (const which of ['triage', 'review']) expect((await workflow(which)).status.phase).toBe('Healthy');
    // What a program gets to know is what is so, not what was when the object was made.
    expect(outputs['status']?.value).toMatchObject({ phase: 'Healthy', activeModel: 'claude-opus-4-8' });
  }, 60_000);

  it('the same program again changes nothing, also when it looks at the cluster first', async () => {
    const { summary } = await stack.up({ refresh: true, expectNoChanges: true, onOutput });
    expect(summary.resourceChanges).toEqual({ same: RESOURCES });
  }, 60_000);

  it('one changed argument is one changed object', async () => {
    const changed = { program: program({ gateways: 3 }), onOutput };
    expect((await stack.preview(changed)).changeSummary).toEqual({ same: RESOURCES - 1, update: 1 });
    await stack.up(changed);
    expect((await plane.request('GET', GATEWAY)).body).toMatchObject({ spec: { replicas: 3 } });
    await stack.up({ onOutput });
    expect((await plane.request('GET', GATEWAY)).body).toMatchObject({ spec: { replicas: 2 } });
  }, 60_000);

  it('a workflow that is edited is waited for again', async () => {
    const edited = await stack.up({ program: program({ primary: 'claude-sonnet-4-6' }), onOutput });
    expect(edited.summary.resourceChanges).toEqual({ same: RESOURCES - 1, update: 1 });
    const { metadata } = await workflow('triage');
    const status = { activeModel: 'claude-sonnet-4-6', observedGeneration: metadata.generation };
    expect(edited.outputs['status']?.value).toMatchObject(status);
    await stack.up({ onOutput });
  }, 60_000);

  it('refresh finds what somebody changed and what somebody deleted; up puts both back', async () => {
    const patch = { contentType: 'application/merge-patch+json' };
    const models = { models: { fallbacks: ['claude-sonnet-4-6'] } };
    await plane.request('PATCH', `${WORKFLOWS}/review`, { spec: models }, patch);
    await plane.request('DELETE', CATALOG);

    const events: EngineEvent[] = [];
    const { summary } = await stack.refresh({ onOutput, onEvent: (event) => void events.push(event) });
    expect(summary.resourceChanges).toEqual({ same: RESOURCES - 2, update: 1, delete: 1 });
    const found = events.flatMap(({ resOutputsEvent }) =>
      resOutputsEvent?.metadata.op === 'update' ? Object.keys(resOutputsEvent.metadata.detailedDiff ?? {}) : [],
    );
    expect(found).toEqual(['spec.models.fallbacks[0]']);

    const again = await stack.up({ onOutput });
    expect(again.summary.resourceChanges).toEqual({ same: RESOURCES - 2, update: 1, create: 1 });
    expect((await workflow('review')).spec.models.fallbacks).toEqual(['claude-haiku-4-5']);
    expect((await plane.request('GET', CATALOG)).status).toBe(200);
  }, 60_000);
});

describe('another program', () => {
  it('can look up a workflow that it does not own', async () => {
    const other = await engine.stack('other', async () => {
      const { status, spec } = MCPWorkflow.get('triage', { id: 'default/triage' });
      return { status, spec };
    });
    const { outputs } = await other.up({ onOutput });
    expect(outputs['status']?.value).toMatchObject({ phase: 'Healthy' });
    expect(outputs['spec']?.value).toMatchObject({ models: { primary: 'claude-opus-4-8' } });
    await other.destroy({ onOutput });
    expect((await workflow('triage')).status.phase).toBe('Healthy');
  }, 60_000);
});

/** Runs a program that is to fail, and returns what was said. */
async function refused(command: 'preview' | 'up', which: RefusedProgram): Promise<string> {
  const run: RefusedRun = {
    place: engine.place,
    stack: 'dev',
    baseURL: provider.anthropicURL,
    program: which,
    command,
  };
  const main = resolve(import.meta.dirname, 'run-refused.ts');
  const env = { ...process.env, NODE_OPTIONS: '' };
  const { code, stdout, stderr } = await runProgram(process.execPath, [main, JSON.stringify(run)], { env });
  expect({ code, stderr }).toEqual({ code: 1, stderr: '' });
  printed += stdout;
  return stdout;
}

describe('a program is refused', () => {
  it.each<[RefusedProgram, RegExp]>([
    ['breaks a rule of the CRD', /MCPWorkflow.+"refused" is invalid/],
    ['has a label that is none', /metadata\.labels: Invalid value: "no label"/],
  ])(
    'by its preview, when a workflow %s',
    async (which, words) => {
      expect(await refused('preview', which)).toMatch(words);
    },
    60_000,
  );

  it('by its up, when a workflow is served by nobody, which is kept in mind to be removed', async () => {
    expect(await refused('up', 'is served by nobody')).toMatch(/Ready/);
    const kept = (await stateOf()).filter(({ urn }) => urn.endsWith('::stray'));
    expect(kept).toEqual([expect.objectContaining({ initErrors: [expect.stringContaining('Ready')] })]);

    const { summary } = await stack.up({ onOutput });
    expect(summary.resourceChanges).toEqual({ same: RESOURCES, delete: 1 });
    expect((await plane.request('GET', `${WORKFLOWS}/stray`)).status).toBe(404);
  }, 120_000);
});

describe('secrets', () => {
  it.each(Object.entries(SECRETS))('%s is neither in the state nor in what is printed', async (_, value) => {
    const log = (await pod)?.log() ?? '';
    const stored = engine.stored();
    const encoded = Buffer.from(value).toString('base64');
    expect(stored).toContain('provider-keys');
    for (const secret of [value, encoded]) {
      expect(stored.includes(secret)).toBe(false);
      expect(printed.includes(secret)).toBe(false);
      expect(log.includes(secret)).toBe(false);
    }
  });
});

describe('destroy', () => {
  it('leaves nothing', async () => {
    const { summary } = await stack.destroy({ onOutput });
    expect(summary.resourceChanges).toEqual({ delete: RESOURCES });
    expect(await stateOf()).toEqual([]);
    expect(await clusterWide()).toEqual(before);
  }, 120_000);
});
