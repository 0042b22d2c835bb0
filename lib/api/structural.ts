// From a zod schema to what the API server calls a structural schema. What cannot be said in one stops the generation,
// so that the CRD never says less than the schema without anyone noticing.
import { z } from 'zod';

/** A structural schema, as it stands in a CRD. */
export type StructuralSchema = Readonly<Record<string, unknown>>;

type Node = Readonly<Record<string, unknown>>;

const KEPT = new Set([
  'default',
  'description',
  'enum',
  'exclusiveMaximum',
  'exclusiveMinimum',
  'format',
  'maxItems',
  'maxLength',
  'maximum',
  'maxProperties',
  'minItems',
  'minLength',
  'minimum',
  'nullable',
  'pattern',
  'required',
  'type',
]);
const DROPPED = new Set(['$schema', 'propertyNames', 'readOnly', 'examples']);

const isNode = (value: unknown): value is Node => typeof value === 'object' && value !== null && !Array.isArray(value);

/** The structural schema of what a person may write. A schema that has none is an Error that names the place. */
export function structuralSchema(schema: z.ZodType): StructuralSchema {
  return convert(z.toJSONSchema(schema, { target: 'openapi-3.0', io: 'input', unrepresentable: 'any' }), '$');
}

function convert(node: Node, place: string): StructuralSchema {
  // An object whose content the API server cannot know: zod's idea of the content is not for it.
  const opaque = node['x-kubernetes-preserve-unknown-fields'] === true;
  const entries = Object.entries(node).flatMap(([keyword, value]) => {
    if (opaque && keyword === 'additionalProperties') return [];
    return convertKeyword(keyword, value, place);
  });
  return Object.fromEntries(entries);
}

function convertKeyword(keyword: string, value: unknown, place: string): [string, unknown][] {
  if (isNode(value)) {
    const child = convertChild(keyword, value, place);
    if (child) return [[keyword, child]];
  }
  // `additionalProperties: false` says what the API server does anyway, and may not be said beside properties.
  if (DROPPED.has(keyword) || keyword === 'additionalProperties' || isSafeIntegerBound(keyword, value)) return [];
  if (KEPT.has(keyword) || keyword.startsWith('x-kubernetes-')) return [[keyword, value]];
  throw new Error(`${place}: a structural schema has no ${keyword}`);
}

function convertChild(keyword: string, child: Node, place: string): StructuralSchema | undefined {
  switch (keyword) {
    case 'properties':
      return convertProperties(child, place);
    case 'items':
      return convert(child, `${place}[]`);
    case 'additionalProperties':
      return convert(child, `${place}.*`);
    default:
      return undefined;
  }
}

const convertProperties = (properties: Node, place: string) =>
  Object.fromEntries(
    Object.entries(properties).map(([name, child]) => [name, convert(child as Node, `${place}.${name}`)]),
  );

// zod says of every integer that it is a safe one; the API server's integers need no such word.
const isSafeIntegerBound = (keyword: string, value: unknown) =>
  (keyword === 'maximum' && value === Number.MAX_SAFE_INTEGER) ||
  (keyword === 'minimum' && value === Number.MIN_SAFE_INTEGER);
