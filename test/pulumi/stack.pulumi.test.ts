// The real Pulumi engine and SDKs deploy to a real API server. The provider between them is a stand-in, unless
// MCPWORKFLOW_PULUMI names a Pulumi that has its own: what only the real provider decides is not asserted here.
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import * as kubernetes from '@pulumi/kubernetes';
import * as pulumi from '@pulumi/pulumi';
import type { EngineEvent, Stack } from '@pulumi/pulumi/automation/index.js';
import { readFileSync } from 'node:fs';
import { parse } from 'yaml';
import { startControlPlane } from '../cluster/control-plane.ts';
import type { ControlPlane } from '../cluster/control-plane.ts';
import { openEngine } from './engine.ts';
import type { Engine } from './engine.ts';

let plane: ControlPlane;
let engine: Engine;
let stack: Stack;

const crd = parse(readFileSync(new URL('../../crds/mcpworkflows.ai.example.com.yaml', import.meta.url), 'utf8')) as {
  readonly metadata: { readonly name: string };
  readonly spec: kubernetes.types.input.apiextensions.v1.CustomResourceDefinitionSpec;
};

const program = (primary: string) => async (): Promise<void> => {
  const definition = new kubernetes.apiextensions.v1.CustomResourceDefinition('crd', {
    ...crd,
    metadata: { ...crd.metadata, annotations: { 'pulumi.com/waitFor': 'condition=Established' } },
  });
  const namespace = new kubernetes.core.v1.Namespace('team', { metadata: { name: 'team-a' } });
  const within = namespace.metadata.name;
  new kubernetes.core.v1.ConfigMap('settings', { metadata: { name: 'settings', namespace: within }, data: { a: '1' } });
  new kubernetes.core.v1.Secret('keys', {
    metadata: { name: 'keys', namespace: within },
    stringData: { anthropic: pulumi.secret('sk-never-to-be-seen') },
  });
  new kubernetes.apiextensions.CustomResource(
    'triage-bot',
    {
      apiVersion: 'ai.example.com/v1alpha1',
      kind: 'MCPWorkflow',
      metadata: { name: 'triage-bot', namespace: within },
      spec: { models: { primary, fallbacks: ['claude-sonnet-4-6'] } },
    },
    { dependsOn: definition },
  );
};

beforeAll(async () => {
  plane = await startControlPlane();
  engine = await openEngine(plane);
  stack = await engine.stack('dev', program('claude-opus-4-8'));
}, 600_000);

afterAll(async () => {
  await engine?.stop();
  await plane?.stop();
}, 60_000);

describe('a stack', () => {
  it('is previewed', async () => {
    const events: EngineEvent[] = [];
    const { changeSummary, stdout } = await stack.preview({ onEvent: (event) => void events.push(event) });
    process.stderr.write(stdout);
    expect(changeSummary).toEqual({ create: 6 });
  }, 60_000);

  it('comes up', async () => {
    const { summary, stdout } = await stack.up();
    process.stderr.write(stdout);
    expect(summary.resourceChanges).toEqual({ create: 6 });
  }, 60_000);

  it('does not change', async () => {
    const { stdout } = await stack.up({ expectNoChanges: true });
    process.stderr.write(stdout);
  }, 60_000);

  it('keeps no secret', () => {
    expect(engine.stored()).toContain('triage-bot');
    expect(engine.stored()).not.toContain('sk-never-to-be-seen');
    expect(engine.stored()).not.toContain(Buffer.from('sk-never-to-be-seen').toString('base64'));
  });

  it('goes', async () => {
    const { stdout } = await stack.destroy();
    process.stderr.write(stdout);
  }, 120_000);
});
