// Checks the arguments of a workflow by the very schema that the CRD has: at once as far as they are plain, and again as a
// whole as soon as the rest is known. What stays unknown until the deployment, the API server checks.
import * as pulumi from '@pulumi/pulumi';
import { unknownField } from '../api/unknown-fields.ts';
import { API_VERSION, KIND, parseWorkflow } from '../api/index.ts';
import type { FieldError } from '../api/field-error.ts';
import { InvalidArgsError } from './args-error.ts';
import { overlaps, plainPart } from './opaque.ts';
import type { MCPWorkflowArgs } from './workflow-args.ts';

const ARGS = ['metadata', 'spec', 'gateway', 'waitFor', 'secretsRole'];

/** Pulumi names an object that has no name; here any sound name does. */
const NAMELESS = { name: 'named-by-pulumi' };

/**
 * Throws an InvalidArgsError if what is plain in `args` is wrong. Gives what the registration has to wait for: nothing, or
 * an Output that fails once everything is known and wrong.
 */
export function checkWorkflow(name: string, args: MCPWorkflowArgs): pulumi.Output<never[]> | undefined {
  const resource = `${KIND} "${name}"`;
  const strangers = Object.keys(args).filter((field) => !ARGS.includes(field));
  const { metadata, spec } = args;
  const { value, opaque } = plainPart({ metadata, spec });
  const problems = [
    ...strangers.map((field) => unknownField([field], ARGS)),
    ...errorsOf(value).filter(({ segments }) => !opaque.some((place) => overlaps(place, segments))),
  ];
  refuse(resource, problems);
  if (opaque.length === 0) return undefined;
  return pulumi.output({ metadata, spec }).apply((known) => {
    refuse(resource, errorsOf(known));
    return [];
  });
}

function errorsOf(value: unknown): readonly FieldError[] {
  const { metadata, spec } = value as { readonly metadata?: unknown; readonly spec?: unknown };
  const parsed = parseWorkflow(
    { apiVersion: API_VERSION, kind: KIND, metadata: withName(metadata), spec },
    { strict: true },
  );
  return parsed.ok ? [] : parsed.errors;
}

function withName(metadata: unknown): unknown {
  if (metadata === undefined) return NAMELESS;
  if (typeof metadata !== 'object' || metadata === null) return metadata;
  return 'name' in metadata && metadata.name !== undefined ? metadata : { ...metadata, ...NAMELESS };
}

function refuse(resource: string, problems: readonly FieldError[]): void {
  if (problems.length > 0) throw new InvalidArgsError(resource, problems);
}
