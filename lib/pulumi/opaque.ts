// Telling what a program says plainly from what only a deployment will know.
import * as pulumi from '@pulumi/pulumi';

/** A field or an entry, from the outside in. */
export type Place = readonly (string | number)[];

/** True for a value that is known later, or kept as a secret: an Output or a Promise. */
export const isOpaque = (value: unknown): boolean => pulumi.Output.isInstance(value) || value instanceof Promise;

/** A value in which every opaque part has been replaced, and where these parts were. */
export interface PlainPart {
  readonly value: unknown;
  readonly opaque: readonly Place[];
}

/**
 * The plain part of `value`. An opaque part becomes NaN: no field of ours takes it, so that whoever checks the rest finds fault
 * with exactly these places, and with no rule that would have to look at one of them.
 */
export function plainPart(value: unknown): PlainPart {
  const opaque: Place[] = [];
  return { value: replace(value, [], opaque), opaque };
}

function replace(value: unknown, place: Place, opaque: Place[]): unknown {
  if (isOpaque(value)) {
    opaque.push(place);
    return Number.NaN;
  }
  if (Array.isArray(value)) return value.map((entry, index) => replace(entry, [...place, index], opaque));
  if (typeof value !== 'object' || value === null) return value;
  // Pulumi leaves out what is undefined, but not in a list.
  const entries = Object.entries(value).filter(([, child]) => child !== undefined);
  return Object.fromEntries(entries.map(([field, child]) => [field, replace(child, [...place, field], opaque)]));
}

/** True when one of the places is in the other, or both are the same. */
export const overlaps = (one: Place, other: Place): boolean =>
  one.slice(0, other.length).every((part, index) => part === other[index]);
