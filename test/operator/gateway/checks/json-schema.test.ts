// JSON Schemas as judges: what they say, which ones are refused, and that none makes a judgement endless.
import { beforeEach, describe, expect, it } from '@jest/globals';
import { createSchemaCompiler } from '../../../../operator/gateway/checks/json-schema.ts';
import type { SchemaVerdict } from '../../../../operator/gateway/checks/json-schema.ts';
import { createWork } from '../../../../operator/gateway/checks/work.ts';

type Schema = Readonly<Record<string, unknown>>;

const work = createWork();
beforeEach(() => work.begin());
const compiler = createSchemaCompiler(work);
const judge = (schema: Schema, value: unknown) => compiler.compile(schema)(value);
const DRAFT_07 = 'http://json-schema.org/draft-07/schema#';

describe('a schema', () => {
  const tree = { type: 'object', properties: { value: { type: 'number' }, next: { $ref: '#' } }, required: ['value'] };
  const ROWS: readonly (readonly [string, Schema, unknown, SchemaVerdict])[] = [
    ['lets pass what it describes', tree, { value: 1, next: { value: 2 } }, 'keeps'],
    ['refers to itself', tree, { value: 1, next: { value: '2' } }, 'breaks'],
    ['takes tuples as draft 2020-12 writes them', { prefixItems: [{ type: 'string' }] }, [1], 'breaks'],
    ['takes tuples as draft-07 writes them', { $schema: DRAFT_07, items: [{ type: 'string' }] }, [1], 'breaks'],
    [
      'says its draft with http or https',
      { $schema: 'http://json-schema.org/draft/2020-12/schema#', prefixItems: [{ type: 'string' }] },
      [1],
      'breaks',
    ],
    ['names its parts with $defs', { $defs: { n: { minimum: 3 } }, $ref: '#/$defs/n' }, 2, 'breaks'],
    [
      'names its parts with definitions',
      { $schema: DRAFT_07, definitions: { n: { minimum: 3 } }, $ref: '#/definitions/n' },
      2,
      'breaks',
    ],
    [
      'may call itself what it likes',
      { $id: 'https://json-schema.org/draft/2020-12/schema', type: 'number' },
      'x',
      'breaks',
    ],
    ['knows formats', { format: 'date-time' }, 'yesterday', 'breaks'],
    ['takes a format that nobody knows as a remark', { format: 'zip' }, 'x', 'keeps'],
    ['takes a keyword that nobody knows as a remark', { colour: { type: 'red' } }, 1, 'keeps'],
    ['takes nothing that long as a date', { format: 'date' }, '2026-01-01'.padEnd(5_000), 'breaks'],
    ['looks for patterns', { pattern: '^a+$' }, 'aab', 'breaks'],
    ['knows patterns as JavaScript writes them', { pattern: '^\\u0041\\d$' }, 'A1', 'keeps'],
    ['has members by pattern', { patternProperties: { '^x-': { type: 'number' } } }, { 'x-a': 'b' }, 'breaks'],
    [
      'finds equal items whatever the order of their members',
      { uniqueItems: true },
      [
        { a: 1, b: 2 },
        { b: 2, a: 1 },
      ],
      'breaks',
    ],
    ['tells items apart', { uniqueItems: true }, [1, '1', [1], { a: 1 }, null, true], 'keeps'],
    ['may allow equal items', { uniqueItems: false }, [1, 1], 'keeps'],
    [
      'has nothing added to it by us',
      { properties: { a: true }, additionalProperties: false },
      { 'mcpworkflow:work': 1 },
      'breaks',
    ],
    [
      'may use names that are keywords elsewhere',
      { properties: { enum: { type: 'string' }, default: { type: 'number' } } },
      { enum: 'a', default: 1 },
      'keeps',
    ],
    [
      'compares with values that look like schemas',
      { enum: [{ default: 1, $ref: '#' }] },
      { default: 1, $ref: '#' },
      'keeps',
    ],
    ['is nothing but a default', { default: { type: 'string' } }, 1, 'keeps'],
    ['allows null where it says nullable', { type: 'string', nullable: true }, null, 'keeps'],
  ];
  it.each(ROWS)('%s', (_name, schema, value, verdict) => expect(judge(schema, value)).toBe(verdict));
});

describe('a schema is refused', () => {
  const nested = (depth: number): Schema => (depth === 0 ? {} : { not: nested(depth - 1) });
  const ROWS: readonly (readonly [string, Schema, RegExp])[] = [
    ['that is none', { type: 'strnig' }, /it is no JSON Schema: schema\/type/],
    ['of a draft that we do not know', { $schema: 'http://json-schema.org/draft-04/schema#' }, /\$schema must be/],
    ['that lies elsewhere', { $ref: 'https://example.com/x' }, /can't resolve reference/],
    ['with a pattern that is not linear', { pattern: '(a)\\1' }, /error parsing regexp/],
    ['with a pattern that repeats too much', { pattern: '((a{1,100}){1,100})' }, /regexp|repeats too much/],
    ['that would exhaust the stack', nested(5_000), /nested more than 64 deep/],
    ['that is nested too deep', nested(65), /nested more than 64 deep/],
    ['that is too large', { anyOf: Array.from({ length: 500 }, () => ({})) }, /more than 500 subschemas/],
    ['that refers into a default', { default: {}, $ref: '#/default' }, /can't resolve reference/],
    ['that refers into values', { enum: [{ allOf: [] }], $ref: '#/enum/0' }, /may not lead to #\/enum\/0/],
  ];
  it.each(ROWS)('%s', (_name, schema, message) => expect(() => compiler.compile(schema)).toThrow(message));
});

// proves judging-is-bounded
describe('a judgement ends', () => {
  const doubling = (keyword: string) => ({
    $defs: Object.fromEntries<unknown>([
      ['d0', { type: 'string' }],
      ...Array.from({ length: 60 }, (_, i): [string, unknown] => [
        `d${i + 1}`,
        { [keyword]: [{ $ref: `#/$defs/d${i}` }, { $ref: `#/$defs/d${i}` }] },
      ]),
    ]),
    $ref: '#/$defs/d60',
  });
  const nest = (depth: number, wrap: (inner: unknown) => unknown) => {
    let value: unknown = 0;
    for (let i = 0; i < depth; i += 1) value = wrap(value);
    return value;
  };
  const ROWS: readonly (readonly [string, Schema, unknown])[] = [
    ['where references double and all hold', doubling('allOf'), 'x'],
    ['where references double and none holds', doubling('anyOf'), 1],
    ['where a schema is itself', { $ref: '#' }, 1],
    [
      'where a schema is itself by way of another',
      { $defs: { a: { allOf: [{ $ref: '#/$defs/a' }] } }, $ref: '#/$defs/a' },
      1,
    ],
    [
      'where each member is judged twice, and each of its members',
      { properties: { c: { allOf: [{ $ref: '#' }, { $ref: '#' }] } } },
      nest(60, (c) => ({ c })),
    ],
    ['where a value is deeper than the stack', { items: { $ref: '#' } }, nest(50_000, (inner) => [inner])],
    ['where many items must differ', { uniqueItems: true }, Array.from({ length: 100_000 }, (_, i) => i)],
    [
      'where many patterns meet a long text',
      { anyOf: Array.from({ length: 100 }, (_, i) => ({ pattern: `(x+x+)+${i}` })) },
      'x'.repeat(100_000),
    ],
  ];
  it.each(ROWS)('%s', (_name, schema, value) => expect(judge(schema, value)).toBe('tooMuch'));

  it('all values of an answer together, and the next answer has all its steps again', () => {
    const twins = compiler.compile({ uniqueItems: true });
    expect(twins(Array.from({ length: 100_000 }, (_, i) => i))).toBe('tooMuch');
    expect(twins([1, 2])).toBe('tooMuch');
    work.begin();
    expect(twins([1, 2])).toBe('keeps');
  });
});
