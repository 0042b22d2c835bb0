// From the schema of the spec to interfaces that a person reads in an editor: flat, named by their place, each field with its
// sentence, its bounds and its default. The front ends differ only in how a value is wrapped and an interface is called.
import { z } from 'zod';

/** How one front end writes the interfaces. */
export interface InterfaceStyle {
  /** What stands above the interfaces: comment and imports. */
  readonly head: readonly string[];
  /** The name of an interface, from the place in words: `ModelsProvider`, and `Spec` for the whole. */
  readonly name: (place: string) => string;
  /** What a field, or an entry of a list or map, may hold: the type itself, or something around it. */
  readonly wrap: (type: string) => string;
  /**
   * Nobody writes such an object: a field is `undefined` where it need not be there, so that of an output of Pulumi each field is
   * an output, and not perhaps one; bounds and defaults are no concern of who reads. @default false
   */
  readonly onlyRead?: boolean;
}

/** A node of the JSON Schema that zod gives. */
interface Node {
  readonly type?: string;
  readonly description?: string;
  readonly default?: unknown;
  readonly enum?: readonly (string | null)[];
  readonly anyOf?: readonly Node[];
  readonly items?: Node;
  readonly properties?: Readonly<Record<string, Node>>;
  readonly required?: readonly string[];
  readonly additionalProperties?: Node | boolean;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly maxItems?: number;
}

interface Place {
  /** As it is written in a spec: `models.providers`. */
  readonly path: string;
  /** As a part of a name: `ModelsProvider`. */
  readonly words: string;
}

interface Writer {
  readonly style: InterfaceStyle;
  /** Finished interfaces; one that is met later comes later. */
  readonly written: string[][];
}

/** TypeScript source with an interface for the whole spec and one for every object in it. */
export function specInterfaces(schema: z.ZodType, style: InterfaceStyle): string {
  const root = z.toJSONSchema(schema, { target: 'openapi-3.0', io: 'input', unrepresentable: 'any' }) as Node;
  const writer: Writer = { style, written: [] };
  writeInterface(writer, root, { path: '', words: '' });
  return [...style.head, ...writer.written.flatMap((lines) => ['', ...lines]), ''].join('\n');
}

const optionally = ({ onlyRead = false }: InterfaceStyle, type: string, required: boolean): string => {
  if (required) return `: ${type}`;
  return onlyRead ? `: ${type} | undefined` : `?: ${type}`;
};

function nameOf({ style }: Writer, { words }: Place): string {
  return style.name(words === '' ? 'Spec' : words);
}

function writeInterface(writer: Writer, node: Node, place: Place): void {
  const lines: string[] = [];
  // Its turn comes before those of its fields.
  writer.written.push(lines);
  lines.push(`/** ${node.description ?? `An entry of \`${place.path}\`.`} */`);
  lines.push(`export interface ${nameOf(writer, place)} {`);
  for (const [field, child] of Object.entries(node.properties ?? {})) {
    const below = placeOf(place, field, child);
    const required = node.required?.includes(field) === true;
    lines.push(...(writer.style.onlyRead ? [`  /** ${child.description ?? ''} */`] : comment(child, required)));
    const type = writer.style.wrap(typeOf(writer, child, below));
    lines.push(`  readonly ${field}${optionally(writer.style, type, required)};`);
  }
  lines.push('}');
}

/** An entry of `providers` is a Provider. */
function placeOf(parent: Place, field: string, { items }: Node): Place {
  const one = items?.properties === undefined ? field : field.replace(/s$/, '');
  return {
    path: parent.path === '' ? field : `${parent.path}.${field}`,
    words: `${parent.words}${one.charAt(0).toUpperCase()}${one.slice(1)}`,
  };
}

function typeOf(writer: Writer, node: Node, place: Place): string {
  const { anyOf, items, properties, additionalProperties } = node;
  if (anyOf) return [...new Set(anyOf.map((each) => typeOf(writer, each, place)))].join(' | ');
  if (node.enum) return node.enum.map((value) => (value === null ? 'null' : `'${value}'`)).join(' | ');
  if (items) return `readonly ${entry(writer.style.wrap(typeOf(writer, items, place)))}[]`;
  if (properties) {
    writeInterface(writer, node, place);
    return nameOf(writer, place);
  }
  if (typeof additionalProperties === 'object')
    return `{ readonly [name: string]: ${writer.style.wrap(typeOf(writer, additionalProperties, place))} }`;
  return plainType(node, place);
}

const entry = (type: string) => (/ \| |^readonly /.test(type) && !type.endsWith('>') ? `(${type})` : type);

const PLAIN: Readonly<Record<string, string>> = {
  string: 'string',
  integer: 'number',
  number: 'number',
  boolean: 'boolean',
};

function plainType(node: Node, { path }: Place): string {
  const plain = PLAIN[node.type ?? ''];
  if (plain !== undefined) return plain;
  const restricted = Object.keys(node).filter((keyword) => keyword !== 'description' && keyword !== 'default');
  if (restricted.length > 0)
    throw new Error(`${path}: no type can be written for a schema of ${restricted.join(', ')}`);
  return 'unknown';
}

function comment(node: Node, required: boolean): readonly string[] {
  // Descriptions say in words what a field stands for that has no default of its own.
  const [, sentence, words] = /^(.*); default (.*)\.$/.exec(node.description ?? '') ?? [];
  const text = [sentence === undefined ? (node.description ?? '') : `${sentence}.`, ...bounds(node)].join(' ');
  if (required) return [`  /** ${text} */`];
  return ['  /**', `   * ${text}`, `   * @default ${words ?? defaultOf(node)}`, '   */'];
}

function bounds({ type, minimum, maximum, maxItems }: Node): readonly string[] {
  if (maxItems !== undefined) return [`At most ${maxItems}.`];
  if (type !== 'integer') return [];
  // JSON Schema tells how far whole numbers reach where the schema itself says nothing.
  const least = minimum === undefined || minimum === Number.MIN_SAFE_INTEGER ? [] : [`at least ${minimum}`];
  const most = maximum === undefined || maximum === Number.MAX_SAFE_INTEGER ? [] : [`at most ${maximum}`];
  const said = [...least, ...most].join(' and ');
  return said === '' ? [] : [`${said.charAt(0).toUpperCase()}${said.slice(1)}.`];
}

function defaultOf(node: Node): string {
  if (node.default === undefined) return node.type === 'boolean' ? 'false' : 'none';
  if (Array.isArray(node.default)) return 'none';
  if (typeof node.default === 'object') return 'what its fields default to';
  return typeof node.default === 'string' ? `'${node.default}'` : JSON.stringify(node.default);
}
