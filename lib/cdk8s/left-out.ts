// What cdk8s leaves out of an object without a word: null in an object, which a JSON Schema or a request may need, and what is
// undefined in a list, of which null remains.
import { fieldError } from '../api/field-errors.ts';
import type { FieldError } from '../api/field-errors.ts';

type Place = readonly (string | number)[];

/** Places of objects' members that are null. A value that will be known later is not looked into. */
export function nullMembers(value: unknown, place: Place = []): readonly Place[] {
  return childrenOf(value).flatMap(([key, child]) => {
    const below = [...place, key];
    if (child === null) return typeof key === 'string' ? [below] : [];
    return nullMembers(child, below);
  });
}

/** An error for every entry of a list that is undefined. */
export function undefinedEntries(value: unknown, place: Place): readonly FieldError[] {
  return childrenOf(value).flatMap(([key, child]) => {
    const below = [...place, key];
    if (child === undefined && typeof key === 'number')
      return [fieldError(below, 'is undefined: a list is written with all of its entries, so leave this one out')];
    return undefinedEntries(child, below);
  });
}

/** The place as RFC 6901 writes it, for a JSON patch. */
export const pointerOf = (place: Place): string =>
  place.map((segment) => `/${String(segment).replaceAll('~', '~0').replaceAll('/', '~1')}`).join('');

function childrenOf(value: unknown): readonly (readonly [string | number, unknown])[] {
  // By index, so that a hole in a list is met as well.
  if (Array.isArray(value)) return Array.from(value, (child: unknown, index) => [index, child]);
  const plain = typeof value === 'object' && value !== null && value.constructor === Object;
  return plain ? Object.entries(value) : [];
}
