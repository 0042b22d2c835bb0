import { describe, expect, it } from '@jest/globals';
import { z } from 'zod';
import { specInterfaces } from '../../../scripts/generate/spec-interfaces.ts';

const plain = { head: ['// head'], name: (place: string) => `Own${place}`, wrap: (type: string) => type };
const wrapped = { ...plain, wrap: (type: string) => `Input<${type}>` };

const schema = z
  .object({
    name: z.string().meta({ description: 'How it is called.' }),
    header: z.string().meta({ description: "Where it goes; default the dialect's own." }).optional(),
    tries: z.int().min(1).max(5).default(3).meta({ description: 'How often.' }),
    keys: z
      .array(z.object({ kind: z.enum(['A', 'B']).meta({ description: 'Which.' }) }))
      .max(2)
      .default([])
      .meta({ description: 'Who.' }),
    set: z
      .record(z.string(), z.union([z.string(), z.array(z.number())]))
      .meta({ description: 'What else.' })
      .optional(),
  })
  .meta({ description: 'All of it.' });

describe('specInterfaces', () => {
  it('has every field of what is only read, without bounds or default', () => {
    const text = specInterfaces(schema, { ...plain, onlyRead: true });
    expect(text).toContain('  /** How often. */\n  readonly tries: number | undefined;');
    expect(text).toContain('  readonly name: string;');
  });

  it('writes one interface for each object, each field with its sentence, bounds and default', () =>
    expect(specInterfaces(schema, plain)).toBe(`// head

/** All of it. */
export interface OwnSpec {
  /** How it is called. */
  readonly name: string;
  /**
   * Where it goes.
   * @default the dialect's own
   */
  readonly header?: string;
  /**
   * How often. At least 1 and at most 5.
   * @default 3
   */
  readonly tries?: number;
  /**
   * Who. At most 2.
   * @default none
   */
  readonly keys?: readonly OwnKey[];
  /**
   * What else.
   * @default none
   */
  readonly set?: { readonly [name: string]: string | readonly number[] };
}

/** An entry of \`keys\`. */
export interface OwnKey {
  /** Which. */
  readonly kind: 'A' | 'B';
}
`));

  it('wraps every value that a front end may not know yet, at each level', () => {
    const lines = specInterfaces(schema, wrapped).split('\n');
    expect(lines.filter((line) => line.startsWith('  readonly')).map((line) => line.trim())).toEqual([
      'readonly name: Input<string>;',
      'readonly header?: Input<string>;',
      'readonly tries?: Input<number>;',
      'readonly keys?: Input<readonly Input<OwnKey>[]>;',
      'readonly set?: Input<{ readonly [name: string]: Input<string | readonly Input<number>[]> }>;',
      "readonly kind: Input<'A' | 'B'>;",
    ]);
  });

  it('stops at what it has no type for, rather than calling it unknown', () => {
    const either = z.discriminatedUnion('kind', [
      z.object({ kind: z.literal('A') }),
      z.object({ kind: z.literal('B') }),
    ]);
    expect(() => specInterfaces(z.object({ either }), plain)).toThrow(
      'either: no type can be written for a schema of oneOf',
    );
  });
});
