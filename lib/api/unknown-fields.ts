// Fields that the schema does not know. The API server prunes them; in a file they are most likely a slip of the pen.
import type { z } from 'zod';
import { fieldError } from './field-errors.ts';
import type { FieldError } from './field-errors.ts';
type Place = readonly (string | number)[];

/** What may stand in for another schema: one with a default, one that may be absent. */
interface Inside {
  readonly def: { readonly innerType?: z.core.$ZodType };
}

/**
 * An error for every field of `value` that `schema` has no word for, with the name that was probably meant. The schema itself
 * is read, for its JSON form would be made anew for each of a thousand workflows: a millisecond each.
 */
export function unknownFields(schema: z.core.$ZodType, value: unknown, prefix: Place): readonly FieldError[] {
  const { def } = schema._zod;
  const inner = (schema._zod as Inside).def.innerType;
  if (inner) return unknownFields(inner, value, prefix);
  if (Array.isArray(value)) {
    if (def.type !== 'array') return [];
    const { element } = def as z.core.$ZodArrayDef;
    return value.flatMap((item, index) => unknownFields(element, item, [...prefix, index]));
  }
  if (def.type === 'object' && typeof value === 'object' && value !== null)
    return unknownMembers((def as z.core.$ZodObjectDef).shape, value, prefix);
  return [];
}

function unknownMembers(shape: z.core.$ZodShape, value: object, place: Place): readonly FieldError[] {
  return Object.entries(value).flatMap(([key, child]) => {
    const known = Object.hasOwn(shape, key) ? shape[key] : undefined;
    return known === undefined
      ? [unknownField([...place, key], Object.keys(shape))]
      : unknownFields(known, child, [...place, key]);
  });
}

/** The error of one unknown field; `known` are the names that it could have been. */
export function unknownField(place: Place, known: readonly string[]): FieldError {
  const name = String(place.at(-1));
  const meant = closest(name, known);
  const fix = meant === undefined ? `the fields here are ${known.join(', ')}` : `did you mean ${meant}?`;
  return fieldError(place, `is not a field of this API: ${fix}`);
}

/** The known name that was probably meant. */
export function closest(name: string, known: readonly string[]): string | undefined {
  return known.find((candidate) => distance(name.toLowerCase(), candidate.toLowerCase()) <= 2);
}

/** How many letters must be added, removed or changed to make one word the other. */
function distance(from: string, to: string): number {
  let row = Array.from({ length: to.length + 1 }, (_, index) => index);
  for (let i = 1; i <= from.length; i += 1) {
    const next = [i];
    for (let j = 1; j <= to.length; j += 1) {
      const changed = (row[j - 1] ?? 0) + (from[i - 1] === to[j - 1] ? 0 : 1);
      next.push(Math.min(changed, (row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1));
    }
    row = next;
  }
  return row[to.length] ?? 0;
}
