// The status of an MCPWorkflow, as it is written to the API server. Nothing in it moves while nothing changed.
import { z } from 'zod';
import { REASONS } from './reasons.ts';
import type { Reason } from './reasons.ts';

export const MODEL_STATES = ['Unknown', 'Healthy', 'Unhealthy', 'Recovering', 'NotServing'] as const;
export type ModelStateName = (typeof MODEL_STATES)[number];

/** What made a model ill. Evidence of a lower rank cannot heal it. */
export const RANKS = ['Probe', 'Inference'] as const;
export type Rank = (typeof RANKS)[number];

export const PHASES = ['Suspended', 'Pending', 'Unavailable', 'Rerouted', 'Degraded', 'Healthy'] as const;
export type Phase = (typeof PHASES)[number];

export const CONDITION_TYPES = [
  'Ready',
  'OnPrimary',
  'ModelsHealthy',
  'Pinned',
  'Suspended',
  'Reconciling',
  'Stalled',
] as const;
export type ConditionType = (typeof CONDITION_TYPES)[number];

const time = (description: string) => z.string().max(32).meta({ format: 'date-time', description });
const text = (max: number, description: string) => z.string().max(max).meta({ description });

export const modelStatusSchema = z.object({
  name: text(253, 'The model, as the spec names it.'),
  provider: text(63, 'The provider that serves it.').optional(),
  target: text(32, 'A short hash of what is really called; an entry counts only while it is current.').optional(),
  state: text(32, 'Unknown, Healthy, Unhealthy, Recovering or NotServing.'),
  rank: z.enum(RANKS).meta({ description: 'What made it ill: a probe, or inference itself.' }).optional(),
  reason: text(64, 'Why it is in this state.').optional(),
  since: time('When it entered this state.'),
  throttledUntil: time('Until when the provider asked us to hold back.').optional(),
});

export const transitionSchema = z.object({
  kind: z
    .enum(['Route', 'Model'])
    .meta({ description: 'Route: the active model changed. Model: a model changed state.' }),
  subject: text(253, 'The model that changed state; absent for a route.').optional(),
  from: text(253, 'What it was.'),
  to: text(253, 'What it became.'),
  reason: text(64, 'Why.'),
  at: time('When.'),
});

export const conditionSchema = z.object({
  type: z.string().max(316).meta({ description: 'The condition.' }),
  status: z.enum(['True', 'False', 'Unknown']).meta({ description: 'True, False or Unknown.' }),
  observedGeneration: z.int().min(0).meta({ description: 'The generation that this speaks of.' }).optional(),
  lastTransitionTime: time('When the status last changed.'),
  reason: text(1024, 'Why, in one word.'),
  message: text(1024, 'Why, in a sentence.'),
});

/** The last `MAX_TRANSITIONS` transitions are kept. */
export const MAX_TRANSITIONS = 10;

export const statusSchema = z
  .object({
    observedGeneration: z
      .int()
      .meta({ description: 'The generation of the spec that this status speaks of.' })
      .optional(),
    phase: z.enum(PHASES).meta({ description: 'The conditions in one word.' }).optional(),
    activeModel: text(253, 'The model that requests go to first.').optional(),
    activeSince: time('When it became active.').optional(),
    reason: text(64, 'Why this model is active or what is wrong.').optional(),
    message: text(1024, 'What happened, and what still has to happen before the primary returns.').optional(),
    switches: z.int().min(0).meta({ description: 'How often the active model has changed.' }).optional(),
    models: z
      .array(modelStatusSchema)
      .max(9)
      .meta({
        description: 'Every model, in spec order.',
        'x-kubernetes-list-type': 'map',
        'x-kubernetes-list-map-keys': ['name'],
      })
      .optional(),
    transitions: z
      .array(transitionSchema)
      .max(MAX_TRANSITIONS)
      .meta({ description: 'The last transitions, oldest first.', 'x-kubernetes-list-type': 'atomic' })
      .optional(),
    conditions: z
      .array(conditionSchema)
      .max(16)
      .meta({ description: 'The conditions.', 'x-kubernetes-list-type': 'map', 'x-kubernetes-list-map-keys': ['type'] })
      .optional(),
  })
  .meta({ description: 'What is. Written by the operator, never by people.' });

export type WorkflowStatus = z.output<typeof statusSchema>;
export type ModelStatus = z.output<typeof modelStatusSchema>;
export type Condition = z.output<typeof conditionSchema>;
export type Transition = z.output<typeof transitionSchema>;

export const isReason = (word: string | undefined): word is Reason =>
  word !== undefined && Object.hasOwn(REASONS, word);
