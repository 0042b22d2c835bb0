// Fields that the schema does not know. The API server prunes them; in a file they are most likely a slip of the pen.
import type { z } from 'zod';
import { fieldError } from './field-errors.ts';
import type { FieldError } from './field-errors.ts';
import { structuralSchema } from './structural.ts';
import type { StructuralSchema } from './structural.ts';

type Place = readonly (string | number)[];

/** An error for every field of `value` that `schema` has no word for, with the name that was probably meant. */
export const unknownFields = (schema: z.ZodType, value: unknown, prefix: Place): readonly FieldError[] =>
  visit(structuralSchema(schema), value, prefix);

function visit(schema: StructuralSchema, value: unknown, place: Place): readonly FieldError[] {
  if (Array.isArray(value)) {
    const items = schema['items'] as StructuralSchema | undefined;
    return items === undefined ? [] : value.flatMap((item, index) => visit(items, item, [...place, index]));
  }
  const properties = schema['properties'] as Readonly<Record<string, StructuralSchema>> | undefined;
  if (properties === undefined || typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([key, child]) => {
    const known = Object.hasOwn(properties, key) ? properties[key] : undefined;
    return known === undefined
      ? [unknownField([...place, key], Object.keys(properties))]
      : visit(known, child, [...place, key]);
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
