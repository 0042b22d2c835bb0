// What cdk8s leaves out of an object without a word: null in an object, which a JSON Schema or a request may need, and what is
// undefined in a list, of which null remains.

/** A place in a spec. */
export type Place = readonly (string | number)[];

/** What is in a value that cdk8s would not put out as it stands. */
export interface LeftOut {
  /** Members of objects that are null. */
  readonly nulls: readonly Place[];
  /** Entries of lists that are undefined. */
  readonly holes: readonly Place[];
  /** Whether some of it is known only at synth; that is not looked into. */
  readonly late: boolean;
}

/** Looks through a value, at `place`. */
export function leftOut(value: unknown, place: Place): LeftOut {
  const found = { nulls: [] as Place[], holes: [] as Place[], late: false };
  look(value, place, found);
  return found;
}

interface Found extends LeftOut {
  readonly nulls: Place[];
  readonly holes: Place[];
  late: boolean;
}

function look(value: unknown, place: Place, found: Found): void {
  if (typeof value === 'function') found.late = true;
  if (typeof value !== 'object' || value === null) return;
  if (Array.isArray(value)) {
    // By index, so that what was never set is met as well.
    for (let index = 0; index < value.length; index += 1) {
      if (value[index] === undefined) found.holes.push([...place, index]);
      else look(value[index], [...place, index], found);
    }
    return;
  }
  if (value.constructor !== Object) {
    found.late = true;
    return;
  }
  for (const [name, member] of Object.entries(value)) {
    if (member === null) found.nulls.push([...place, name]);
    else look(member, [...place, name], found);
  }
}

/** The place as RFC 6901 writes it, for a JSON patch. */
export const pointerOf = (place: Place): string =>
  place.map((segment) => `/${String(segment).replaceAll('~', '~0').replaceAll('/', '~1')}`).join('');
