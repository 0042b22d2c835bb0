// The control loop on a real API server: how late its looks are, what it costs, what it writes when nothing happens, and how
// long a herd takes when the one primary of all workflows dies under real callers. Operator and gateway are processes of
// their own, each under its role. It fails when a request was lost or a status never became right.
// Usage: npm run bench:loop [-- WORKFLOWS [TARGETS]]
import { setTimeout as sleep } from 'node:timers/promises';
import { until } from '../test/cluster/plane-access.ts';
import { startDeployment } from '../test/e2e/deployment.ts';
import type { Deployment } from '../test/e2e/deployment.ts';
import { createFleet, PRIMARY } from './loop/fleet.ts';
import type { Expectation, Fleet } from './loop/fleet.ts';
import { startCallers } from './loop/callers.ts';
import { readingOf, scrape } from './loop/reading.ts';
import type { Reading, Scrape } from './loop/reading.ts';
import { failuresOf, report } from './loop/report.ts';
import type { HerdFigures, SetupFigures, SteadyFigures } from './loop/report.ts';
import { tallyWrites } from './loop/writes.ts';

/** A whole number from the command line. */
function numberAt(index: number, name: string, least: number, otherwise: number): number {
  const value = Number(process.argv[index] ?? otherwise);
  if (Number.isInteger(value) && value >= least) return value;
  throw new Error(`${name}: expected a whole number of at least ${least}, got ${process.argv[index]}`);
}

const WORKFLOWS = numberAt(2, 'WORKFLOWS', 1, 1_000);
const TARGETS = numberAt(3, 'TARGETS', 2, 40);
const STEADY_MS = 30_000;
/** Two intervals, so that the last look at everything has found nothing to write. */
const SETTLE_MS = 6_000;
/** Writes are bounded at 200 per second, and each phase writes a status a few times. */
const LIMIT_MS = 60_000 + WORKFLOWS * 30;

const onPrimary: Expectation = ({ status }) => status?.activeModel === PRIMARY;
const healthy: Expectation = (object) => onPrimary(object) && object.status?.phase === 'Healthy';
const onFallback: Expectation = ({ spec, status }) => status?.activeModel === spec.models.fallbacks[0];

const say = (what: string) => console.error(`${new Date().toISOString().slice(11, 19)} ${what}`);

/** Both programs' metrics, and the epoch time. */
interface Moment {
  readonly epoch: number;
  readonly operator: Scrape;
  readonly gateway: Scrape;
}

async function now(deployment: Deployment): Promise<Moment> {
  const [operator, gateway] = await Promise.all([
    scrape(() => deployment.operator().metrics()),
    scrape(() => deployment.gateway().metrics()),
  ]);
  return { epoch: Date.now(), operator, gateway };
}

/** What the operator, the gateway and the audit log say about the time since `from`. */
async function since(deployment: Deployment, from: Moment) {
  const to = await now(deployment);
  const operator: Reading = readingOf(from.operator, to.operator);
  const gateway: Reading = readingOf(from.gateway, to.gateway);
  return { operator, gateway, writes: tallyWrites(deployment.plane.writes(), from.epoch, to.epoch), to };
}

async function setUp(deployment: Deployment): Promise<{ fleet: Fleet; figures: SetupFigures }> {
  say(`creating ${WORKFLOWS} workflows on ${TARGETS} targets`);
  const from = await now(deployment);
  const startedAt = performance.now();
  const elapsed = () => performance.now() - startedAt;
  const fleet = await createFleet(deployment.plane, { size: WORKFLOWS, targets: TARGETS });
  const createdMs = elapsed();
  await fleet.untilAll('to have a status with the primary active', onPrimary, LIMIT_MS);
  const routedMs = elapsed();
  await fleet.untilAll('to be Healthy', healthy, LIMIT_MS);
  const healthyMs = elapsed();
  return { fleet, figures: { createdMs, routedMs, healthyMs, ...(await since(deployment, from)) } };
}

async function holdSteady(deployment: Deployment): Promise<SteadyFigures> {
  await sleep(SETTLE_MS);
  say(`steady state for ${STEADY_MS / 1_000} s`);
  const from = await now(deployment);
  await sleep(STEADY_MS);
  const seen = await since(deployment, from);
  return { ...seen, scrapeMs: seen.to.operator.tookMs };
}

/** Breaks or heals the primary's provider and waits until every status says so. */
async function herd(deployment: Deployment, fleet: Fleet, to: 'fallback' | 'primary'): Promise<HerdFigures> {
  say(to === 'fallback' ? 'the primary of all dies' : 'it heals');
  const expected = to === 'fallback' ? onFallback : onPrimary;
  const from = await now(deployment);
  await deployment.primary.mode('*', to === 'fallback' ? 'refuse' : 'ok');
  const [firstMs, allMs] = await Promise.all([
    fleet.untilSome(`to be on the ${to}`, expected, LIMIT_MS),
    fleet.untilAll(`to be on the ${to}`, expected, LIMIT_MS),
  ]);
  const figures = { firstMs, allMs, ...(await since(deployment, from)) };
  return { ...figures, wrong: await fleet.countWrong(expected) };
}

async function main(deployment: Deployment): Promise<number> {
  await deployment.untilLeading(30_000);
  await until('the gateway to be ready', () => deployment.gateway().isReady(), 30_000);
  const { fleet, figures: setup } = await setUp(deployment);
  const steady = await holdSteady(deployment);
  const callers = startCallers(deployment.gatewayURL, fleet);
  try {
    await sleep(3_000);
    const died = await herd(deployment, fleet, 'fallback');
    const healed = await herd(deployment, fleet, 'primary');
    await fleet.untilAll('to be Healthy again', healthy, LIMIT_MS);
    const traffic = await callers.stop();
    const figures = { workflows: WORKFLOWS, targets: TARGETS, setup, steady, died, healed, traffic };
    console.log(report(figures));
    const failures = failuresOf(figures);
    for (const failure of failures) console.error(`FAILED: ${failure}`);
    return failures.length === 0 ? 0 : 1;
  } finally {
    await callers.stop();
    await fleet.stop();
  }
}

const deployment = await startDeployment({ direct: true });
try {
  process.exitCode = await main(deployment);
} catch (error) {
  console.error(deployment.log().slice(-4_000));
  throw error;
} finally {
  await deployment.stop();
}
