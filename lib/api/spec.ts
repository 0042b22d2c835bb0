// The spec of an MCPWorkflow: one schema for types, defaults, validation and the CRD. Every field's meaning is its
// description; a rule that needs two fields is in rules.ts, as CEL and as a refinement that say the same thing.
import { z } from 'zod';
import { checkSchema } from './check-spec.ts';
import {
  authHeaderField,
  autoOrDurationField,
  baseURLField,
  described,
  durationField,
  modelNameField,
  providerNameField,
} from './fields.ts';
import {
  isProtectedParameter,
  OVERRIDE_RULE,
  PIN_RULE,
  PROTECTED_MESSAGE,
  refuseProtected,
  refuseRepeatedKeys,
  refuseRepeatedModels,
  refuseUnlistedOverrides,
  refuseUnlistedPin,
  REMOVE_RULE,
  REPEATED_RULE,
  whenSound,
} from './rules.ts';
import { PROTOCOLS } from './protocol.ts';

export { PROTECTED_PARAMETERS } from './rules.ts';
export { checkSchema } from './check-spec.ts';
export type { CheckSpec } from './check-spec.ts';
export { PROTOCOLS } from './protocol.ts';
export type { Protocol } from './protocol.ts';

const atomicList = { 'x-kubernetes-list-type': 'atomic' } as const;
const listKeyedBy = (key: string) =>
  ({ 'x-kubernetes-list-type': 'map', 'x-kubernetes-list-map-keys': [key] }) as const;

const secretRef = z.object({
  name: z
    .string()
    .min(1)
    .max(253)
    .regex(/^[a-z0-9]([-.a-z0-9]*[a-z0-9])?$/, 'a Secret name is lower-case letters, digits, dots and dashes')
    .meta(described("A Secret of the workflow's own namespace.")),
  key: z
    .string()
    .min(1)
    .max(253)
    .regex(/^[-._a-zA-Z0-9]+$/, 'a key of a Secret is letters, digits, dots, dashes and underscores')
    .meta(described('The key in it.')),
});

export const ownProviderSchema = z.object({
  name: providerNameField('May not be the name of a catalog provider.'),
  protocol: z
    .enum(PROTOCOLS)
    .meta(described('The wire dialect: Anthropic or OpenAI (vLLM, Ollama and llama.cpp are OpenAI).')),
  baseURL: baseURLField("Exactly what the dialect's official SDK takes as base URL."),
  models: z
    .array(modelNameField('A name, or a pattern with * for anything.'))
    .min(1)
    .max(64)
    .meta({ ...described('Which model names it serves.'), ...atomicList }),
  auth: z
    .object({
      secretRef: secretRef.meta(described('Where the credential is.')),
      header: authHeaderField().optional(),
    })
    .meta(described('The credential; absent for open endpoints. It is never inherited from the catalog.'))
    .optional(),
});

const VALUE_MESSAGE = 'parameters.set takes strings, numbers, booleans, null, and lists of these';
const scalar = z.union([z.string().max(4096), z.number(), z.boolean(), z.null()], VALUE_MESSAGE);
const parameterValue = z.union([scalar, z.array(scalar).max(64)], VALUE_MESSAGE);
const parameterName = z
  .string()
  .min(1)
  .max(128)
  .refine((name) => !isProtectedParameter(name), PROTECTED_MESSAGE);

/** As many members as `parameters` may set, or remove, for one model. */
const MAX_PARAMETERS = 32;

export const overrideSchema = z.object({
  model: modelNameField('The model that this is about: the primary or a fallback.'),
  provider: providerNameField(
    "The provider to use for it; default the one whose patterns fit best, the workflow's own first.",
  ).optional(),
  upstreamModel: modelNameField("The name sent upstream; default the model's own.").optional(),
  maxOutputTokens: z
    .int()
    .min(1)
    .max(10_000_000)
    .meta(described('A cap on what the caller asks for, never a raise.'))
    .optional(),
  parameters: z
    .object({
      // The API server sees only that this is an object of so many members: what is in it, only the refinements see.
      set: z
        .record(parameterName, parameterValue)
        .refine((members) => Object.keys(members).length <= MAX_PARAMETERS, `at most ${MAX_PARAMETERS} members`)
        .meta({
          ...described('Top-level members of the request to set: scalars and lists of scalars.'),
          maxProperties: MAX_PARAMETERS,
          'x-kubernetes-preserve-unknown-fields': true,
        })
        .optional(),
      remove: z
        .array(z.string().min(1).max(128).meta(described('The name of a member.')))
        .max(MAX_PARAMETERS)
        .superRefine(refuseProtected)
        .meta({ ...described('Top-level members of the request to remove.', REMOVE_RULE), ...atomicList })
        .optional(),
    })
    .meta(described('Members of the request body to set or remove for this model.'))
    .optional(),
});

export const modelsSchema = z
  .object({
    primary: modelNameField('The model that should serve.'),
    fallbacks: z
      .array(modelNameField('A model to fall back to.'))
      .max(8)
      .default([])
      .meta({
        ...described('Who serves when the primary cannot, in order. No name twice, the primary included.'),
        ...atomicList,
      }),
    providers: z
      .array(ownProviderSchema)
      .max(16)
      .superRefine(refuseRepeatedKeys('name'))
      .default([])
      .meta({
        ...described("This workflow's own providers, beside the operator's catalog."),
        ...listKeyedBy('name'),
      }),
    overrides: z
      .array(overrideSchema)
      .max(9)
      .superRefine(refuseRepeatedKeys('model'))
      .default([])
      .meta({ ...described('What is special about single models.'), ...listKeyedBy('model') }),
  })
  .superRefine(refuseRepeatedModels, whenSound('primary', 'fallbacks'))
  .superRefine(refuseUnlistedOverrides, whenSound('primary', 'fallbacks', 'overrides'));

export const detectionSchema = z.object({
  consecutiveFailures: z
    .int()
    .min(1)
    .max(100)
    .default(3)
    .meta(described('So many failed requests or canaries in a row make a model ill.')),
  errorRate: z
    .object({
      threshold: z
        .int()
        .min(1)
        .max(100)
        .default(50)
        .meta(described('Percent of failed requests that makes a model ill.')),
      window: durationField({
        name: 'window',
        min: '1s',
        max: '1h',
        description: 'The window it is measured over (1s to 1h).',
      }).default('30s'),
      minRequests: z
        .int()
        .min(1)
        .max(100_000)
        .default(10)
        .meta(described('With fewer requests in the window the rate says nothing.')),
    })
    .prefault({})
    .meta(described('Illness by error rate.')),
  requestTimeout: autoOrDurationField({
    name: 'requestTimeout',
    min: '1s',
    max: '1h',
    description: 'One attempt that does not stream (1s to 1h). Auto: by the tokens asked for, 30s to 10m.',
  }),
  firstTokenTimeout: autoOrDurationField({
    name: 'firstTokenTimeout',
    min: '1s',
    max: '1h',
    description: 'From the request to the first event of a stream (1s to 1h). Auto: 10s and 1s per 100 KiB of body.',
  }),
  streamIdleTimeout: autoOrDurationField({
    name: 'streamIdleTimeout',
    min: '1s',
    max: '1h',
    description: 'Between two events of a stream (1s to 1h). Auto: 30s.',
  }),
  retries: z
    .int()
    .min(0)
    .max(5)
    .default(1)
    .meta(described('Further tries on the same model: only for a connection reset before any byte, 500, 502, 503.')),
});

export const probesSchema = z.object({
  timeout: durationField({
    name: 'timeout',
    min: '100ms',
    max: '1m',
    description: 'How long a free probe may take (100ms to 1m); never longer than the interval less half a second.',
  }).default('2s'),
  failureThreshold: z
    .int()
    .min(1)
    .max(100)
    .default(3)
    .meta(described('So many failed free probes in a row make a model ill.')),
  successThreshold: z.int().min(1).max(100).default(2).meta(described('So many successes prove a model well again.')),
  canary: z
    .enum(['Auto', 'Off'])
    .default('Auto')
    .meta(described('Auto: a small paid request, only under suspicion and to prove recovery. Off: never.')),
});

export const recoverySchema = z.object({
  failback: z
    .enum(['Automatic', 'Manual'])
    .default('Automatic')
    .meta(described('Manual: each return to an earlier model needs the annotation ai.example.com/failback.')),
  stabilization: durationField({
    name: 'stabilization',
    min: '0s',
    max: '10m',
    description: 'From the first success of a recovery to the return of traffic (0s to 10m).',
  }).default('5s'),
});

export const apiKeySchema = z.object({
  name: z
    .string()
    .min(1)
    .max(63)
    .regex(/^[a-z0-9]([-a-z0-9]*[a-z0-9])?$/, 'a key is named by lower-case letters, digits and dashes')
    .meta(described('What the key is called, for people.')),
  sha256: z
    .string()
    .length(64)
    .regex(/^[0-9a-f]{64}$/, 'sha256 is 64 hexadecimal digits in lower case, as `mcpworkflow key` prints them')
    .meta(described('The SHA-256 of the key. The key itself is nowhere but with the caller.')),
});

export const accessSchema = z.object({
  apiKeys: z
    .array(apiKeySchema)
    .max(16)
    .superRefine(refuseRepeatedKeys('name'))
    .default([])
    .meta({
      ...described(
        'Keys that callers may show where SDKs send theirs. Two of them are a rotation. Made by `mcpworkflow key`.',
      ),
      ...listKeyedBy('name'),
    }),
});

export const specSchema = z
  .object({
    interval: durationField({
      name: 'interval',
      min: '1s',
      max: '5m',
      description: 'How often reality is checked, for ever (1s to 5m).',
    }).default('3s'),
    suspend: z
      .boolean()
      .meta(described('Freeze the route and what is known of the models. Gateways still heal requests.'))
      .optional(),
    pin: modelNameField('This model first, whatever its health. A request still falls over.').optional(),
    models: modelsSchema.meta(described('Who may serve.', REPEATED_RULE, OVERRIDE_RULE)),
    detection: detectionSchema.prefault({}).meta(described('When a model is ill, from real traffic.')),
    probes: probesSchema.prefault({}).meta(described('How models are asked when traffic says nothing.')),
    checks: z
      .array(checkSchema)
      .max(16)
      .superRefine(refuseRepeatedKeys('name'))
      .default([])
      .meta({
        ...described('What answers have to keep to, beside the checks that are always on.'),
        ...listKeyedBy('name'),
      }),
    recovery: recoverySchema.prefault({}).meta(described('How traffic returns.')),
    access: accessSchema.prefault({}).meta(described('Who may call this workflow through the gateway.')),
  })
  .superRefine(refuseUnlistedPin, whenSound('pin', 'models'))
  .meta(described('What should be. Kept in Git.', PIN_RULE));

/** The spec with every default filled in. */
export type WorkflowSpec = z.output<typeof specSchema>;
/** The spec as a person writes it. */
export type WorkflowSpecInput = z.input<typeof specSchema>;
/** A key that callers may show, by its hash. */
export type ApiKey = z.output<typeof apiKeySchema>;
export type OwnProvider = z.output<typeof ownProviderSchema>;
export type ModelOverride = z.output<typeof overrideSchema>;

/** Every model of the spec, primary first. */
export const modelNames = (spec: WorkflowSpec): readonly string[] => [spec.models.primary, ...spec.models.fallbacks];
