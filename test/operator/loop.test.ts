// The loop without leadership: it may look, but nothing leaves this replica.
import { afterEach, describe, expect, it } from '@jest/globals';
import { Agent } from 'undici';
import { keyOf } from '../../lib/api/workflow.ts';
import { fileAndEnvCredentials } from '../../operator/credentials.ts';
import { startLoop } from '../../operator/loop.ts';
import { createResolver } from '../../operator/targets.ts';
import { silentLogger } from '../../operator/telemetry/logger.ts';
import { createMetrics } from '../../operator/telemetry/metrics.ts';
import { catalog, workflow } from '../builders/workflow.ts';
import { steppedClock } from '../fakes/clock.ts';

const stops: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const stop of stops.splice(0)) await stop();
});

function setup(leads: boolean, write: () => Promise<string> = () => Promise.resolve('2')) {
  const clock = steppedClock();
  const one = workflow();
  const seen = { writes: 0, events: 0 };
  const dispatcher = new Agent();
  const metrics = createMetrics();
  // Without a key nothing is served, so no look reaches for the network.
  const credentials = fileAndEnvCredentials({ env: {}, clock, onChange: () => {} });
  const surroundings = { catalog: () => catalog(), credentials, allowUpstream: [], inCluster: false };
  const loop = startLoop({
    clock,
    log: silentLogger,
    metrics,
    workflows: { lookup: () => ({ workflow: one }), keys: () => [keyOf(one.metadata)] },
    resolver: createResolver(surroundings),
    status: {
      write() {
        seen.writes += 1;
        return write();
      },
    },
    events: { record: () => void (seen.events += 1) },
    counterSources: () => [],
    isLeader: () => leads,
    dispatcher,
  });
  stops.push(async () => {
    await loop.stop();
    await dispatcher.destroy();
  });
  return { clock, loop, metrics, seen };
}

describe('the loop', () => {
  it('of the leader writes the first status once and then nothing', async () => {
    const { clock, seen, metrics } = setup(true);
    await clock.advance(60_000);
    expect(seen.writes).toBe(1);
    expect(await metrics.text()).toMatch(/mcpworkflow_reconciles_total\{result="ok"\} (?!0)\d+/);
  });

  it('of another replica writes nothing and tells nobody', async () => {
    const { clock, seen } = setup(false);
    await clock.advance(60_000);
    expect(seen).toEqual({ writes: 0, events: 0 });
  });

  it('tries a failed write again, and counts it', async () => {
    const answers = [() => Promise.reject(new Error('lost')), () => Promise.resolve('2')];
    const { clock, seen, metrics } = setup(true, () =>
      (answers.shift() ?? answers[0] ?? (() => Promise.resolve('3')))(),
    );
    await clock.advance(10_000);
    expect(seen.writes).toBe(2);
    expect(await metrics.text()).toContain('mcpworkflow_reconciles_total{result="bug"} 1');
  });

  it('leaves no timer behind', async () => {
    const { clock, loop } = setup(true);
    await clock.advance(5_000);
    await loop.stop();
    expect(clock.pending()).toBe(0);
  });
});
