// A target watch over a world in which every answer is said by the test, on a stepped clock.
import { canaryEnded, initialCanaryState, planCanary } from '../../../operator/decide/canary.ts';
import type { CanaryWant, Outcome } from '../../../operator/decide/types.ts';
import type { ProbeTarget } from '../../../operator/observe/probe-target.ts';
import { targetWatch } from '../../../operator/observe/target-watch.ts';
import type { ProbeEnd, TargetUse } from '../../../operator/observe/target-watch.ts';
import { silentLogger } from '../../../operator/telemetry/logger.ts';
import { steppedClock } from '../../fakes/clock.ts';

export const ANSWERED: Outcome = { kind: 'answered' };
export const SILENT: Outcome = { kind: 'noAnswer', reason: 'ConnectionFailed' };
export const OVERLOADED: Outcome = { kind: 'failed', reason: 'Overloaded', httpStatus: 529 };
export const UNSUPPORTED: Outcome = { kind: 'couldNotAsk', reason: 'ProbeUnsupported', httpStatus: 404 };
export const INVALID: Outcome = { kind: 'couldNotAsk', reason: 'CanaryInvalid', httpStatus: 400 };

export function target(id: string, changes: Partial<ProbeTarget> = {}): ProbeTarget {
  return {
    id,
    protocol: 'OpenAI',
    baseURL: `http://${id}.example.com/v1`,
    upstreamModel: 'm',
    credential: () => undefined,
    credentialVersion: 1,
    canary: { prompt: 'p', maxTokens: 8, timeoutMs: 10_000, maxPerHour: 240 },
    ...changes,
  };
}

/** What every target says unless a test says otherwise. */
const ANSWER: (id: string) => Outcome = () => ANSWERED;

export interface Asked {
  readonly target: string;
  readonly at: number;
  readonly timeoutMs?: number;
}

export function setup() {
  const clock = steppedClock();
  const probes: Asked[] = [];
  const canaries: Asked[] = [];
  const ends: ProbeEnd[] = [];
  const world = {
    probe: ANSWER,
    canary: ANSWER,
    probeTakesMs: 0,
    canaryTakesMs: 0,
    mayPay: true,
    running: 0,
    most: 0,
  };
  const answer = async (outcome: () => Outcome, takesMs: number, signal: AbortSignal): Promise<Outcome> => {
    world.running += 1;
    world.most = Math.max(world.most, world.running);
    if (takesMs > 0) {
      await new Promise<void>((resolve) => {
        const timer = clock.after(takesMs, resolve);
        signal.addEventListener('abort', () => {
          timer.cancel();
          resolve();
        });
      });
    }
    world.running -= 1;
    return outcome();
  };
  const watch = targetWatch({
    clock,
    asker: {
      probe: ({ id }, timeoutMs, signal) => {
        probes.push({ target: id, at: clock.now(), timeoutMs });
        return answer(() => world.probe(id), world.probeTakesMs, signal);
      },
      canary: ({ id }, signal) => {
        canaries.push({ target: id, at: clock.now() });
        return answer(() => world.canary(id), world.canaryTakesMs, signal);
      },
    },
    planner: { initial: initialCanaryState, plan: planCanary, ended: canaryEnded },
    mayPay: () => world.mayPay,
    onProbeEnd: (end) => ends.push(end),
    log: silentLogger,
  });
  const use = (uid: string, targets: readonly ProbeTarget[], changes: Partial<TargetUse> = {}) =>
    watch.use(uid, { key: `default/${uid}`, targets, intervalMs: 3_000, timeoutMs: 2_000, ...changes });
  return { clock, watch, use, probes, canaries, ends, world };
}

export const gaps = (asked: readonly Asked[]) => asked.slice(1).map((one, index) => one.at - (asked[index]?.at ?? 0));
export const want = (id: string, changes: Partial<CanaryWant> = {}): CanaryWant => ({
  target: id,
  purpose: 'Suspicion',
  proving: false,
  intervalMs: 3_000,
  ...changes,
});
