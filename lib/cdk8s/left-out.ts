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
  const found: Found = { nulls: [], holes: [], late: false, at: [...place] };
  look(value, found);
  return found;
}

interface Found extends LeftOut {
  readonly nulls: Place[];
  readonly holes: Place[];
  late: boolean;
  /** Where it looks. One list for all places: of a thousand specs hardly one leaves anything out. */
  readonly at: (string | number)[];
}

function look(value: unknown, found: Found): void {
  if (typeof value === 'function') found.late = true;
  if (typeof value !== 'object' || value === null) return;
  if (Array.isArray(value)) {
    // By index, so that what was never set is met as well.
    for (let index = 0; index < value.length; index += 1) {
      lookBelow(value[index], index, value[index] === undefined ? found.holes : undefined, found);
    }
  } else if (value.constructor === Object) {
    for (const [name, member] of Object.entries(value)) {
      lookBelow(member, name, member === null ? found.nulls : undefined, found);
    }
  } else {
    found.late = true;
  }
}

/** Looks at one member or entry, and puts its place where such places are gathered. */
function lookBelow(value: unknown, name: string | number, gathered: Place[] | undefined, found: Found): void {
  const { at } = found;
  at.push(name);
  gathered?.push([...at]);
  look(value, found);
  at.pop();
}

/** The place as RFC 6901 writes it, for a JSON patch. */
export const pointerOf = (place: Place): string =>
  place.map((segment) => `/${String(segment).replaceAll('~', '~0').replaceAll('/', '~1')}`).join('');
