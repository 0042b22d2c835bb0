// The conditions: our promise to users. What each says is a function of the scene; how one is set is in one place.
import { readState } from './memory.ts';
import { factsOf, timeText } from './entries.ts';
import { explain, word } from './scene.ts';
import type { Scene, Word } from './scene.ts';
import type { Condition, ConditionType, ModelStatus, Phase } from '../../lib/api/status.ts';

/** A condition before it is stamped. */
export type Verdict = Word & { readonly status: Condition['status'] };

const UNASKED_TWICE = 2;

const says = (status: Condition['status'], reason: string, message: string): Verdict => ({
  status,
  ...word(reason, message),
});

const isOut = ({ state }: ModelStatus): boolean => ['Unhealthy', 'Recovering', 'NotServing'].includes(readState(state));
const isUnknown = ({ state }: ModelStatus): boolean => readState(state) === 'Unknown';

/** Ready: somebody serves, and of the primary enough is known. */
export function ready(scene: Scene): Verdict {
  const { entries } = scene;
  const primary = entries[0];
  if (primary && isUnknown(primary)) {
    return isUnproven(scene, primary)
      ? says('True', 'Unproven', `${primary.name}: its free probe cannot be asked; ${explain('Unproven')}`)
      : says('Unknown', 'Probing', `${primary.name}: ${explain('Probing')}`);
  }
  const serving = entries.find((entry) => !isOut(entry));
  if (serving) return says('True', 'AsExpected', 'at least one model can serve');
  return says('False', primary?.reason ?? 'ServerError', 'no model is well; requests still try all that can be called');
}

// Once Unproven it stays so until the primary's state is known: a single lost probe is no news.
function isUnproven({ input }: Scene, { target }: ModelStatus): boolean {
  if (target !== undefined && factsOf(input, target).couldNotAskRun >= UNASKED_TWICE) return true;
  const before = input.previous?.models?.[0];
  const sameTarget = before !== undefined && before.target === target && isUnknown(before);
  return sameTarget && conditionOf(input.previous?.conditions, 'Ready')?.reason === 'Unproven';
}

/** OnPrimary: the active model is the primary. */
export function onPrimary({ input, route }: Scene, news: Word | undefined): Verdict {
  const { primary } = input.spec.models;
  if (route.activeModel === primary) return says('True', 'AsExpected', `${primary} is the active model`);
  return says('False', news?.reason ?? 'AsExpected', news?.message ?? `${route.activeModel} is the active model`);
}

/** ModelsHealthy as if the operator could see. */
export function modelsHealthy({ entries }: Scene): Verdict {
  const out = entries.filter(isOut);
  if (out[0]) {
    const list = out.map(({ name, reason }) => `${name} (${reason ?? 'ServerError'})`).join(', ');
    return says('False', out[0].reason ?? 'ServerError', `not well: ${list}`);
  }
  const unknown = entries.filter(isUnknown).map(({ name }) => name);
  if (unknown.length > 0) return says('Unknown', 'Probing', `nothing is known yet of ${unknown.join(', ')}`);
  return says('True', 'AsExpected', 'every model is well');
}

const blinded = (): Verdict =>
  says('Unknown', 'OperatorBlind', `${explain('OperatorBlind')}; what was known of the models stays`);

const pinned = ({ input: { spec }, route }: Scene): Verdict => {
  if (spec.pin === undefined) return says('False', 'AsExpected', 'no model is pinned');
  const held = route.activeModel === spec.pin ? '' : `, but ${route.activeModel} serves`;
  return says('True', 'Pinned', `${spec.pin} is pinned by spec.pin${held}`);
};

const suspended = ({ input }: Scene): Verdict =>
  input.spec.suspend === true
    ? says('True', 'Suspended', 'the route and the states of the models are frozen by spec.suspend')
    : says('False', 'AsExpected', 'the loop is running');

/** Present only while true: the first evidence is still missing. */
const reconciling = (readiness: Verdict): Verdict | undefined =>
  readiness.status === 'Unknown' ? says('True', 'Probing', explain('Probing')) : undefined;

/** Present only while true: nothing but an edit can help. */
function stalled({ input }: Scene): Verdict | undefined {
  if (input.invalid !== undefined) return says('True', 'InvalidSpec', input.invalid);
  for (const target of input.targets) {
    if (target.kind === 'notServing')
      return says('True', target.reason, `${target.name} cannot be used: ${target.message}`);
  }
  return undefined;
}

/** The conditions of a scene, and the phase that follows from them. */
export function judge(
  scene: Scene,
  news: Word | undefined,
): { readonly conditions: Condition[]; readonly phase: Phase } {
  const { input } = scene;
  const readiness = ready(scene);
  const seen = modelsHealthy(scene);
  const verdicts: [ConditionType, Verdict | undefined][] = [
    ['Ready', readiness],
    ['OnPrimary', onPrimary(scene, news)],
    ['ModelsHealthy', input.blind ? blinded() : seen],
    ['Pinned', pinned(scene)],
    ['Suspended', suspended(scene)],
    ['Reconciling', reconciling(readiness)],
    ['Stalled', stalled(scene)],
  ];
  const conditions = verdicts.flatMap(([type, verdict]) =>
    verdict ? [setCondition(input.previous?.conditions, type, verdict, input)] : [],
  );
  // Blindness is no change of phase: it is derived from what was seen last.
  const sighted = conditions.map((condition) =>
    condition.type === 'ModelsHealthy' ? { ...condition, status: seen.status } : condition,
  );
  return { conditions, phase: phaseOf(sighted) };
}

/** The one place where a condition is made: the transition time moves only with the status. */
export function setCondition(
  before: readonly Condition[] | undefined,
  type: ConditionType,
  verdict: Verdict,
  { generation, now }: { readonly generation: number; readonly now: number },
): Condition {
  const last = conditionOf(before, type);
  const lastTransitionTime = last?.status === verdict.status ? last.lastTransitionTime : timeText(now);
  const { status, reason, message } = verdict;
  return { type, status, observedGeneration: generation, lastTransitionTime, reason, message };
}

/** The condition of a type. */
export const conditionOf = (conditions: readonly Condition[] | undefined, type: ConditionType): Condition | undefined =>
  conditions?.find((condition) => condition.type === type);

/** The conditions in one word: the first match. */
export function phaseOf(conditions: readonly Condition[]): Phase {
  const is = (type: ConditionType, status: Condition['status']) => conditionOf(conditions, type)?.status === status;
  if (is('Suspended', 'True')) return 'Suspended';
  if (is('Ready', 'Unknown')) return 'Pending';
  if (is('Ready', 'False')) return 'Unavailable';
  if (is('OnPrimary', 'False')) return 'Rerouted';
  return is('ModelsHealthy', 'False') ? 'Degraded' : 'Healthy';
}
