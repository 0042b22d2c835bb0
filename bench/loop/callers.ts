// A few callers with the official SDK on the first and the last workflow, streaming and not, judged as the cluster tests do.
import { startTraffic } from '../../test/e2e/traffic.ts';
import type { TrafficTally } from '../../test/e2e/traffic.ts';
import type { Fleet } from './fleet.ts';

/** What came of all requests; `stop` may be called again and tells the same. */
export interface Callers {
  stop(): Promise<TrafficTally>;
}

/** Starts four callers. */
export function startCallers(gatewayURL: string, { keys }: Fleet): Callers {
  const running = [keys[0], keys.at(-1)].map((anthropic = '') => startTraffic({ gatewayURL, anthropic }));
  let ended: Promise<TrafficTally> | undefined;

  async function end(): Promise<TrafficTally> {
    await Promise.all(running.map((traffic) => traffic.stop()));
    const tallies = running.map((traffic) => traffic.take());
    const sum = (of: (tally: TrafficTally) => number) => tallies.reduce((total, tally) => total + of(tally), 0);
    return {
      sent: sum(({ sent }) => sent),
      whole: sum(({ whole }) => whole),
      lost: sum(({ lost }) => lost),
      told: sum(({ told }) => told),
      truncatedAsSuccess: sum(({ truncatedAsSuccess }) => truncatedAsSuccess),
      errors: tallies.flatMap(({ errors }) => errors),
    };
  }

  return { stop: () => (ended ??= end()) };
}
