// The route after this look: the active model, since when, and what that means for flapping.
import type { ModelStatus } from '../../lib/api/status.ts';
import { FAILBACK_ANNOTATION } from '../../lib/api/workflow.ts';
import { candidateOf, chooseActive } from './choice.ts';
import type { Candidate, Choice } from './choice.ts';
import { timeText } from './entries.ts';
import { left, returned } from './flapping.ts';
import type { Returns } from './flapping.ts';
import type { Input } from './types.ts';

/** Where requests go first. */
export interface Route {
  readonly activeModel: string;
  readonly activeSince: string;
  readonly switches: number;
  /** The model that was active, when this look changed it. */
  readonly from?: string;
  /** An earlier model that waits for approval. */
  readonly awaiting?: string;
  readonly candidates: readonly Candidate[];
}

/** Chooses the active model; a suspended workflow keeps the one it has. */
export function chooseRoute(input: Input, entries: readonly ModelStatus[]): Route {
  const { previous, now } = input;
  const candidates = entries.map((entry) => candidateOf(entry, now));
  const { name, awaiting } = choiceOf(input, entries, candidates);
  const waits = awaiting === undefined ? {} : { awaiting };
  const from = previous?.activeModel;
  const switches = previous?.switches ?? 0;
  const chosen = { activeModel: name, candidates, ...waits };
  if (name === from) return { ...chosen, activeSince: previous?.activeSince ?? timeText(now), switches };
  if (from === undefined) return { ...chosen, activeSince: timeText(now), switches };
  return { ...chosen, activeSince: timeText(now), switches: switches + 1, from };
}

function choiceOf(input: Input, entries: readonly ModelStatus[], candidates: readonly Candidate[]): Choice {
  const { spec, previous } = input;
  const frozen = spec.suspend === true && candidates.find(({ name }) => name === previous?.activeModel);
  if (frozen) return { name: frozen.name };
  return chooseActive({
    candidates,
    pin: spec.pin,
    active: currentActive(input, entries),
    manual: spec.recovery.failback === 'Manual',
    approved: isApproved(input),
  });
}

/** The active model, unless the spec, the catalog or a secret has changed what the primary is. */
function currentActive({ previous }: Input, entries: readonly ModelStatus[]): string | undefined {
  const before = previous?.models?.[0];
  const primary = entries[0];
  const same = before?.name === primary?.name && before?.target === primary?.target;
  return same ? previous?.activeModel : undefined;
}

/** One return is approved by naming the moment that the present route began. */
const isApproved = ({ annotations, previous }: Input): boolean =>
  previous?.activeSince !== undefined &&
  Object.hasOwn(annotations, FAILBACK_ANNOTATION) &&
  annotations[FAILBACK_ANNOTATION] === previous.activeSince;

/** What the change of route means for flapping: only what health does by itself counts. */
export function flapsAfter(memory: Returns, route: Route, input: Input, entries: readonly ModelStatus[]): Returns {
  const { primary } = input.spec.models;
  if (route.from === undefined) return memory;
  if (isHuman(input, entries, route)) return { returns: [], flaps: memory.flaps };
  if (route.activeModel === primary) return returned(memory, input.now);
  return route.from === primary ? left(memory, input.now) : memory;
}

function isHuman(input: Input, entries: readonly ModelStatus[], route: Route): boolean {
  if (input.previous?.observedGeneration !== input.generation || input.spec.pin !== undefined) return true;
  if (currentActive(input, entries) === undefined || isApproved(input)) return true;
  // Left because the spec, a Secret or the catalog took the model away.
  return route.candidates.some(({ name, standing }) => name === route.from && standing === 'notServing');
}
