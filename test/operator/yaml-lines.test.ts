import { describe, expect, it } from '@jest/globals';
import { formatProblem, InvalidFileError } from '../../operator/file-problem.ts';
import { problemsIn, readYaml } from '../../operator/yaml-lines.ts';

const TEXT = `# a comment
kind: A
spec:
  models:
    primary: x
    fallbacks:
    - one
    - two
---
kind: B
list:
- name: first
- name: second
  port: 1
`;

const ROWS: readonly (readonly [string, number, readonly (string | number)[], number])[] = [
  ['the document itself', 0, [], 2],
  ['a scalar by its key', 0, ['kind'], 2],
  ['a nested key', 0, ['spec', 'models', 'primary'], 5],
  ['an item of a list', 0, ['spec', 'models', 'fallbacks', 1], 8],
  ['a missing field by the line of what should hold it', 0, ['spec', 'models', 'overrides', 0, 'model'], 4],
  ['a missing field at the top by the document', 0, ['metadata', 'name'], 2],
  ['lines count through the whole file', 1, ['list', 1, 'port'], 14],
  ['an item that is a map', 1, ['list', 1], 13],
];

describe('the line of a field', () => {
  const { documents, problems } = readYaml('f.yaml', TEXT);
  it.each(ROWS)('%s', (_name, document, path, line) => {
    expect(problems).toEqual([]);
    expect(documents[document]?.lineOf(path)).toBe(line);
  });
});

describe('what is no YAML', () => {
  it('is a problem with a line, and the other documents are still read', () => {
    const { documents, problems } = readYaml('f.yaml', 'a: 1\n---\nb: [1,\nc: 2\n---\nd: 3\n');
    expect(documents.map(({ value }) => value)).toContainEqual({ a: 1 });
    expect(problems.length).toBeGreaterThan(0);
    expect(problems[0]).toMatchObject({ file: 'f.yaml', message: expect.stringContaining('no valid YAML') });
    expect(problems[0]?.line).toBeGreaterThanOrEqual(3);
  });

  it('an alias that points nowhere does not throw', () => {
    const { documents, problems } = readYaml('f.yaml', 'a: *nowhere\n');
    expect(problems.length + documents.filter(({ value }) => value === undefined).length).toBeGreaterThan(0);
  });

  it('an empty file has no documents that say anything', () => {
    expect(readYaml('f.yaml', '').documents.filter(({ value }) => value !== null && value !== undefined)).toEqual([]);
  });
});

describe('a problem as text', () => {
  it('is file:line: field: message', () => {
    const [document] = readYaml('f.yaml', TEXT).documents;
    const error = { path: 'spec.models.primary', segments: ['spec', 'models', 'primary'], message: 'must be text' };
    const problems = document ? problemsIn('f.yaml', document, [error]) : [];
    expect(new InvalidFileError(problems).message).toBe('f.yaml:5: spec.models.primary: must be text');
    expect(formatProblem({ file: 'f.yaml', message: 'cannot be read' })).toBe('f.yaml: cannot be read');
  });
});
