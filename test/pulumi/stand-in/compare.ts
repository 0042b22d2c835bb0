// How two plain objects differ, and what of a live object was asked for: the API server adds defaults, status and
// bookkeeping to what it is given, and none of that is drift.
import { isObject } from './values.ts';
import type { Properties } from './values.ts';

/** One difference: where, written as the engine writes it (`spec.models.fallbacks[1]`), and what becomes of the old value. */
export interface Difference {
  readonly path: string;
  readonly kind: 'add' | 'delete' | 'update';
}

const IDENTIFIER = /^[A-Za-z_][A-Za-z0-9_]*$/;

const below = (path: string, key: string): string => {
  if (!IDENTIFIER.test(key)) return `${path}["${key}"]`;
  return path === '' ? key : `${path}.${key}`;
};

/** Every difference between two values, in the order of their fields. */
export function differences(before: unknown, after: unknown, path = ''): readonly Difference[] {
  if (isObject(before) && isObject(after)) {
    const keys = new Set([...Object.keys(before), ...Object.keys(after)]);
    return [...keys].flatMap((key) => differences(before[key], after[key], below(path, key)));
  }
  if (Array.isArray(before) && Array.isArray(after)) {
    const length = Math.max(before.length, after.length);
    return Array.from({ length }).flatMap((_, index) => differences(before[index], after[index], `${path}[${index}]`));
  }
  if (Object.is(before, after)) return [];
  return [{ path, kind: before === undefined ? 'add' : after === undefined ? 'delete' : 'update' }];
}

/** Of a live object, the fields that were asked for. A field that is gone is left out; a list of another length is taken whole. */
export function askedFor(live: Properties, asked: Properties): Properties {
  return Object.fromEntries(
    Object.entries(asked)
      .filter(([key]) => live[key] !== undefined)
      .map(([key, value]) => [key, askedForValue(live[key], value)]),
  );
}

function askedForValue(live: unknown, asked: unknown): unknown {
  if (isObject(live) && isObject(asked)) return askedFor(live, asked);
  if (Array.isArray(live) && Array.isArray(asked) && live.length === asked.length) {
    return live.map((value: unknown, index) => askedForValue(value, asked[index]));
  }
  return live;
}
