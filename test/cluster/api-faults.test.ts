// What happens to the whole product when the API server answers badly or restarts: callers lose nothing, the loop goes on,
// no change that was made meanwhile is lost, and nobody asks in a hot loop.
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { request } from 'undici';
import { startDeployment } from '../e2e/deployment.ts';
import type { Deployment } from '../e2e/deployment.ts';
import type { Traffic } from '../e2e/traffic.ts';
import { expectNothingLost, specOf, startTriage } from '../e2e/triage.ts';
import type { Triage } from '../e2e/triage.ts';
import type { SeenRequest } from './fault.ts';
import { until } from './plane-access.ts';

const OPUS = 'claude-opus-4-8';
const SONNET = 'claude-sonnet-4-6';
/** A watch that failed is opened again after at most so long: the cap of its backoff, and what a busy machine adds. */
const CAUGHT_UP_MS = 65_000;

let deployment: Deployment;
let triage: Triage;
let traffic: Traffic | undefined;

beforeAll(async () => {
  deployment = await startDeployment();
  triage = await startTriage(deployment, 'faults');
  await triage.workflows.create('edited', specOf({ primary: OPUS, fallback: SONNET }));
  await untilInEffect('edited', OPUS);
}, 180_000);

// Also after a failed test: a caller that goes on for ever would keep the run from ending.
afterEach(async () => {
  deployment.proxy.faults.clear();
  await traffic?.stop();
});

afterAll(async () => {
  await deployment?.stop();
}, 60_000);

/** Waits until the operator has judged the workflow as it is written, and the gateway serves it so. */
async function untilInEffect(name: string, model: string): Promise<void> {
  const { namespace } = triage.workflows;
  await until(
    `${name} to be served by ${model}`,
    async () => {
      const { metadata, status } = await triage.workflows.read(name);
      expect(status).toMatchObject({ observedGeneration: metadata.generation, phase: 'Healthy', activeModel: model });
      const { headers, body } = await request(`${deployment.gatewayURL}/${namespace}/${name}/anthropic/v1/messages`, {
        method: 'POST',
        headers: { 'content-type': 'application/json', 'anthropic-version': '2023-06-01' },
        body: JSON.stringify({ model: 'any', max_tokens: 16, messages: [{ role: 'user', content: 'Who is it?' }] }),
      });
      await body.dump();
      return headers['x-mcpworkflow-model'] === model;
    },
    CAUGHT_UP_MS,
  );
}

/** What is asked, without the query that says from where: the same question asked over and over is a hot loop. */
const questionOf = ({ user, method, path, watch }: SeenRequest): string =>
  [user, watch ? 'watch' : method, path.replace(/\?.*/, '')].join(' ');

/** How often, at most, the same question was asked within one second. */
function mostPerSecond(requests: readonly SeenRequest[]): number {
  const recent = new Map<string, number[]>();
  let most = 0;
  for (const seen of requests) {
    const question = questionOf(seen);
    const within = [...(recent.get(question) ?? []).filter((at) => seen.at - at < 1_000), seen.at];
    recent.set(question, within);
    most = Math.max(most, within.length);
  }
  return most;
}

interface Row {
  readonly what: string;
  /** Brings the fault, calls `change` while it lasts, or as soon as a change can be made, and ends it. */
  readonly strike: (change: () => Promise<void>) => Promise<void>;
}

const rows: readonly Row[] = [
  {
    what: 'watches are answered 410',
    async strike(change) {
      const { proxy } = deployment;
      const gone = proxy.faults.add({ kind: 'status', status: 410 }, { watch: true, path: 'mcpworkflows' });
      proxy.cutLive({ watch: true });
      await change();
      await until('both programs to be told', () => gone.hits() >= 2);
      gone.remove();
    },
  },
  {
    what: 'watches end with a 410 in the stream',
    async strike(change) {
      deployment.proxy.errorLive(410);
      await change();
    },
  },
  {
    what: 'every watch is cut in the middle of a line',
    async strike(change) {
      const { proxy } = deployment;
      // The first watch of each program that brings the change is cut in the very line that tells it.
      const cut = proxy.faults.add({ kind: 'cut', afterLines: 0 }, { watch: true, path: 'mcpworkflows' }, 2);
      proxy.cutLive({ watch: true }, true);
      await change();
      await until('new watches to be open', () => cut.hits() >= 2);
    },
  },
  {
    what: 'lists, watches and status writes are answered 429 with Retry-After',
    async strike(change) {
      const { proxy } = deployment;
      const fault = { kind: 'status', status: 429, retryAfterSeconds: 2 } as const;
      const lists = proxy.faults.add(fault, { method: 'GET', path: 'mcpworkflows', watch: false });
      const watches = proxy.faults.add(fault, { path: 'mcpworkflows', watch: true });
      const writes = proxy.faults.add(fault, { method: 'PUT', path: '/status' }, 4);
      // One program has to list again, the other only to watch.
      proxy.errorLive(410, { path: 'mcpworkflows', user: 'operator' });
      proxy.cutLive({ path: 'mcpworkflows', user: 'gateway' });
      await change();
      await until('lists and watches to be refused', () => lists.hits() >= 2 && watches.hits() >= 2, CAUGHT_UP_MS);
      lists.remove();
      watches.remove();
      await until('status writes to be refused', () => writes.hits() >= 4, CAUGHT_UP_MS);
    },
  },
  {
    what: 'the API server is restarted',
    async strike(change) {
      await deployment.plane.restartApiServer('SIGTERM');
      await change();
    },
  },
  {
    what: 'the API server is killed and started again',
    async strike(change) {
      await deployment.plane.restartApiServer('SIGKILL');
      await change();
    },
  },
];

// proves watch-never-stops
describe('nothing is lost, the loop goes on and nobody asks in a hot loop when', () => {
  let primary = OPUS;

  it.each(rows.map((row, index) => ({ ...row, created: `created-${index}` })))(
    '$what',
    async ({ strike, created }) => {
      const { workflows } = triage;
      const seenBefore = deployment.proxy.requests.length;
      const fallback = primary;
      primary = primary === OPUS ? SONNET : OPUS;
      traffic = triage.callers();
      await strike(async () => {
        await workflows.edit('edited', { models: { primary, fallbacks: [fallback] } });
        await workflows.create(created, specOf({ primary: SONNET, fallback: OPUS }));
      });
      const endedAt = Date.now();
      await untilInEffect('edited', primary);
      await untilInEffect(created, SONNET);
      const tick = () => deployment.operator().metric('mcpworkflow_operator_last_tick_seconds');
      await until('the loop to go on', async () => (await tick()) * 1_000 > endedAt);
      expect(mostPerSecond(deployment.proxy.requests.slice(seenBefore))).toBeLessThanOrEqual(3);
      await triage.untilHealthy();
      await traffic.stop();
      expectNothingLost(traffic.take());
      expect(deployment.leaks()).toEqual([]);
    },
    180_000,
  );
});
