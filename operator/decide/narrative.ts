// `status.reason` and `status.message`: why this model is active or what is wrong, and what still has to happen before
// the primary returns. The first check that has something to say wins. No number in a message moves by itself.
import { FAILBACK_ANNOTATION } from '../../lib/api/workflow.ts';
import type { ModelStatus } from '../../lib/api/status.ts';
import { canarySpeaks } from './entries.ts';
import { isFlapping, stabilizationUnder } from './flapping.ts';
import { targetsOf } from './memory.ts';
import { stabilizationMsOf } from './rules.ts';
import { explain, standingOf, word } from './scene.ts';
import type { Scene, Word } from './scene.ts';

type Check = (scene: Scene) => Word | undefined;

const primaryOf = ({ entries }: Scene): ModelStatus | undefined => entries[0];
const standsAs = (scene: Scene, name: string, standing: string) => standingOf(scene, name) === standing;

const invalidSpec: Check = ({ input }) =>
  input.invalid === undefined
    ? undefined
    : word('InvalidSpec', `${input.invalid}; the last good spec serves until this is corrected`);

const suspended: Check = ({ input, route }) =>
  input.spec.suspend === true
    ? word('Suspended', `${route.activeModel} stays active until spec.suspend is removed; gateways still heal requests`)
    : undefined;

const pinned: Check = ({ input: { spec }, route }) => {
  if (spec.pin === undefined || spec.pin !== route.activeModel) return undefined;
  const then = spec.pin === spec.models.primary ? '' : `; ${spec.models.primary} may return when spec.pin is removed`;
  return word('Pinned', `${spec.pin} is pinned by spec.pin${then}`);
};

const pinNotServing: Check = (scene) => {
  const { pin } = scene.input.spec;
  return pin === undefined ? undefined : notServing(scene, pin);
};

const awaitingApproval: Check = ({ route, input }) =>
  route.awaiting === undefined
    ? undefined
    : word(
        'AwaitingApproval',
        `${route.activeModel} serves; ${route.awaiting} is well and returns once the annotation ` +
          `${FAILBACK_ANNOTATION}: "${route.activeSince}" is set on ${input.name}`,
      );

const allThrottled: Check = (scene) =>
  standsAs(scene, scene.route.activeModel, 'throttled') && !scene.route.candidates.some((c) => c.standing === 'well')
    ? word('AllThrottled', `every model that could serve is throttled; ${scene.route.activeModel} is free soonest`)
    : undefined;

const primaryNotServing: Check = (scene) => notServing(scene, scene.input.spec.models.primary);

function notServing(scene: Scene, name: string): Word | undefined {
  const target = targetsOf(scene.input).find((candidate) => candidate.name === name);
  if (target?.kind !== 'notServing') return undefined;
  const server = name === scene.route.activeModel ? '' : `; ${scene.route.activeModel} serves until this is corrected`;
  return word(target.reason, `${name} cannot be used: ${target.message}${server}`);
}

const primaryIll: Check = (scene) => {
  const primary = primaryOf(scene);
  if (!primary || !standsAs(scene, primary.name, 'ill')) return undefined;
  const { memory, route } = scene;
  const flapping = isFlapping(memory.flaps);
  const who =
    route.activeModel === primary.name || standsAs(scene, route.activeModel, 'ill')
      ? `no model is well, requests try all of them, ${route.activeModel} first`
      : `${route.activeModel} serves`;
  const why = flapping ? `${explain('Flapping')}; ${explain(primary.reason)}` : explain(primary.reason);
  const reason = flapping ? 'Flapping' : (primary.reason ?? 'ServerError');
  return word(reason, `${primary.name} is ill (${why}); ${who}. ${wayBack(scene, primary)}`);
};

/** What still has to happen before the primary returns. */
function wayBack(scene: Scene, primary: ModelStatus): string {
  const { input, memory } = scene;
  const { successThreshold } = input.spec.probes;
  const stabilizationMs = stabilizationUnder(memory.flaps, stabilizationMsOf(input.spec));
  const times = successThreshold === 1 ? '1 success' : `${successThreshold} successes`;
  const approval = input.spec.recovery.failback === 'Manual' ? ', and waits for approval then' : '';
  const throttled = primary.throttledUntil === undefined ? '' : ', when it is no longer throttled';
  return (
    `It is well again after ${times} of ${proofOf(scene, primary)}, ` +
    `${stabilizationMs / 1_000}s after the first of them at the earliest${throttled}${approval}.`
  );
}

function proofOf({ input }: Scene, { target, rank }: ModelStatus): string {
  const speaks = target !== undefined && canarySpeaks(input, target);
  const requests = speaks ? 'canaries or real requests' : 'real requests';
  return rank === 'Probe' ? `probes, ${requests}` : requests;
}

const primaryThrottled: Check = (scene) => {
  const primary = primaryOf(scene);
  if (!primary || !standsAs(scene, primary.name, 'throttled') || scene.route.activeModel === primary.name)
    return undefined;
  const approval = scene.input.spec.recovery.failback === 'Manual' ? ' and the return is approved' : '';
  return word(
    'RateLimited',
    `${primary.name} is throttled by its provider; ${scene.route.activeModel} serves until that has passed${approval}`,
  );
};

const otherIll: Check = (scene) => {
  const ill = scene.entries.find(({ name }) => standsAs(scene, name, 'ill'));
  return (
    ill &&
    word(ill.reason ?? 'ServerError', `${scene.route.activeModel} serves; ${ill.name} is ill (${explain(ill.reason)})`)
  );
};

const otherNotServing: Check = (scene) => {
  const other = scene.entries.find(({ name }) => standsAs(scene, name, 'notServing'));
  if (!other) return undefined;
  const found = notServing(scene, other.name);
  return (
    found &&
    word(found.reason, `${scene.route.activeModel} serves; ${other.name} cannot be used: ${explain(found.reason)}`)
  );
};

const CHECKS: readonly Check[] = [
  invalidSpec,
  suspended,
  pinned,
  pinNotServing,
  awaitingApproval,
  allThrottled,
  primaryNotServing,
  primaryIll,
  primaryThrottled,
  otherIll,
  otherNotServing,
];

/** The news, or undefined when there is none. */
export function narrate(scene: Scene): Word | undefined {
  for (const check of CHECKS) {
    const said = check(scene);
    if (said) return said;
  }
  return undefined;
}
