// The provider catalog: which providers exist, what they serve and how they are asked. The same file in embedded mode
// and in the cluster's ConfigMap.
import { z } from 'zod';
import { authHeaderField, baseURLField, durationField, modelNameField, providerNameField } from './fields.ts';
import { refuseRepeatedKeys } from './rules.ts';
import { PROTOCOLS } from './spec.ts';

export const canarySchema = z.strictObject({
  prompt: z.string().min(1).max(4096).default('Reply with OK.'),
  maxTokens: z.int().min(1).max(4096).default(64),
  timeout: durationField({
    name: 'timeout',
    min: '1s',
    max: '1m',
    description: 'How long a canary may take (1s to 1m).',
  }).default('10s'),
  maxPerHour: z.int().min(0).max(100_000).default(240),
});

const AUTH_MESSAGE = 'auth must be {env: NAME_OF_A_VARIABLE} or {file: /path/of/a/file}, perhaps with header';

export const catalogProviderSchema = z.strictObject({
  name: providerNameField('How overrides and status call it.'),
  protocol: z.enum(PROTOCOLS),
  baseURL: baseURLField("Exactly what the dialect's official SDK takes as base URL."),
  models: z.array(modelNameField('A name, or a pattern with * for anything.')).min(1).max(1024),
  auth: z
    .union(
      [
        z.strictObject({ env: z.string().min(1).max(256), header: authHeaderField().optional() }),
        z.strictObject({ file: z.string().min(1).max(4096), header: authHeaderField().optional() }),
      ],
      AUTH_MESSAGE,
    )
    .optional(),
  reasoning: z.array(modelNameField('A model that thinks before its first token.')).max(1024).default([]),
  canary: canarySchema.prefault({}),
});

export const catalogSchema = z.strictObject({
  providers: z.array(catalogProviderSchema).max(256).superRefine(refuseRepeatedKeys('name')),
});

export type Catalog = z.output<typeof catalogSchema>;
export type CatalogProvider = z.output<typeof catalogProviderSchema>;
export type CanarySettings = z.output<typeof canarySchema>;
