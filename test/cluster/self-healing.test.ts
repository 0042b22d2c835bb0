// The whole product on a real API server: operator and gateway as separate processes, each under the role of lib/manifests,
// callers with both official SDKs, and providers that fail as real ones do.
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Mode } from '../../operator/dev/provider/modes.ts';
import { startDeployment } from '../e2e/deployment.ts';
import type { Deployment } from '../e2e/deployment.ts';
import { endWithTest } from '../e2e/end-with-test.ts';
import { ATTEMPT_TIMEOUT_MS, callsTo, expectNothingLost, NAMES, startTriage } from '../e2e/triage.ts';
import type { Triage } from '../e2e/triage.ts';

const INTERVAL_MS = 3_000;
const THRESHOLD = 3;
const PROBE_TIMEOUT_MS = 2_000;

let deployment: Deployment;
let triage: Triage;
let namespace: string;

beforeAll(async () => {
  deployment = await startDeployment();
  triage = await startTriage(deployment, 'healing');
  ({ namespace } = triage.workflows);
}, 180_000);

afterAll(async () => {
  await deployment?.stop();
}, 60_000);

const keep = endWithTest();
afterEach(() => deployment.primary.mode('*', 'ok'));

const callers = () => keep(triage.callers());

/** What a fault is, how soon the route must follow, and how many streams may die after their first content. */
const FAULTS: readonly {
  readonly what: string;
  readonly mode: Mode;
  readonly boundMs: number;
  readonly mayTell: number;
}[] = [
  {
    what: 'the primary’s provider refuses connections',
    mode: 'refuse',
    boundMs: THRESHOLD * INTERVAL_MS + PROBE_TIMEOUT_MS + INTERVAL_MS,
    // It resets what is open, too: one stream of each API may be under way.
    mayTell: 3,
  },
  {
    what: 'it answers 529 while its free probe stays good',
    mode: '529',
    boundMs: THRESHOLD * ATTEMPT_TIMEOUT_MS + 2 * INTERVAL_MS,
    mayTell: 0,
  },
  { what: 'it hangs', mode: 'hang', boundMs: THRESHOLD * ATTEMPT_TIMEOUT_MS + 2 * INTERVAL_MS, mayTell: 0 },
  {
    what: 'it cuts streams before the first content',
    mode: 'cut-before-content',
    boundMs: THRESHOLD * ATTEMPT_TIMEOUT_MS + 2 * INTERVAL_MS,
    mayTell: 0,
  },
  {
    what: 'it cuts streams after it',
    mode: 'cut-after-content',
    boundMs: THRESHOLD * ATTEMPT_TIMEOUT_MS + 2 * INTERVAL_MS,
    mayTell: Infinity,
  },
];

const callsToPrimary = () => callsTo(deployment.primary);

// proves no-request-lost, death-is-told, switch-in-time, back-within-30s, dead-primary-is-spared, unmodified-clients
describe('a workflow heals itself on a real API server', () => {
  it.each(FAULTS)(
    '$what',
    async ({ mode, boundMs, mayTell }) => {
      const traffic = callers();
      await sleep(1_000);
      await deployment.primary.mode('*', mode);
      const switchMs = await triage.untilActive('fallback', boundMs + 10_000);
      expect(switchMs).toBeLessThanOrEqual(boundMs);

      // Known dead from here on: the table of the gateway follows the status by a watch.
      await sleep(1_000);
      const sentBefore = callsToPrimary();
      const sentAtSwitch = traffic.sent();
      while (traffic.sent() < sentAtSwitch + 200) await sleep(100);
      expect(callsToPrimary() - sentBefore).toBeLessThanOrEqual(10);

      await deployment.primary.mode('*', 'ok');
      expect(await triage.untilActive('primary', 40_000)).toBeLessThanOrEqual(30_000);
      await traffic.stop();
      expectNothingLost(traffic.take(), mayTell);
      await triage.untilHealthy();
    },
    120_000,
  );
});

describe('people can see what happened', () => {
  it('kubectl get shows phase, active model and switches', async () => {
    const { stdout } = await deployment.plane.kubectl(['get', 'mcpworkflows', '-n', namespace]);
    expect(stdout).toMatch(/NAME\s+PHASE\s+ACTIVE\s+PRIMARY\s+REASON\s+SWITCHES\s+SINCE\s+AGE/);
    expect(stdout).toMatch(/triage-anthropic\s+Healthy\s+claude-opus-4-8\s+claude-opus-4-8/);
  });

  it('Events tell who, what and why', async () => {
    const { body } = await deployment.plane.request('GET', `/apis/events.k8s.io/v1/namespaces/${namespace}/events`);
    const events = (body as { items: readonly { regarding: { name: string }; note: string; reason: string }[] }).items;
    const notes = events.filter((event) => event.regarding.name === 'triage-anthropic').map((event) => event.note);
    expect(notes.some((note) => note.includes('claude-sonnet-4-6'))).toBe(true);
    expect(notes.some((note) => note.includes('claude-opus-4-8'))).toBe(true);
  });
});

describe('processes come and go', () => {
  // proves takeover-keeps-the-route
  it('an operator killed during an outage is followed by one that keeps the route', async () => {
    const traffic = callers();
    await deployment.primary.mode('*', '529');
    await triage.untilActive('fallback', 30_000);
    const before = await triage.statuses();
    await deployment.restartOperator('SIGKILL');
    // 25 s for the Lease, and the start of a process on a busy machine.
    await deployment.untilLeading(30_000);
    await sleep(2 * INTERVAL_MS);
    const after = await triage.statuses();
    expect(after.map((status) => [status.activeModel, status.switches])).toEqual(
      before.map((status) => [status.activeModel, status.switches]),
    );
    await deployment.primary.mode('*', 'ok');
    await triage.untilActive('primary', 40_000);
    await traffic.stop();
    expectNothingLost(traffic.take());
  }, 120_000);

  // proves gateway-restart-keeps-the-route
  it('a gateway that restarts during an outage serves the fallback from its first request', async () => {
    await deployment.primary.mode('*', '529');
    const traffic = callers();
    await triage.untilActive('fallback', 30_000);
    await traffic.stop();
    await deployment.restartGateway();
    await deployment.untilRouted(NAMES.map((name) => `${namespace}/${name}`));
    const before = deployment.primary.requests().length;
    const again = callers();
    await sleep(1_000);
    await again.stop();
    expectNothingLost(again.take());
    const generated = deployment.primary
      .requests()
      .slice(before)
      .filter((request) => request.method === 'POST' && !request.canary);
    expect(generated).toEqual([]);
    await deployment.primary.mode('*', 'ok');
    await triage.untilActive('primary', 40_000);
  }, 120_000);

  // proves edit-serves-at-once
  it('an edit during an outage makes the new primary serve at once', async () => {
    const { workflows } = triage;
    await workflows.edit('triage-anthropic', {
      models: { primary: 'claude-sonnet-4-6', fallbacks: ['claude-opus-4-8'] },
    });
    const startedAt = performance.now();
    while ((await workflows.read('triage-anthropic')).status.activeModel !== 'claude-sonnet-4-6') {
      if (performance.now() - startedAt > 5_000) throw new Error('the new primary does not serve after 5 s');
      await sleep(100);
    }
  }, 30_000);
});
