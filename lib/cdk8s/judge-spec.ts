// What is wrong with a workflow at synth: judged by the schema that the CRD is made from, and told as field and fix.
import { App, ImplicitTokenResolver, LazyResolver, NumberStringUnionResolver, resolve } from 'cdk8s';
import type { ApiObject } from 'cdk8s';
import { fieldError } from '../api/field-errors.ts';
import { parseWorkflow } from '../api/parse.ts';
import type { WorkflowSpec } from '../api/spec.ts';
import { leftOut, pointerOf } from './left-out.ts';
import type { LeftOut } from './left-out.ts';

/** A spec that passed the schema, or a line for everything that is wrong. */
export type JudgedSpec =
  { readonly ok: true; readonly spec: WorkflowSpec } | { readonly ok: false; readonly problems: readonly string[] };

/**
 * A function that judges the spec of an object as the API server will. What is known only at synth is resolved first. JSON
 * patches are not judged: they are the way to what this version of the schema does not know. cdk8s asks again for each chart of
 * the app, so the answer is kept for as long as the same is asked.
 */
export function specJudge(object: ApiObject, given: unknown): () => JudgedSpec {
  let kept: { readonly asked: string; readonly judged: JudgedSpec } | undefined;
  return () => {
    const metadata = object.metadata.toJson() as unknown;
    const before = leftOut(given, ['spec']);
    if (before.late || !App.of(object).resolvers.every(isBuiltIn)) {
      const spec: unknown = resolve(['spec'], given, object);
      return judge(object, { metadata, spec, leftOut: leftOut(spec, ['spec']), before });
    }
    const asked = JSON.stringify([metadata, given]);
    if (kept?.asked !== asked) {
      kept = { asked, judged: judge(object, { metadata, spec: given, leftOut: before, before }) };
    }
    return kept.judged;
  };
}

/** Resolvers of an app's own may find something to resolve in any text, and answer otherwise the next time. */
const isBuiltIn = (resolver: object): boolean =>
  [LazyResolver, ImplicitTokenResolver, NumberStringUnionResolver].some((known) => resolver instanceof known);

interface Asked {
  readonly metadata: unknown;
  /** What is known at synth. */
  readonly spec: unknown;
  readonly leftOut: LeftOut;
  /** What was left out of the spec as it was given. */
  readonly before: LeftOut;
}

function judge({ apiVersion, kind }: ApiObject, asked: Asked): JudgedSpec {
  const { metadata, spec, before } = asked;
  const { nulls, holes } = asked.leftOut;
  const undefinedEntries = holes.map((place) =>
    fieldError(place, 'is undefined: a list is written with all of its entries, so leave this one out'),
  );
  const parsed = parseWorkflow({ apiVersion, kind, metadata, spec }, { strict: true });
  const said = new Set(undefinedEntries.map(({ path }) => path));
  const errors = [...undefinedEntries, ...(parsed.ok ? [] : parsed.errors.filter(({ path }) => !said.has(path)))];
  const restored = new Set(before.nulls.map(pointerOf));
  const lateNulls = nulls
    .filter((place) => !restored.has(pointerOf(place)))
    .map((place) => fieldError(place, lateNull(pointerOf(place))));
  const problems = [...errors, ...lateNulls].map(({ path, message }) => `${path}: ${message}`);
  return parsed.ok && problems.length === 0 ? { ok: true, spec: parsed.workflow.spec } : { ok: false, problems };
}

const lateNull = (pointer: string) =>
  `is null, which cdk8s leaves out of a value that is known only at synth: add it by addJsonPatch(JsonPatch.add('${pointer}', null))`;
