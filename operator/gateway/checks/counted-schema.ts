// Makes a JSON Schema fit to be judged by: bounded, without what is only annotation, and with a count of steps in every
// subschema, so that no schema makes a judgement endless, however its references meet.

/** The keyword that counts; its value is what one visit to its subschema costs. */
export const WORK_KEYWORD = 'mcpworkflow:work';

/** Deeper and larger schemas take too long to compile. */
const MAX_DEPTH = 64;
const MAX_SUBSCHEMAS = 500;

type Node = Readonly<Record<string, unknown>>;

const isNode = (value: unknown): value is Node => typeof value === 'object' && value !== null && !Array.isArray(value);

/** They say nothing about a value, and could hide subschemas that are not counted. */
const ANNOTATIONS: ReadonlySet<string> = new Set(['default', 'examples', 'example']);
/** Values that are no subschemas, whatever they look like. */
const DATA: ReadonlySet<string> = new Set(['enum', 'const', 'required', 'dependentRequired', 'type']);
/** Objects whose members have names of their author's choice. */
const MAPS: ReadonlySet<string> = new Set([
  '$defs',
  'definitions',
  'dependencies',
  'dependentSchemas',
  'patternProperties',
  'properties',
]);

const sizeOf = (value: unknown): number => {
  if (Array.isArray(value)) return value.length;
  return isNode(value) ? Object.keys(value).length : 0;
};

/** What a visit costs at most: each of these is looked through. */
const costOf = (schema: Node): number =>
  ['enum', 'required', 'properties'].reduce((cost, keyword) => cost + sizeOf(schema[keyword]), 1);

/** A reference into data would be a subschema that is not counted. */
function refuseReference(keyword: string, value: unknown): void {
  if ((keyword !== '$ref' && keyword !== '$dynamicRef') || typeof value !== 'string') return;
  if (/[/](enum|const|required|dependentRequired|type)([/]|$)/.test(value))
    throw new Error(`a ${keyword} may not lead to ${value.slice(0, 100)}`);
}

class Copy {
  #subschemas = 0;

  schema(node: Node, depth: number): Node {
    this.#subschemas += 1;
    if (depth > MAX_DEPTH) throw new Error(`it is nested more than ${MAX_DEPTH} deep`);
    if (this.#subschemas > MAX_SUBSCHEMAS) throw new Error(`it has more than ${MAX_SUBSCHEMAS} subschemas`);
    const members = Object.entries(node).flatMap(([keyword, value]): [string, unknown][] => {
      if (ANNOTATIONS.has(keyword)) return [];
      refuseReference(keyword, value);
      if (DATA.has(keyword)) return [[keyword, value]];
      return [[keyword, MAPS.has(keyword) && isNode(value) ? this.#map(value, depth) : this.#value(value, depth)]];
    });
    return Object.fromEntries([...members, [WORK_KEYWORD, costOf(node)]]);
  }

  #map(node: Node, depth: number): Node {
    return Object.fromEntries(Object.entries(node).map(([name, value]) => [name, this.#value(value, depth)]));
  }

  #value(value: unknown, depth: number): unknown {
    if (Array.isArray(value)) return value.map((item) => this.#value(item, depth + 1));
    return isNode(value) ? this.schema(value, depth + 1) : value;
  }
}

/** A copy that counts. A schema that is too large or too deep is an Error whose message is for its author. */
export const countedSchema = (schema: Node): Node => new Copy().schema(schema, 0);
