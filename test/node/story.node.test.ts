// The whole product on a real cluster, from the build of the image to the last trace of it: each test is a step of one story and
// begins where the one before it ended. Everything is done as a user does it, with cdk8s and kubectl.

import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { WorkflowStatus } from '../../lib/api/status.ts';
import { expectNothingLost } from '../e2e/triage.ts';
import { openCluster, type Cluster } from './cluster.ts';
import { until } from '../cluster/plane-access.ts';
import { CALLERS_EACH, CLIENT, MODELS, NAMESPACES } from './story/names.ts';
import {
  askAsStranger,
  askFromClient,
  buildImage,
  chartIn,
  clear,
  environmentOfClient,
  makeKey,
  podsOf,
  scaleProvider,
  setProviders,
  synthesize,
  take,
  WAIT,
  type CallerKey,
} from './story/stage.ts';
import { aftermath } from './story/aftermath.ts';
import { storyInSteps } from './story/steps.ts';
import { everythingIn, leftSince } from './story/traces.ts';

const SLIDE = 'examples/yaml/01-triage-bot.yaml';
const DEPLOYMENTS = ['mcpworkflow-operator', 'mcpworkflow-gateway'] as const;
const PLATFORM = ['--namespace', NAMESPACES.platform] as const;
const SHOP = ['--namespace', NAMESPACES.shop] as const;
const TITLE = 'on a real cluster';
const STEP_LIMIT_MS = 180_000;

/** What the steps hand on. */
let folder: string;
let cluster: Cluster; // not there when the first step failed
let manifests: string | undefined;
let before: ReadonlySet<string>;
let key: CallerKey;
let asked = 0;

const { step, failed, table } = storyInSteps({
  current: () => expect.getState().currentTestName?.replace(`${TITLE} `, '') ?? '',
  async onFailure() {
    if (cluster !== undefined) process.stderr.write(`\n${await aftermath(cluster)}\n`);
  },
});

const statusOf = async (namespace: string): Promise<WorkflowStatus> => {
  const get = ['--namespace', namespace, 'get', 'mcpworkflow', 'triage-bot', '--output=json'];
  return (JSON.parse(await cluster.kubectl(get)) as { readonly status: WorkflowStatus }).status;
};

/** Waits until this is the phase of the application's workflow, and this model is active. */
const untilActive = (phase: string, model: string, limitMs: number): Promise<void> =>
  until(
    `${model} to be active and the phase to be ${phase}`,
    async () => {
      const status = await statusOf(NAMESPACES.shop);
      return status.phase === phase && status.activeModel === model;
    },
    limitMs,
  );

/** What `kubectl get mcpworkflows` shows of the application's workflow: the columns up to the switches. */
const shownByKubectl = async (): Promise<string> => {
  const line = await cluster.kubectl([...SHOP, 'get', 'mcpworkflows', 'triage-bot', '--no-headers']);
  return line.trim().split(/\s+/).slice(0, 5).join(' ');
};

/** Waits until Deployments have all their pods, and those that were told to go are gone. */
const untilSettled = async (deployments: readonly string[]): Promise<void> => {
  for (const name of deployments) {
    await cluster.kubectl([...PLATFORM, 'rollout', 'status', ...WAIT, `deployment/${name}`]);
    await until(`the old pods of ${name} to be gone`, async () =>
      (await podsOf(cluster, NAMESPACES.platform, name)).every(({ ending }) => !ending),
    );
  }
};

/** Ends the pods of a Deployment one after the other, each when the one before it is gone and followed. */
const deletePodsOneByOne = async (deployment: string): Promise<void> => {
  for (const { name } of await podsOf(cluster, NAMESPACES.platform, deployment)) {
    await cluster.kubectl([...PLATFORM, 'delete', 'pod', name, ...WAIT]);
    await untilSettled([deployment]);
  }
};

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'mcpworkflow-story-'));
}, STEP_LIMIT_MS);

afterAll(async () => {
  try {
    // A node goes with all that is in it; a cluster that somebody has does not.
    if (failed() !== undefined && cluster?.own === false) await clear(cluster, manifests);
  } finally {
    await cluster?.stop();
    rmSync(folder, { recursive: true, force: true });
  }
  process.stderr.write(`\n${table(`all of it, with ${asked} questions of the application`)}\n`);
  if (cluster?.own === true) {
    process.stderr.write(
      'Not shown here: that NetworkPolicies hold. They were applied, but the network of a node on this machine enforces none.\n',
    );
  }
}, STEP_LIMIT_MS);

/** The questions since the last look: some, and all answered but for streams that may have died after their first content. */
const expectAllAnswered = async (mayTell = 0): Promise<void> => {
  const tally = await take(cluster);
  expectNothingLost(tally, mayTell);
  expect(tally.whole).toBeGreaterThan(10);
  asked += tally.sent;
};

describe(TITLE, () => {
  it(
    'the image is built, and the cluster takes it',
    step(async () => {
      const [built, opened] = await Promise.allSettled([buildImage(folder), openCluster()]);
      if (opened.status === 'rejected') throw opened.reason;
      cluster = opened.value; // first of all, so that it is stopped whatever became of the image
      if (built.status === 'rejected') throw built.reason;
      await cluster.loadImage(built.value);
      before = await everythingIn(cluster);
    }),
    STEP_LIMIT_MS,
  );

  it(
    'two providers are there, each with a key of its own',
    step(() => setProviders(cluster, folder)),
    STEP_LIMIT_MS,
  );

  it(
    'operator and gateway are synthesized by cdk8s, applied by kubectl, and Ready',
    step(async () => {
      key = await makeKey();
      manifests = await synthesize(folder, key.sha256);
      await cluster.kubectl(['apply', '--filename', chartIn(manifests, 'platform')]);
      await cluster.kubectl(['wait', ...WAIT, '--for=condition=Established', 'crd/mcpworkflows.ai.example.com']);
      await untilSettled(DEPLOYMENTS);
    }),
    STEP_LIMIT_MS,
  );

  // proves manifest-as-it-stands
  it(
    'the manifest of the slide is Healthy as it stands',
    step(async () => {
      await cluster.kubectl(['--namespace', 'default', 'apply', '--filename', SLIDE]);
      const healthy = '--for=jsonpath={.status.phase}=Healthy';
      await cluster.kubectl(['--namespace', 'default', 'wait', ...WAIT, healthy, 'mcpworkflow/triage-bot']);
      expect((await statusOf('default')).activeModel).toBe(MODELS.primary);
    }),
    STEP_LIMIT_MS,
  );

  // proves unmodified-clients
  it(
    'a pod that was connected talks to the primary with the official SDK, and sets nothing',
    step(async () => {
      await cluster.kubectl([...SHOP, 'apply', '--filename', '-'], key.secret);
      await cluster.kubectl(['apply', '--filename', chartIn(manifests, 'shop')]);
      await cluster.kubectl([...SHOP, 'rollout', 'status', ...WAIT, `deployment/${CLIENT}`]);
      await untilActive('Healthy', MODELS.primary, 30_000);
      expect(await askFromClient(cluster)).toEqual({ kind: 'answered', model: MODELS.primary, whole: true });
      await take(cluster);
    }),
    STEP_LIMIT_MS,
  );

  it(
    'a pod without the key is refused with 401',
    step(async () => {
      const { ANTHROPIC_BASE_URL: baseURL = '' } = await environmentOfClient(cluster);
      expect(baseURL).toBe(`http://mcpworkflow-gateway.${NAMESPACES.platform}.svc:4000/shop/triage-bot/anthropic`);
      expect(await askAsStranger(cluster, baseURL, 'not-the-key')).toMatchObject({ kind: 'refused', status: 401 });
    }),
    STEP_LIMIT_MS,
  );

  // proves no-request-lost
  it(
    'the pod of the primary dies: answers go on from the fallback, and kubectl shows it',
    step(async () => {
      await scaleProvider(cluster, 'primary', 0);
      await untilActive('Rerouted', MODELS.fallback, 30_000);
      expect(await shownByKubectl()).toMatch(/^triage-bot Rerouted claude-sonnet-4-6 claude-opus-4-8 \w+$/);
      expect(await askFromClient(cluster)).toEqual({ kind: 'answered', model: MODELS.fallback, whole: true });
      await expectAllAnswered(CALLERS_EACH);
    }),
    STEP_LIMIT_MS,
  );

  // proves back-within-30s
  it(
    'it heals: traffic is back on the primary within 30 s',
    step(async () => {
      await scaleProvider(cluster, 'primary', 1);
      await untilActive('Healthy', MODELS.primary, 30_000);
      expect(await askFromClient(cluster)).toEqual({ kind: 'answered', model: MODELS.primary, whole: true });
      await expectAllAnswered();
    }),
    STEP_LIMIT_MS,
  );

  // proves drain-loses-nothing
  it(
    'the pods of the gateway are deleted one by one under load: nothing is lost',
    step(async () => {
      await deletePodsOneByOne('mcpworkflow-gateway');
      await expectAllAnswered();
    }),
    STEP_LIMIT_MS,
  );

  it(
    'the pods of the operator are deleted one by one under load: nothing is lost, and the status stays',
    step(async () => {
      const { activeSince, switches } = await statusOf(NAMESPACES.shop);
      await deletePodsOneByOne('mcpworkflow-operator');
      await expectAllAnswered();
      expect(await statusOf(NAMESPACES.shop)).toMatchObject({ phase: 'Healthy', activeSince, switches });
    }),
    STEP_LIMIT_MS,
  );

  it(
    'both are rolled to a new version under load: nothing is lost',
    step(async () => {
      const deployments = DEPLOYMENTS.map((name) => `deployment/${name}`);
      await cluster.kubectl([...PLATFORM, 'rollout', 'restart', ...deployments]);
      await untilSettled(DEPLOYMENTS);
      await expectAllAnswered();
    }),
    STEP_LIMIT_MS,
  );

  it(
    'kubectl delete leaves nothing behind',
    step(async () => {
      await clear(cluster, manifests);
      // The API of a kind goes a moment after the kind.
      await until('everything to be as it was', async () => {
        const left = await leftSince(before, cluster);
        if (left.length === 0) return true;
        throw new Error(`left behind: ${left.join(', ')}`);
      });
    }),
    STEP_LIMIT_MS,
  );
});
