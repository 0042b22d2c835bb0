// Which Secrets a workflow's spec names. Parts of a spec may be known only later: whether anything is named decides about
// structure, the names themselves are leaves.

/** Stands for every entry of a list. */
const EACH = Symbol('each entry');

/** From a spec to the name of a Secret. */
const WAY = ['models', 'providers', EACH, 'auth', 'secretRef', 'name'] as const;

/** What a spec names, as far as it is known. */
export interface NamedSecrets {
  /** Names as they were written, in no order, perhaps repeated: a leaf that is known later is among them as it is. */
  readonly names: readonly string[];
  /** Parts of the spec that may name more, once they are known. */
  readonly late: readonly LatePart[];
}

/** A part of a spec that is not known yet. */
export interface LatePart {
  readonly value: unknown;
  /** The names in it, given what it turned out to be. */
  readonly namesIn: (known: unknown) => readonly string[];
}

/** Looks through a spec that nobody has judged yet. What `isLate` holds for is not looked into. */
export function namedSecrets(spec: unknown, isLate: (value: unknown) => boolean): NamedSecrets {
  const found = { names: [] as string[], late: [] as LatePart[], isLate };
  look(spec, 0, found);
  return { names: found.names, late: found.late };
}

interface Found {
  readonly names: string[];
  readonly late: LatePart[];
  readonly isLate: (value: unknown) => boolean;
}

function look(value: unknown, step: number, found: Found): void {
  if (value === undefined || value === null) return;
  const next = WAY[step];
  if (next === undefined) {
    found.names.push(value as string);
  } else if (found.isLate(value)) {
    found.late.push({ value, namesIn: (known) => namesFrom(known, step) });
  } else if (typeof value === 'object') {
    const entries: readonly unknown[] = next === EACH ? Object.values(value) : [Reflect.get(value, next)];
    for (const entry of entries) look(entry, step + 1, found);
  }
}

function namesFrom(known: unknown, step: number): readonly string[] {
  const found: Found = { names: [], late: [], isLate: () => false };
  look(known, step, found);
  return found.names;
}
