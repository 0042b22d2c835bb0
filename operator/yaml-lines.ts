// YAML with line numbers: values for the schema, and for every path in them the line where a person finds it.
import { LineCounter, isCollection, isMap, parseAllDocuments } from 'yaml';
import type { Document, ParsedNode } from 'yaml';
import type { FieldError } from '../lib/api/field-errors.ts';
import type { FileProblem } from './file-problem.ts';

/** A place in a document: `['spec', 'models', 'fallbacks', 1]`. */
export type FieldPath = readonly (string | number)[];

/** One document of a file. */
export interface YamlDocument {
  readonly value: unknown;
  /** The line of the deepest part of the path that exists. */
  lineOf(path: FieldPath): number;
}

/** A whole file: what could be read, and what could not. */
export interface YamlFile {
  readonly documents: readonly YamlDocument[];
  readonly problems: readonly FileProblem[];
}

type Parsed = Document.Parsed<ParsedNode>;

/** Where a step begins: the key when there is one, because a person looks for the key. */
function stepInto(
  node: unknown,
  step: string | number,
): { readonly node: unknown; readonly offset: number | undefined } {
  if (!isCollection(node)) return { node: undefined, offset: undefined };
  const next: unknown = node.get(step, true);
  const pair = isMap<{ value?: unknown; range?: readonly number[] }>(node)
    ? node.items.find(({ key }) => String(key.value) === String(step))
    : undefined;
  const range = pair?.key.range ?? (next as { range?: readonly number[] } | undefined)?.range;
  return { node: next, offset: range?.[0] };
}

function offsetOf(document: Parsed, path: FieldPath): number {
  let node: unknown = document.contents;
  let found = document.contents?.range[0] ?? document.range[0];
  for (const step of path) {
    const next = stepInto(node, step);
    if (next.offset === undefined) return found;
    found = next.offset;
    node = next.node;
  }
  return found;
}

/** Reads every document of a file. Never throws: what is no YAML is a problem with its line. */
export function readYaml(file: string, text: string): YamlFile {
  const counter = new LineCounter();
  const parsed = parseAllDocuments(text, { lineCounter: counter, prettyErrors: false });
  const all = Array.isArray(parsed) ? (parsed as readonly Parsed[]) : [];
  const problems = all.flatMap((document) =>
    document.errors.map((error) => ({
      file,
      line: counter.linePos(error.pos[0]).line,
      message: `this is no valid YAML: ${error.message}`,
    })),
  );
  const documents = all
    .filter((document) => document.errors.length === 0)
    .map((document) => ({
      value: toValue(document),
      lineOf: (path: FieldPath) => counter.linePos(offsetOf(document, path)).line,
    }));
  return { documents, problems };
}

/** An alias that points nowhere, or a bomb of aliases, reads as nothing at all, which no schema accepts. */
function toValue(document: Parsed): unknown {
  try {
    return document.toJS() as unknown;
  } catch {
    return undefined;
  }
}

/** What the schema says of a document, with the lines where it says it. */
export const problemsIn = (
  file: string,
  document: YamlDocument,
  errors: readonly FieldError[],
): readonly FileProblem[] =>
  errors.map(({ path, segments, message }) => ({ file, line: document.lineOf(segments), field: path, message }));
