// Which model is active. Nobody is taken out here: ill models stay in the route, last.
import type { ModelStatus } from '../../lib/api/status.ts';
import { readState } from './memory.ts';

/** A model as the choice sees it, in spec order. */
export interface Candidate {
  readonly name: string;
  readonly standing: 'well' | 'throttled' | 'ill' | 'notServing';
  /** When it is no longer throttled. */
  readonly freeAt: number;
}

/** What is chosen from. */
export interface Choosing {
  readonly candidates: readonly Candidate[];
  readonly pin: string | undefined;
  /** The active model, if what made it active still holds. */
  readonly active: string | undefined;
  readonly manual: boolean;
  readonly approved: boolean;
}

/** The active model, and the earlier one that waits for approval. */
export interface Choice {
  readonly name: string;
  readonly awaiting?: string;
}

/** A status entry as a candidate. */
export function candidateOf({ name, state, throttledUntil }: ModelStatus, now: number): Candidate {
  const until = throttledUntil === undefined ? Number.NaN : Date.parse(throttledUntil);
  const freeAt = until > now ? until : now;
  switch (readState(state)) {
    case 'NotServing':
      return { name, standing: 'notServing', freeAt };
    case 'Unhealthy':
    case 'Recovering':
      return { name, standing: 'ill', freeAt };
    case 'Unknown':
    case 'Healthy':
      return { name, standing: freeAt > now ? 'throttled' : 'well', freeAt };
  }
}

/** The pin; else the best by health, unless Manual makes an earlier model wait. */
export function chooseActive({ candidates, pin, active, manual, approved }: Choosing): Choice {
  const pinned = candidates.find(({ name, standing }) => name === pin && standing !== 'notServing');
  if (pinned) return { name: pinned.name };
  const current = candidates.find(({ name }) => name === active);
  const best = bestOf(candidates, current);
  if (!current || !manual || approved) return { name: best.name };
  const earlier = candidates.indexOf(best) < candidates.indexOf(current);
  const keeps = current.standing === 'well' || current.standing === 'throttled';
  return earlier && keeps ? { name: current.name, awaiting: best.name } : { name: best.name };
}

function bestOf(candidates: readonly Candidate[], current: Candidate | undefined): Candidate {
  const [soonest] = candidates.filter(({ standing }) => standing === 'throttled').sort((a, b) => a.freeAt - b.freeAt);
  const best =
    candidates.find(({ standing }) => standing === 'well') ??
    soonest ??
    (current?.standing === 'ill' ? current : undefined) ??
    candidates.find(({ standing }) => standing === 'ill') ??
    current ??
    candidates[0];
  // A spec always has a primary.
  return best ?? { name: '', standing: 'notServing', freeAt: 0 };
}
