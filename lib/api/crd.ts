// The CustomResourceDefinition, made from the schema.
import { specSchema } from './spec.ts';
import { statusSchema } from './status.ts';
import { structuralSchema } from './structural.ts';
import type { StructuralSchema } from './structural.ts';
import { GROUP, KIND, PLURAL, VERSION } from './workflow.ts';

/** The CRD as plain data, ready for YAML or for a raw JSON request; typed clients may drop fields of its schema. */
export interface WorkflowCrd {
  readonly apiVersion: 'apiextensions.k8s.io/v1';
  readonly kind: 'CustomResourceDefinition';
  readonly metadata: { readonly name: string };
  readonly spec: Readonly<Record<string, unknown>>;
}

const column = (name: string, type: string, jsonPath: string, description: string) => ({
  name,
  type,
  jsonPath,
  description,
});

const PRINTER_COLUMNS = [
  column('Phase', 'string', '.status.phase', 'The conditions in one word.'),
  column('Active', 'string', '.status.activeModel', 'The model that requests go to first.'),
  column('Primary', 'string', '.spec.models.primary', 'The model that should serve.'),
  column('Reason', 'string', '.status.reason', 'Why this model is active or what is wrong.'),
  column('Switches', 'integer', '.status.switches', 'How often the active model has changed.'),
  column('Since', 'date', '.status.activeSince', 'When the active model became active.'),
  column('Age', 'date', '.metadata.creationTimestamp', 'When the workflow was made.'),
];

const identity = (field: string, description: string): [string, StructuralSchema] => [
  field,
  { type: 'string', description },
];

const objectSchema = (): StructuralSchema => ({
  type: 'object',
  description: 'An AI workflow: which model should serve, who may take over, and what is so now.',
  required: ['spec'],
  properties: Object.fromEntries([
    identity('apiVersion', 'The version of this schema.'),
    identity('kind', `Always ${KIND}.`),
    ['metadata', { type: 'object' }],
    ['spec', structuralSchema(specSchema)],
    // With this default kstatus reads a new object as in progress: no generation has been observed.
    ['status', { ...structuralSchema(statusSchema), default: { observedGeneration: -1 } }],
  ]),
});

/** The MCPWorkflow CRD. The same program gives the same bytes: every key is sorted. */
export function workflowCrd(): WorkflowCrd {
  return sorted({
    apiVersion: 'apiextensions.k8s.io/v1',
    kind: 'CustomResourceDefinition',
    metadata: { name: `${PLURAL}.${GROUP}` },
    spec: {
      group: GROUP,
      scope: 'Namespaced',
      names: {
        kind: KIND,
        listKind: `${KIND}List`,
        plural: PLURAL,
        singular: 'mcpworkflow',
        shortNames: ['mwf'],
        categories: ['mcp'],
      },
      versions: [
        {
          name: VERSION,
          served: true,
          storage: true,
          subresources: { status: {} },
          additionalPrinterColumns: PRINTER_COLUMNS,
          schema: { openAPIV3Schema: objectSchema() },
        },
      ],
    },
  });
}

function sorted<T>(value: T): T {
  if (Array.isArray(value)) return value.map(sorted) as T;
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value).map(([key, child]): [string, unknown] => [key, sorted(child)]);
  return Object.fromEntries(entries.sort(([a], [b]) => (a < b ? -1 : 1))) as T;
}
