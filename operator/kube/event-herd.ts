// When one target dies under thousands of workflows, nobody reads thousands of Events. The first hundred are told one by
// one; the rest are one.

import type { Told } from './event-object.ts';

/** Workflows that were rerouted for one target within the window, beyond those that were told one by one. */
export interface Herd {
  readonly target: string;
  /** The first reroute of the herd. */
  readonly first: Told;
  /** How many workflows are in it by now. */
  count: number;
  lastAt: number;
  /** The Event that tells it, once there is one. */
  eventName?: string;
}

const WINDOW_MS = 10_000;
const TOLD_ONE_BY_ONE = 100;

/** Sorts reroutes into those to tell and those that are part of a herd. */
export interface HerdWatch {
  /** The herd that this reroute belongs to; undefined when it is to be told by itself. */
  join(target: string, workflow: string, told: Told, now: number): Herd | undefined;
}

interface Switches {
  /** When each workflow last switched, oldest first. */
  readonly recent: Map<string, number>;
  herd?: Herd;
}

/** Nothing has switched yet. */
export function herdWatch(): HerdWatch {
  const targets = new Map<string, Switches>();

  const forget = (now: number) => {
    for (const [target, switches] of targets) {
      for (const [workflow, at] of switches.recent) {
        if (now - at <= WINDOW_MS) break;
        switches.recent.delete(workflow);
      }
      if (switches.recent.size === 0) targets.delete(target);
    }
  };
  return {
    join(target, workflow, told, now) {
      forget(now);
      const switches = targets.get(target) ?? { recent: new Map<string, number>() };
      targets.set(target, switches);
      switches.recent.delete(workflow);
      switches.recent.set(workflow, now);
      if (switches.recent.size <= TOLD_ONE_BY_ONE) return undefined;
      const herd = (switches.herd ??= { target, first: told, count: 0, lastAt: now });
      herd.count += 1;
      herd.lastAt = now;
      return herd;
    },
  };
}
