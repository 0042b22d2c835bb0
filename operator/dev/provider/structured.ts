// Structured output of a simulated model: the schema that a request declares, and JSON that keeps to it or breaks it.

/** Deeper schemas are answered with null there. */
const MAX_DEPTH = 16;

type Fields = Readonly<Record<string, unknown>>;

const fieldsOf = (value: unknown): Fields => (typeof value === 'object' && value !== null ? (value as Fields) : {});

/** Where each API has its format; the value of `json_schema` wraps the schema in one of them. */
function formatOf(body: Fields): Fields {
  const nested = fieldsOf(fieldsOf(body['output_config'])['format'] ?? fieldsOf(body['text'])['format']);
  return fieldsOf(body['output_format'] ?? body['response_format'] ?? nested);
}

/** The JSON schema that a request declares, if it does. */
export function declaredSchema(body: object): Fields | undefined {
  const format = formatOf(fieldsOf(body));
  if (format['type'] !== 'json_schema') return undefined;
  return fieldsOf(format['schema'] ?? fieldsOf(format['json_schema'])['schema']);
}

function targetOf(root: Fields, reference: unknown): unknown {
  if (typeof reference !== 'string' || !reference.startsWith('#')) return undefined;
  return reference
    .split('/')
    .slice(1)
    .reduce<unknown>((at, name) => fieldsOf(at)[name], root);
}

function objectFor(schema: Fields, root: Fields, depth: number): unknown {
  const properties = Object.entries(fieldsOf(schema['properties']));
  return Object.fromEntries(properties.map(([name, child]) => [name, valueFor(fieldsOf(child), root, depth + 1)]));
}

function valueOfType(schema: Fields, root: Fields, depth: number): unknown {
  const { type } = schema;
  switch (Array.isArray(type) ? type[0] : type) {
    case 'string':
      return 'simulated';
    case 'integer':
    case 'number':
      return typeof schema['minimum'] === 'number' ? schema['minimum'] : 1;
    case 'boolean':
      return true;
    case 'array':
      return [valueFor(fieldsOf(schema['items']), root, depth + 1)];
    case 'null':
      return null;
    default:
      return objectFor(schema, root, depth);
  }
}

/** A value that keeps to the usual schemas: objects, lists, scalars, enumerations, alternatives and references. */
function valueFor(schema: Fields, root: Fields, depth: number): unknown {
  if (depth > MAX_DEPTH) return null;
  if ('const' in schema) return schema['const'];
  const choices = schema['enum'] ?? schema['anyOf'] ?? schema['oneOf'];
  if (!Array.isArray(choices)) {
    const target = targetOf(root, schema['$ref']);
    return target === undefined ? valueOfType(schema, root, depth) : valueFor(fieldsOf(target), root, depth + 1);
  }
  return schema['enum'] === choices ? choices[0] : valueFor(fieldsOf(choices[0]), root, depth + 1);
}

/** JSON that keeps to the schema. */
export const structuredAnswer = (schema: Fields): string => JSON.stringify(valueFor(schema, schema, 0));

/** JSON that no schema of an object asks for. */
export const OFF_SCHEMA = JSON.stringify(['off', 'schema']);
