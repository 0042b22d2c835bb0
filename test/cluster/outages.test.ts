// The two long outages, in real time and at the same time, each in a deployment of its own: no API server for a minute, and
// no operator for two. Callers lose nothing in either.
import { afterAll, describe, expect, it } from '@jest/globals';
import { setTimeout as sleep } from 'node:timers/promises';
import { request } from 'undici';
import { startDeployment } from '../e2e/deployment.ts';
import type { Deployment } from '../e2e/deployment.ts';
import { callsTo, expectNothingLost, NAMES, startTriage } from '../e2e/triage.ts';
import type { Triage } from '../e2e/triage.ts';
import { until } from './plane-access.ts';

const API_OUTAGE_MS = 60_000;
const OPERATOR_OUTAGE_MS = 120_000;
const INTERVAL_MS = 3_000;
/** An operator that leads finds a dead model: three probes, the last one timing out, and a look. */
const FOUND_MS = 3 * INTERVAL_MS + 2_000 + INTERVAL_MS;
/** A holder whose Lease ran out during the outage takes it again at its next try. */
const LEADS_AGAIN_MS = 2 * 2_400;
const RETURN_MS = 30_000;
/** A gateway is alone when the Lease, which lasts 15 s, ran out 60 s ago. */
const ALONE_MS = 75_000;
/** The longest a breaker waits before it half-opens. */
const LONGEST_STEP_MS = 24_000;
const CALLER_GAP_MS = 100;

// Stopped also after a failed story: a caller that goes on for ever would keep the run from ending.
const stops: (() => Promise<void>)[] = [];
afterAll(async () => {
  for (const stop of stops.reverse()) await stop();
}, 60_000);

async function stage(prefix: string) {
  const deployment = await startDeployment();
  stops.push(() => deployment.stop());
  const triage = await startTriage(deployment, prefix);
  return { deployment, triage };
}

function callersOf(triage: Triage) {
  const traffic = triage.callers(CALLER_GAP_MS);
  stops.push(() => traffic.stop());
  return traffic;
}

/** Waits until callers have been answered so many times more. */
const untilAnswered = (deployment: Deployment, by: 'primary' | 'fallback', calls: number, limitMs: number) => {
  const before = callsTo(deployment[by]);
  return until(`the ${by} to be asked`, () => callsTo(deployment[by]) >= before + calls, limitMs);
};

// proves fail-static, no-request-lost
describe('callers lose nothing while', () => {
  it.concurrent(
    'there is no API server for a minute and the primary dies; then the status tells the truth',
    async () => {
      const { deployment, triage } = await stage('no-api');
      const { plane, primary } = deployment;
      const traffic = callersOf(triage);
      await untilAnswered(deployment, 'primary', 20, 10_000);

      await plane.stopApiServer('SIGKILL');
      const goneAt = performance.now();
      await sleep(10_000);
      await primary.mode('*', 'refuse');
      await untilAnswered(deployment, 'fallback', 200, 30_000);
      await sleep(API_OUTAGE_MS - (performance.now() - goneAt));
      await plane.startApiServer();

      expect(await triage.untilActive('fallback', 60_000)).toBeLessThanOrEqual(LEADS_AGAIN_MS + FOUND_MS);
      await primary.mode('*', 'ok');
      expect(await triage.untilActive('primary', 60_000)).toBeLessThanOrEqual(RETURN_MS);
      await triage.untilHealthy();
      await traffic.stop();
      // The death resets what is open: one stream of each API may be under way.
      expectNothingLost(traffic.take(), 3);
      expect(deployment.leaks()).toEqual([]);
    },
    240_000,
  );

  it.concurrent(
    'there is no operator for two minutes: the gateway heals, and proves by itself what only the operator would have',
    async () => {
      const { deployment, triage } = await stage('no-operator');
      const { primary, gatewayURL } = deployment;
      const { workflows } = triage;
      const { namespace } = workflows;
      // Nobody else can serve it, so the gateway has to prove its only model, which the operator has found ill.
      await workflows.create('stranded', {
        models: { primary: 'gpt-stranded' },
        detection: { requestTimeout: '2s' },
      });
      await deployment.untilRouted([`${namespace}/stranded`]);
      const ask = async (): Promise<number> => {
        const { statusCode, body } = await request(`${gatewayURL}/${namespace}/stranded/openai/v1/chat/completions`, {
          method: 'POST',
          headers: { 'content-type': 'application/json' },
          body: JSON.stringify({ model: 'any', messages: [{ role: 'user', content: 'Are you there?' }] }),
        });
        await body.dump();
        return statusCode;
      };
      await until('the stranded one to serve', async () => (await ask()) === 200);
      const traffic = callersOf(triage);

      await primary.mode('gpt-stranded', '503');
      await until('the stranded one to be ill', async () => {
        expect(await ask()).toBe(503);
        return (await workflows.read('stranded')).status.phase === 'Unavailable';
      });
      const aloneIs = async () => {
        const { body } = await request(`${gatewayURL}/metrics`);
        return /^mcpworkflow_gateway_alone (\d)$/m.exec(await body.text())?.[1];
      };
      expect(await aloneIs()).toBe('0');
      await deployment.operator().end('SIGKILL');
      const goneAt = performance.now();
      await primary.mode('gpt-stranded', 'ok');

      for (const model of ['claude-opus-4-8', 'gpt-primary']) await primary.mode(model, '503');
      await untilAnswered(deployment, 'fallback', 200, 30_000);
      for (const model of ['claude-opus-4-8', 'gpt-primary']) await primary.mode(model, 'ok');
      await untilAnswered(deployment, 'primary', 200, LONGEST_STEP_MS + 20_000);

      await until('the gateway to be alone', async () => (await ask()) === 200, ALONE_MS + LONGEST_STEP_MS);
      const provedMs = performance.now() - goneAt;
      expect(await aloneIs()).toBe('1');
      // Less what had passed since the last renewal.
      expect(provedMs).toBeGreaterThan(ALONE_MS - 3_000);
      expect(provedMs).toBeLessThan(ALONE_MS + LONGEST_STEP_MS);

      await sleep(OPERATOR_OUTAGE_MS - (performance.now() - goneAt));
      const before = await triage.statuses();
      const fallbackBefore = callsTo(deployment.fallback);
      await deployment.startOperator();
      await deployment.untilLeading(30_000);
      await until('the stranded one to be well', async () => {
        expect(await ask()).toBe(200);
        return (await workflows.read('stranded')).status.phase === 'Healthy';
      });
      await untilAnswered(deployment, 'primary', 200, 30_000);
      expect(await triage.statuses()).toEqual(before);
      expect(callsTo(deployment.fallback)).toBe(fallbackBefore);
      expect(before.map(({ phase, switches }) => [phase, switches])).toEqual(NAMES.map(() => ['Healthy', 0]));
      await traffic.stop();
      expectNothingLost(traffic.take());
      expect(deployment.leaks()).toEqual([]);
    },
    300_000,
  );
});
