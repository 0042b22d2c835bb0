// What decide knows when it starts: the memory of the last look, or after a restart what status tells. An entry counts
// only while it speaks of the target that is called now.
import { isReason, MODEL_STATES } from '../../lib/api/status.ts';
import type { ModelStateName, ModelStatus, WorkflowStatus } from '../../lib/api/status.ts';
import { modelNames } from '../../lib/api/spec.ts';
import { currentFlaps } from './flapping.ts';
import type { HealthState, Input, Memory, ModelMemory, ModelTarget, NotServingReason } from './types.ts';

/** As far as times from status are believed, before and after now. */
const BELIEVED_MS = 600_000;

/** A state's name as it stands in status; what this version does not know reads as Unknown. */
export const readState = (text: string | undefined): ModelStateName =>
  MODEL_STATES.find((name) => name === text) ?? 'Unknown';

/** The entry of a model in a status. */
export const entryOf = (status: WorkflowStatus | undefined, name: string): ModelStatus | undefined =>
  status?.models?.find((entry) => entry.name === name);

/** Every model of the spec, primary first, with what is called for it. */
export function targetsOf({ spec, targets }: Input): readonly ModelTarget[] {
  return modelNames(spec).map(
    (name) =>
      targets.find((target) => target.name === name) ?? {
        name,
        kind: 'notServing',
        reason: 'ProviderNotFound',
        message: `no provider serves ${name}`,
      },
  );
}

/** The memory that this look starts from: nothing is folded yet, but every stale state is gone. */
export function openMemory(input: Input): Memory {
  const { uid, generation, now } = input;
  const kept = input.memory?.uid === uid ? input.memory : undefined;
  const models = targetsOf(input).map((target): [string, ModelMemory] => {
    const remembered =
      kept !== undefined && Object.hasOwn(kept.models, target.name) ? kept.models[target.name] : undefined;
    return [target.name, openModel(target, remembered, entryOf(input.previous, target.name), now)];
  });
  return {
    uid,
    generation,
    models: Object.fromEntries(models),
    returns: kept?.returns ?? [],
    flaps: currentFlaps(kept?.flaps ?? [], now),
  };
}

function openModel(
  target: ModelTarget,
  remembered: ModelMemory | undefined,
  entry: ModelStatus | undefined,
  now: number,
): ModelMemory {
  if (target.kind === 'notServing') return unserved(target.reason, remembered?.state, now);
  const { target: id, credentialVersion } = target;
  if (remembered?.target === id) return underCredential(remembered, credentialVersion, now);
  if (entry?.target !== id) return fresh(id, credentialVersion, { kind: 'Unknown', since: now });
  return { ...fresh(id, credentialVersion, restored(entry, now)), ...restoredThrottle(entry, now) };
}

function unserved(reason: NotServingReason, state: HealthState | undefined, now: number): ModelMemory {
  const same = state?.kind === 'NotServing' && state.reason === reason;
  return fresh('', 0, same ? state : { kind: 'NotServing', since: now, reason });
}

// Another key may do what the last one could not, and the other way round: nothing that was seen still counts.
function underCredential(remembered: ModelMemory, credentialVersion: number, now: number): ModelMemory {
  if (remembered.credentialVersion === credentialVersion) return remembered;
  const unknown = fresh(remembered.target, credentialVersion, { kind: 'Unknown', since: now });
  return { ...unknown, sequence: remembered.sequence, notBefore: now };
}

const fresh = (target: string, credentialVersion: number, state: HealthState): ModelMemory => ({
  target,
  credentialVersion,
  state,
  sequence: -1,
  notBefore: -Infinity,
  probeFailures: 0,
  lastProbeReason: undefined,
  inferenceFailures: 0,
  canaryFailures: 0,
  carriedFailures: 0,
  heldTimeouts: 0,
  gaveUp: false,
  window: [],
  throttleStepMs: 0,
  canaryThrottles: 0,
});

function restored(entry: ModelStatus, now: number): HealthState {
  const since = believed(entry.since, now);
  switch (readState(entry.state)) {
    case 'Healthy':
      return { kind: 'Healthy', since, ...(isReason(entry.reason) && { reason: entry.reason }) };
    case 'Unhealthy':
      return unhealthy(entry, since);
    case 'Recovering':
      // How much of the proof was there is not in status: it starts again.
      return unhealthy(entry, now);
    case 'Unknown':
    case 'NotServing':
      return { kind: 'Unknown', since };
  }
}

// Without a rank the stronger proof is asked for.
const unhealthy = ({ reason, rank = 'Inference' }: ModelStatus, since: number): HealthState => ({
  kind: 'Unhealthy',
  since,
  reason: isReason(reason) ? reason : 'ServerError',
  rank,
});

const restoredThrottle = ({ throttledUntil }: ModelStatus, now: number) =>
  throttledUntil === undefined ? {} : { throttledUntil: believed(throttledUntil, now) };

function believed(text: string, now: number): number {
  const at = Date.parse(text);
  if (Number.isNaN(at)) return now;
  return Math.min(Math.max(at, now - BELIEVED_MS), now + BELIEVED_MS);
}

/** The memory of a suspended workflow: what was seen meanwhile stays unfolded, and half a proof does not outlive it. */
export function restMemory(memory: Memory, input: Input): Memory {
  const models = Object.entries(memory.models).map(([name, model]): [string, ModelMemory] => {
    const seen = input.evidence.filter(({ target }) => target === model.target).map(({ sequence }) => sequence);
    const { state } = model;
    const rested: HealthState =
      state.kind === 'Recovering'
        ? { kind: 'Unhealthy', since: input.now, reason: state.reason, rank: state.rank }
        : state;
    return [name, { ...model, state: rested, sequence: Math.max(model.sequence, ...seen) }];
  });
  return { ...memory, models: Object.fromEntries(models) };
}
