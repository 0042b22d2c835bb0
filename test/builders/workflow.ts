// Workflows and catalogs with good defaults, so that a test says only what it is about.
import { catalogSchema } from '../../lib/api/catalog.ts';
import type { Catalog } from '../../lib/api/catalog.ts';
import { specSchema } from '../../lib/api/spec.ts';
import type { WorkflowSpecInput } from '../../lib/api/spec.ts';
import type { WorkflowStatus } from '../../lib/api/status.ts';
import type { ObjectMeta, Workflow } from '../../lib/api/workflow.ts';
import type { z } from 'zod';

type SpecParts = Partial<Omit<WorkflowSpecInput, 'models'>> & {
  readonly models?: Partial<WorkflowSpecInput['models']>;
};

export interface WorkflowParts {
  readonly name?: string;
  readonly namespace?: string;
  readonly uid?: string;
  readonly generation?: number;
  readonly resourceVersion?: string;
  readonly annotations?: ObjectMeta['annotations'];
  readonly primary?: string;
  readonly fallbacks?: readonly string[];
  /** Anything else of the spec; defaults are filled in. */
  readonly spec?: SpecParts;
  readonly status?: WorkflowStatus;
}

/** The manifest that everyone knows, `default/triage-bot`, unless the parts say otherwise. */
export function workflow(parts: WorkflowParts = {}): Workflow {
  const { name = 'triage-bot', namespace = 'default', annotations, status } = parts;
  const models = {
    primary: parts.primary ?? 'claude-opus-4-8',
    fallbacks: [...(parts.fallbacks ?? ['claude-sonnet-4-6'])],
    ...parts.spec?.models,
  };
  return {
    metadata: {
      name,
      namespace,
      uid: parts.uid ?? `uid-of-${namespace}-${name}`,
      generation: parts.generation ?? 1,
      resourceVersion: parts.resourceVersion ?? '1',
      ...(annotations && { annotations }),
    },
    spec: specSchema.parse({ ...parts.spec, models }),
    ...(status && { status }),
  };
}

type ProviderInput = z.input<typeof catalogSchema>['providers'][number];

/** A catalog provider: Anthropic's, unless the parts say otherwise. */
export const catalogProvider = (parts: Partial<ProviderInput> = {}): ProviderInput => ({
  name: 'anthropic',
  protocol: 'Anthropic',
  baseURL: 'https://api.anthropic.com',
  models: ['claude-*'],
  auth: { env: 'ANTHROPIC_API_KEY' },
  ...parts,
});

/** A catalog: Anthropic for `claude-*` and OpenAI for `gpt-*`, unless providers are given. */
export const catalog = (parts: { readonly providers?: readonly Partial<ProviderInput>[] } = {}): Catalog =>
  catalogSchema.parse({
    providers: (
      parts.providers ?? [
        {},
        {
          name: 'openai',
          protocol: 'OpenAI',
          baseURL: 'https://api.openai.com/v1',
          models: ['gpt-*', 'o*'],
          auth: { env: 'OPENAI_API_KEY' },
        },
      ]
    ).map(catalogProvider),
  });
