// The status as a whole: computed anew in every look, and equal to the last one while nothing changed.
import { MAX_TRANSITIONS } from '../../lib/api/status.ts';
import type { Condition, ModelStatus, Transition, WorkflowStatus } from '../../lib/api/status.ts';
import { conditionOf, judge } from './conditions.ts';
import { timeText } from './entries.ts';
import { entryOf, readState } from './memory.ts';
import { narrate } from './narrative.ts';
import { standingOf, word } from './scene.ts';
import type { Scene, Word } from './scene.ts';

/** The whole status of a scene. */
export function statusOf(scene: Scene): WorkflowStatus {
  const { input, entries, route } = scene;
  const news = narrate(scene);
  const { conditions, phase } = judge(scene, news);
  const said = news ?? quiet(scene, conditionOf(conditions, 'Ready'));
  return {
    observedGeneration: input.generation,
    phase,
    activeModel: route.activeModel,
    activeSince: route.activeSince,
    ...(said.reason !== 'AsExpected' && { reason: said.reason }),
    message: said.message,
    switches: route.switches,
    models: [...entries],
    transitions: transitionsOf(scene),
    conditions,
  };
}

function quiet({ route }: Scene, readiness: Condition | undefined): Word {
  const serves = `${route.activeModel} serves`;
  if (!readiness || readiness.reason === 'AsExpected') return word('AsExpected', serves);
  return word(readiness.reason, `${serves}; ${readiness.message}`);
}

/** The last transitions, with those of this look. */
function transitionsOf(scene: Scene): Transition[] {
  const { input, entries, route } = scene;
  const at = timeText(input.now);
  const models = entries.flatMap((entry): Transition[] => {
    const from = readState(entryOf(input.previous, entry.name)?.state);
    if (from === entry.state) return [];
    return [{ kind: 'Model', subject: entry.name, from, to: entry.state, reason: entry.reason ?? 'AsExpected', at }];
  });
  const routes: Transition[] =
    route.from === undefined
      ? []
      : [{ kind: 'Route', from: route.from, to: route.activeModel, reason: routeReason(scene), at }];
  return [...(input.previous?.transitions ?? []), ...models, ...routes].slice(-MAX_TRANSITIONS);
}

/** Why the active model changed: what befell the one that was left, or what brought the other back. */
export function routeReason(scene: Scene): string {
  const { input, entries, route } = scene;
  if (input.spec.pin === route.activeModel) return 'Pinned';
  const find = (name: string | undefined): ModelStatus | undefined => entries.find((entry) => entry.name === name);
  const standing = route.from === undefined ? undefined : standingOf(scene, route.from);
  if (standing === 'throttled') return 'RateLimited';
  if (standing === 'ill' || standing === 'notServing') return find(route.from)?.reason ?? 'ServerError';
  const back = find(route.activeModel)?.reason;
  return back === 'Recovered' ? back : 'AsExpected';
}
