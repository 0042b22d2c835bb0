// The real Pulumi engine, and both SDKs, deploy the components of lib/pulumi to a real API server. The provider between them is
// a stand-in, unless MCPWORKFLOW_PULUMI names a Pulumi that brings its own: what only the real one decides, such as which
// change is a replacement, is not asserted here. Nodes there are none: one process plays the operator's pod.
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import * as k8s from '@pulumi/kubernetes';
import * as pulumi from '@pulumi/pulumi';
import type { Stack } from '@pulumi/pulumi/automation/index.js';
import { createHash } from 'node:crypto';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { MCPPlatform } from '../../lib/pulumi/index.ts';
import { startProvider } from '../../operator/dev/provider/provider.ts';
import type { SimulatedProvider } from '../../operator/dev/provider/provider.ts';
import { startControlPlane } from '../cluster/control-plane.ts';
import type { ControlPlane } from '../cluster/control-plane.ts';
import type { Program } from '../e2e/program.ts';
import { openEngine } from './engine.ts';
import type { Engine } from './engine.ts';
import { startOperatorPod } from './operator-pod.ts';

const NAMESPACE = 'mcpworkflow-system';
const KEY = 'sk-of-the-provider-9d41';
const CALLER_HASH = createHash('sha256').update('of-a-caller-77aa').digest('hex');

let plane: ControlPlane;
let engine: Engine;
let provider: SimulatedProvider;
let stack: Stack;
let pod: Program | undefined;
let log = '';

/** What a program may say otherwise than the first. */
interface Wishes {
  readonly gateways?: number;
  /** More resources of the same program. */
  readonly more?: (platform: MCPPlatform) => void;
}

/** No node runs anything: whoever waits for pods or endpoints waits in vain. */
const waitForNoPods: pulumi.ResourceTransform = ({ type, props, opts }) => {
  if (!/:(Deployment|Service)$/.test(type)) return undefined;
  const metadata = props['metadata'] as k8s.types.input.meta.v1.ObjectMeta;
  const annotations = { ...metadata.annotations, 'pulumi.com/skipAwait': 'true' };
  return { props: { ...props, metadata: { ...metadata, annotations } }, opts };
};

const program = (wishes: Wishes = {}) => async (): Promise<Record<string, unknown>> => {
  const { gateways = 2 } = wishes;
  const models = { primary: 'claude-opus-4-8', fallbacks: ['claude-sonnet-4-6'] };
  const auth = { secret: 'provider-keys', key: 'anthropic' };
  const platform = new MCPPlatform(
    'platform',
    {
      operator: {
        gateway: { replicas: gateways },
        providers: [
          { name: 'anthropic', protocol: 'Anthropic', baseURL: provider.anthropicURL, models: ['claude-*'], auth },
        ],
      },
      workflows: {
        triage: { metadata: { namespace: 'default' }, spec: { models } },
        review: {
          // Somebody else may have changed it: this program wins.
          metadata: { namespace: 'default', annotations: { 'pulumi.com/patchForce': 'true' } },
          spec: { models, access: { apiKeys: [{ name: 'ci', sha256: pulumi.secret(CALLER_HASH) }] } },
        },
      },
    },
    { transforms: [waitForNoPods] },
  );
  new k8s.core.v1.Secret(
    'provider-keys',
    {
      metadata: { name: 'provider-keys', namespace: platform.operator.namespace },
      stringData: { anthropic: pulumi.secret(KEY) },
    },
    { dependsOn: platform.operator.resources['namespace'] },
  );
  wishes.more?.(platform);
  return { status: platform.workflows['triage']?.status };
};

beforeAll(async () => {
  plane = await startControlPlane();
  engine = await openEngine(plane);
  provider = await startProvider({ key: KEY });
  stack = await engine.stack('dev', program());
}, 600_000);

afterAll(async () => {
  await pod?.end('SIGTERM');
  await provider?.stop();
  await engine?.stop();
  await plane?.stop();
}, 60_000);

describe('a stack', () => {
  it('is previewed', async () => {
    const { changeSummary, stdout } = await stack.preview();
    process.stderr.write(stdout);
    expect(changeSummary).toEqual({ create: 6 });
  }, 60_000);

  it('comes up', async () => {
    const folder = join(plane.connection.folder, 'pod');
    mkdirSync(folder);
    const starting = startOperatorPod(plane, folder, { namespace: NAMESPACE, name: 'mcpworkflow-operator' }, (text) => void (log += text));
    try {
      const { summary, stdout, outputs } = await stack.up();
      process.stderr.write(stdout);
      console.error(outputs);
      expect(summary.resourceChanges).toEqual({ create: 6 });
    } finally {
      pod = await starting;
      console.error(log);
    }
  }, 60_000);

  it('does not change', async () => {
    const { stdout } = await stack.up({ expectNoChanges: true });
    process.stderr.write(stdout);
  }, 60_000);
  it('does not drift', async () => {
    const { stdout } = await stack.preview({ refresh: true, diff: true});
    process.stderr.write(stdout);
  }, 60_000);

  it('goes', async () => {
    const { stdout } = await stack.destroy();
    process.stderr.write(stdout);
  }, 120_000);
});
