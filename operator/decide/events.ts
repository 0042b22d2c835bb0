// What a person should read, once: an event for each transition between the last status and this one.
import type { ModelStatus, WorkflowStatus } from '../../lib/api/status.ts';
import { conditionOf } from './conditions.ts';
import { entryOf, readState } from './memory.ts';
import { explain } from './scene.ts';
import type { Scene } from './scene.ts';
import { routeReason } from './status.ts';
import type { WorkflowEvent } from './types.ts';

/** The events of the step from the previous status to `status`. */
export function eventsOf(scene: Scene, status: WorkflowStatus): readonly WorkflowEvent[] {
  return [
    ...rerouted(scene, status),
    ...scene.entries.flatMap((entry) => stateChanged(scene, entry)),
    ...warned(scene, status),
  ];
}

function rerouted(scene: Scene, status: WorkflowStatus): WorkflowEvent[] {
  const { route, input, entries } = scene;
  if (route.from === undefined) return [];
  const { primary } = input.spec.models;
  const cause = route.activeModel === primary ? primary : route.from;
  const target = entries.find(({ name }) => name === cause)?.target;
  return [
    {
      type: route.activeModel === primary || input.spec.pin === route.activeModel ? 'Normal' : 'Warning',
      reason: routeReason(scene),
      action: 'Rerouted',
      note: `from ${route.from} to ${route.activeModel}: ${status.message ?? ''}`,
      ...(target !== undefined && { target }),
    },
  ];
}

const isIllName = (state: string) => state === 'Unhealthy' || state === 'Recovering';

function stateChanged({ input }: Scene, entry: ModelStatus): WorkflowEvent[] {
  const before = entryOf(input.previous, entry.name);
  const from = readState(before?.state);
  const reason = entry.reason ?? 'AsExpected';
  const event = (type: WorkflowEvent['type'], what: string): WorkflowEvent[] => [
    {
      type,
      reason,
      action: 'ModelStateChanged',
      note: `${entry.name} ${what}: ${explain(reason)}`,
      ...(entry.target !== undefined && { target: entry.target }),
    },
  ];
  if (isIllName(entry.state) && !isIllName(from)) return event('Warning', 'is ill');
  if (entry.state === 'Healthy' && isIllName(from)) return event('Normal', 'is well again');
  return entry.state === 'NotServing' && from !== 'NotServing' ? event('Warning', 'cannot be used') : [];
}

/** A warning, when its word is in this status and was not in the last one. */
interface Warning {
  readonly reason: string;
  readonly heard: (status: WorkflowStatus) => boolean;
}

const WARNINGS: readonly Warning[] = [
  {
    reason: 'OperatorBlind',
    heard: ({ conditions }) => conditionOf(conditions, 'ModelsHealthy')?.reason === 'OperatorBlind',
  },
  { reason: 'Flapping', heard: ({ reason }) => reason === 'Flapping' },
  { reason: 'AllThrottled', heard: ({ reason }) => reason === 'AllThrottled' },
  { reason: 'AwaitingApproval', heard: ({ reason }) => reason === 'AwaitingApproval' },
  { reason: 'Unproven', heard: ({ conditions }) => conditionOf(conditions, 'Ready')?.reason === 'Unproven' },
  { reason: 'InvalidSpec', heard: ({ conditions }) => conditionOf(conditions, 'Stalled')?.reason === 'InvalidSpec' },
];

function warned({ input, entries }: Scene, status: WorkflowStatus): WorkflowEvent[] {
  const before = input.previous ?? {};
  const general = WARNINGS.filter(({ heard }) => heard(status) && !heard(before)).map(({ reason }) =>
    warning(reason, `${explain(reason)}: ${status.message ?? ''}`),
  );
  // Becoming ill says the word already; this is for a canary that is refused while the model is ill.
  const refused = entries
    .filter(({ name, reason }) => reason === 'CanaryInvalid' && refusedSince(entryOf(before, name)))
    .map(({ name }) =>
      warning('CanaryInvalid', `${name}: ${explain('CanaryInvalid')}; real requests have to prove it well`),
    );
  return [...general, ...refused];
}

const refusedSince = (before: ModelStatus | undefined) =>
  before !== undefined && isIllName(before.state) && before.reason !== 'CanaryInvalid';

const warning = (reason: string, note: string): WorkflowEvent => ({ type: 'Warning', reason, action: 'Warned', note });
