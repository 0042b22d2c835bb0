// What is wrong with a workflow at synth: judged by the schema that the CRD is made from, and told as field and fix.
import { resolve } from 'cdk8s';
import type { ApiObject } from 'cdk8s';
import { pathText } from '../api/field-errors.ts';
import { parseWorkflow } from '../api/parse.ts';
import type { WorkflowSpec } from '../api/spec.ts';
import { nullMembers, pointerOf, undefinedEntries } from './left-out.ts';

/** A spec that passed the schema, or a line for everything that is wrong. */
export type JudgedSpec =
  { readonly ok: true; readonly spec: WorkflowSpec } | { readonly ok: false; readonly problems: readonly string[] };

/**
 * Judges the spec as the API server will. What is known only at synth is resolved first. JSON patches are not judged: they are
 * the way to what this version of the schema does not know.
 */
export function judgeSpec(object: ApiObject, given: unknown): JudgedSpec {
  const spec: unknown = resolve(['spec'], given, object);
  const holes = undefinedEntries(spec, ['spec']);
  const { apiVersion, kind } = object;
  const parsed = parseWorkflow(
    { apiVersion, kind, metadata: object.metadata.toJson() as unknown, spec },
    { strict: true },
  );
  const said = new Set(holes.map(({ path }) => path));
  const errors = [...holes, ...(parsed.ok ? [] : parsed.errors.filter(({ path }) => !said.has(path)))];
  const problems = [...errors.map(({ path, message }) => `${path}: ${message}`), ...lateNulls(spec, given)];
  return parsed.ok && problems.length === 0 ? { ok: true, spec: parsed.workflow.spec } : { ok: false, problems };
}

/** Nulls of a value that was not known when patches restored those that were. */
function lateNulls(spec: unknown, given: unknown): readonly string[] {
  const late = nullMembers(spec);
  if (late.length === 0) return [];
  const restored = new Set(nullMembers(given).map(pathText));
  return late
    .filter((place) => !restored.has(pathText(place)))
    .map(
      (place) =>
        `spec.${pathText(place)}: is null, which cdk8s leaves out of a value that is known only at synth: add it by addJsonPatch(JsonPatch.add('/spec${pointerOf(place)}', null))`,
    );
}
