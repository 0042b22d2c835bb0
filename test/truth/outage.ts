// A whole outage of one kind under steady traffic: when it is detected, when the route leaves the primary, when it is back, and
// what the callers got meanwhile.
import { setTimeout as sleep } from 'node:timers/promises';
import type { WorkflowStatus } from '../../lib/api/status.ts';
import type { Mode } from '../../operator/dev/provider/modes.ts';
import { startTraffic } from '../e2e/traffic.ts';
import type { TrafficTally } from '../e2e/traffic.ts';
import type { Play, Scene } from './scene.ts';

/** What is to be played: an outage of this kind, which lasts so long. */
export interface OutagePlan {
  readonly mode: Mode;
  readonly dialect: Play['dialect'];
  readonly lastsMs: number;
}

/** One row; a time is absent when it did not happen within its limit. */
export interface Outage extends OutagePlan {
  readonly detectMs: number | undefined;
  readonly switchMs: number | undefined;
  readonly returnMs: number | undefined;
  readonly tally: TrafficTally;
}

export const outagePlay = ({ mode, dialect, lastsMs }: OutagePlan): Play => ({
  name: `out-${mode}-${dialect}-${lastsMs / 1_000}s`,
  dialect,
});

const HEALTHY_MS = 30_000;
const SWITCH_MS = 20_000;
const RETURN_MS = 90_000;
const GAP_MS = 400;

const isIll = ({ models = [] }: WorkflowStatus) => models[0]?.state === 'Unhealthy' || isThrottled({ models });
const isThrottled = ({ models = [] }: WorkflowStatus) => models[0]?.throttledUntil !== undefined;
const isOnPrimary = ({ activeModel = '' }: WorkflowStatus) => activeModel.includes('primary');

/** Breaks the primary, heals it, and says what was seen. */
export async function playOutage(scene: Scene, plan: OutagePlan): Promise<Outage> {
  const { mode, dialect, lastsMs } = plan;
  const play = outagePlay(plan);
  const until = async (limitMs: number, holds: (status: WorkflowStatus) => boolean): Promise<number | undefined> => {
    const startedAt = performance.now();
    for (;;) {
      const status = scene.statusOf(play);
      if (status && holds(status)) return performance.now() - startedAt;
      if (performance.now() - startedAt > limitMs) return undefined;
      await sleep(50);
    }
  };

  const traffic = startTraffic({ gatewayURL: scene.gatewayURL, [dialect]: `default/${play.name}`, gapMs: GAP_MS });
  if ((await until(HEALTHY_MS, ({ phase }) => phase === 'Healthy')) === undefined)
    throw new Error(`${play.name} did not become Healthy`);
  traffic.take();
  await scene.mode(play, mode);
  const brokenAt = performance.now();
  const [detectMs, switchMs] = await Promise.all([
    until(SWITCH_MS, isIll),
    until(SWITCH_MS, (status) => !isOnPrimary(status)),
  ]);
  await sleep(Math.max(0, brokenAt + lastsMs - performance.now()));
  await scene.mode(play, 'ok');
  const returnMs = await until(RETURN_MS, isOnPrimary);
  await traffic.stop();
  return { ...plan, detectMs, switchMs, returnMs, tally: traffic.take() };
}
