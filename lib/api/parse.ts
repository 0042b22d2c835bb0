// The way in: from anything at all to a Workflow or a Catalog, or to errors that a person can act on. Never throws.
import { catalogSchema } from './catalog.ts';
import type { Catalog } from './catalog.ts';
import { fieldError, fieldErrors } from './field-errors.ts';
import type { FieldError } from './field-errors.ts';
import { readMetadata } from './metadata.ts';
import { specSchema } from './spec.ts';
import type { WorkflowSpec } from './spec.ts';
import { readStatus } from './tolerant.ts';
import { unknownField, unknownFields } from './unknown-fields.ts';
import { API_VERSION, KIND } from './workflow.ts';
import type { ObjectMeta, Workflow } from './workflow.ts';

/** A workflow, or everything that is wrong with it. */
export type ParsedWorkflow =
  | { readonly ok: true; readonly workflow: Workflow }
  | {
      readonly ok: false;
      readonly errors: readonly FieldError[];
      /**
       * The workflow without the members of `parameters.set` that are wrong, when they are all that is wrong: what the API
       * server cannot check. It can be served, and its status can say what is wrong, while nothing better is known.
       */
      readonly salvaged?: Workflow;
    };

/** A catalog, or everything that is wrong with it. */
export type ParsedCatalog =
  { readonly ok: true; readonly catalog: Catalog } | { readonly ok: false; readonly errors: readonly FieldError[] };

export interface ParseOptions {
  /** For files: unknown fields are errors, and apiVersion and kind must be there. The API server has seen to both. */
  readonly strict?: boolean;
}

type Fields = Readonly<Record<string, unknown>>;

const isFields = (value: unknown): value is Fields =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** Reads an MCPWorkflow from the API server, or from a file with `strict`. */
export function parseWorkflow(object: unknown, { strict = false }: ParseOptions = {}): ParsedWorkflow {
  if (!isFields(object)) return { ok: false, errors: [fieldError([], `must be an object of kind ${KIND}`)] };
  const metadata = readMetadata(object['metadata']);
  const spec = specSchema.safeParse(object['spec']);
  const errors = [
    ...identityErrors(object, strict),
    ...metadata.errors,
    ...(strict ? strangers(object) : []),
    ...(spec.success ? [] : fieldErrors(spec.error, ['spec'])),
  ];
  const whole = (sound: WorkflowSpec) => assembled(metadata.value, sound, object['status']);
  if (spec.success && errors.length === 0) return { ok: true, workflow: whole(spec.data) };
  const salvaged = salvage(object['spec'], errors);
  return { ok: false, errors, ...(salvaged && { salvaged: whole(salvaged) }) };
}

/** Reads a provider catalog. Its unknown fields are always errors: nobody has pruned them. */
export function parseCatalog(object: unknown): ParsedCatalog {
  const catalog = catalogSchema.safeParse(object);
  return catalog.success ? { ok: true, catalog: catalog.data } : { ok: false, errors: fieldErrors(catalog.error, []) };
}

function assembled(metadata: ObjectMeta, spec: WorkflowSpec, rawStatus: unknown): Workflow {
  const status = readStatus(rawStatus);
  return { metadata, spec, ...(status && { status }) };
}

function identityErrors(object: Fields, strict: boolean): readonly FieldError[] {
  const expected: readonly (readonly [string, string])[] = [
    ['apiVersion', API_VERSION],
    ['kind', KIND],
  ];
  return expected.flatMap(([field, value]) => {
    const sound = object[field] === value || (object[field] === undefined && !strict);
    return sound ? [] : [fieldError([field], `must be ${value}`)];
  });
}

const TOP_LEVEL = ['apiVersion', 'kind', 'metadata', 'spec', 'status'];

function strangers(object: Fields): readonly FieldError[] {
  const unknown = Object.keys(object).filter((field) => !TOP_LEVEL.includes(field));
  return [
    ...unknown.map((field) => unknownField([field], TOP_LEVEL)),
    ...unknownFields(specSchema, object['spec'], ['spec']),
  ];
}

/** The spec without the members of `parameters.set` that are wrong; undefined when anything else is wrong too. */
function salvage(spec: unknown, errors: readonly FieldError[]): WorkflowSpec | undefined {
  if (!errors.every(({ path }) => /^spec\.models\.overrides\[\d+\]\.parameters\.set(\.|$)/.test(path)))
    return undefined;
  const copy: unknown = structuredClone(spec);
  for (const { segments } of errors) removeAt(copy, segments.slice(1, 7));
  const read = specSchema.safeParse(copy);
  return read.success ? read.data : undefined;
}

function removeAt(root: unknown, segments: readonly (string | number)[]): void {
  const parent = segments
    .slice(0, -1)
    .reduce<unknown>(
      (at, segment) => (typeof at === 'object' && at !== null ? Reflect.get(at, segment) : undefined),
      root,
    );
  const last = segments.at(-1);
  if (typeof parent === 'object' && parent !== null && last !== undefined) Reflect.deleteProperty(parent, last);
}
