// What happens to the operator alone: it is cut off from every provider, drained, killed. Two replicas run, as in production.
//
// Cut off is the operator only: both programs have the same catalog, as they must, so that it is its own process's network
// that is cut (network-hook.ts), and not a path that the catalog names. The program does not know of it.
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import type { WorkflowStatus } from '../../lib/api/status.ts';
import { startDeployment } from '../e2e/deployment.ts';
import type { Deployment } from '../e2e/deployment.ts';
import type { Program } from '../e2e/program.ts';
import type { Traffic } from '../e2e/traffic.ts';
import { callsTo, expectNothingLost, startTriage } from '../e2e/triage.ts';
import type { Triage } from '../e2e/triage.ts';
import { until } from './plane-access.ts';

const INTERVAL_MS = 3_000;
const DRAINED_MS = 3_000;
const KILLED_MS = 25_000;

let deployment: Deployment;
let triage: Triage;
let traffic: Traffic | undefined;

beforeAll(async () => {
  deployment = await startDeployment({ loopback: [] });
  triage = await startTriage(deployment, 'operators');
}, 180_000);

afterEach(async () => {
  deployment.cutOperators([]);
  await traffic?.stop();
});

afterAll(async () => {
  await deployment?.stop();
}, 60_000);

const sight = ({ conditions }: WorkflowStatus) => {
  const condition = conditions?.find(({ type }) => type === 'ModelsHealthy');
  return `${condition?.status} ${condition?.reason}`;
};
const untilSight = (expected: string, limitMs: number) =>
  until(
    `ModelsHealthy to be ${expected}`,
    async () => {
      expect((await triage.statuses()).map(sight)).toEqual([expected, expected]);
      return true;
    },
    limitMs,
  );

/** All that must not change because the operator cannot see. */
const judgement = ({ phase, activeModel, activeSince, switches, models, transitions }: WorkflowStatus) => ({
  ...{ phase, activeModel, activeSince, switches, models, transitions },
});

const portOf = (url: string) => Number(new URL(url).port);
const leads = async (operator: Program) => (await operator.metric('mcpworkflow_leader')) === 1;
const lastTick = async (operator: Program) => (await operator.metric('mcpworkflow_operator_last_tick_seconds')) * 1_000;

async function expectNothingOfIt(calls: Traffic, fallbackBefore: number): Promise<void> {
  await calls.stop();
  expectNothingLost(calls.take());
  expect(callsTo(deployment.fallback)).toBe(fallbackBefore);
  expect(deployment.leaks()).toEqual([]);
}

describe('callers notice nothing, and no model is judged, when', () => {
  // proves blind-is-not-ill
  it('the operator is cut off from all providers', async () => {
    traffic = triage.callers();
    const fallbackBefore = callsTo(deployment.fallback);
    const before = (await triage.statuses()).map(judgement);

    deployment.cutOperators([deployment.primary, deployment.fallback].map(({ url }) => portOf(url)));
    await untilSight('Unknown OperatorBlind', 4 * INTERVAL_MS);
    // Long enough for three failures in a row, had they counted.
    const blindAt = Date.now();
    const operator = deployment.operator();
    await until('more looks', async () => (await lastTick(operator)) > blindAt + 4 * INTERVAL_MS);
    expect((await triage.statuses()).map(sight)).toEqual(Array(2).fill('Unknown OperatorBlind'));
    expect((await triage.statuses()).map(judgement)).toEqual(before);

    deployment.cutOperators([]);
    await untilSight('True AsExpected', 4 * INTERVAL_MS);
    expect((await triage.statuses()).map(judgement)).toEqual(before);
    await expectNothingOfIt(traffic, fallbackBefore);
  }, 90_000);

  // proves one-leader
  it.each([
    { what: 'the leading operator is drained', signal: 'SIGTERM', boundMs: DRAINED_MS },
    { what: 'the leading operator is killed', signal: 'SIGKILL', boundMs: KILLED_MS },
  ] as const)(
    '$what: another leads soon',
    async ({ signal, boundMs }) => {
      traffic = triage.callers();
      const fallbackBefore = callsTo(deployment.fallback);
      const before = (await triage.statuses()).map(judgement);
      const leader = deployment.operator();
      expect(await leads(leader)).toBe(true);
      const other = await deployment.startOperator();
      await until('the other one to wait', async () => !(await leads(other)));

      const startedAt = performance.now();
      const ended = leader.end(signal);
      await until('the other one to lead', () => leads(other), boundMs + 10_000);
      const tookMs = performance.now() - startedAt;
      expect(tookMs).toBeLessThanOrEqual(boundMs);
      await ended;
      const ledAt = Date.now();
      await until('the other one to look', async () => (await lastTick(other)) > ledAt + 2 * INTERVAL_MS);
      expect((await triage.statuses()).map(judgement)).toEqual(before);
      await expectNothingOfIt(traffic, fallbackBefore);
    },
    90_000,
  );
});
