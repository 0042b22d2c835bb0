import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { eachObject, memberOf, scanObject, textOf } from '../../../../operator/gateway/json/scan.ts';

const isObject = (value: unknown) => typeof value === 'object' && value !== null && !Array.isArray(value);

/** What JSON.parse says of the same text. */
function parsesToObject(text: string): boolean {
  try {
    return isObject(JSON.parse(text));
  } catch {
    return false;
  }
}

describe('one JSON object', () => {
  const rows: [string, string][] = [
    ['an empty object', '{}'],
    ['space everywhere', ' \r\n\t{ "a" : [ ] , "b" : { } } \n'],
    ['every escape', '{"a":"\\"\\\\\\/\\b\\f\\n\\r\\t\\u00e9\\uD83D"}'],
    ['every kind of number', '{"a":[0,-0,1,-12.50,1e5,1E+5,0.1e-7]}'],
    ['the three words', '{"a":[true,false,null]}'],
    ['nothing at all', ''],
    ['an array', '[]'],
    ['two objects', '{}{}'],
    ['a byte order mark', '\uFEFF{}'],
    ['a comma too many', '{"a":1,}'],
    ['a comma too few', '{"a":1 "b":2}'],
    ['a leading zero', '{"a":01}'],
    ['a bare point', '{"a":1.}'],
    ['a bare exponent', '{"a":1e}'],
    ['a bare minus', '{"a":-}'],
    ['a line break in a string', '{"a":"\n"}'],
    ['a bad escape', '{"a":"\\x"}'],
    ['half a unicode escape', '{"a":"\\u12"}'],
    ['single quotes', "{'a':1}"],
    ['an open string', '{"a":"'],
    ['an open array', '{"a":[1,2'],
    ['a word too long', '{"a":nulll}'],
    ['a comment', '{/**/}'],
  ];
  it.each(rows)('agrees with JSON.parse about %s', (_name, text) => {
    expect(scanObject(Buffer.from(text)) !== undefined).toBe(parsesToObject(text));
  });

  it('agrees with JSON.parse about any text made of JSON pieces', () => {
    const piece = fc.constantFrom(
      '{',
      '}',
      '[',
      ']',
      ',',
      ':',
      '"',
      '\\',
      '"a"',
      '1',
      '-',
      '.5',
      'e3',
      'true',
      'null',
      ' ',
      '\\u00',
      'é',
    );
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 12 }), (pieces) => {
        const text = `{${pieces.join('')}}`;
        expect(scanObject(Buffer.from(text)) !== undefined).toBe(parsesToObject(text));
      }),
      { numRuns: 2000 },
    );
  });

  it('agrees with JSON.parse about any JSON object with one character changed', () => {
    fc.assert(
      fc.property(
        fc.dictionary(fc.string(), fc.jsonValue()),
        fc.nat(),
        fc.oneof(fc.string({ maxLength: 1 }), fc.constantFrom('"', '\\', '\n', '{', ']', ',')),
        (value, at, c) => {
          const text = JSON.stringify(value);
          const broken = (text.slice(0, at % text.length) + c + text.slice((at % text.length) + 1)).toWellFormed();
          expect(scanObject(Buffer.from(broken)) !== undefined).toBe(parsesToObject(broken));
        },
      ),
      { numRuns: 1000 },
    );
  });

  it('finds every top-level member and its value', () => {
    fc.assert(
      fc.property(fc.dictionary(fc.string(), fc.jsonValue()), fc.constantFrom(undefined, 1, '\t'), (value, indent) => {
        const bytes = Buffer.from(JSON.stringify(value, null, indent));
        const object = scanObject(bytes);
        const parsed = JSON.parse(bytes.toString()) as Record<string, unknown>;
        expect(new Set(object?.members.map(({ name }) => name))).toEqual(new Set(Object.keys(parsed)));
        for (const [name, member] of Object.entries(parsed)) {
          if (object) expect(JSON.parse(textOf(bytes, object, name) ?? '')).toEqual(member);
        }
      }),
    );
  });

  it('takes the last of two members of one name, also when one is written with escapes', () => {
    const bytes = Buffer.from('{"model":"a","mod\\u0065l":"b"}');
    const object = scanObject(bytes);
    expect(object && textOf(bytes, object, 'model')).toBe('"b"');
  });

  it('refuses a nesting that no request has, instead of running out of stack', () => {
    expect(scanObject(Buffer.from(`{"a":${'['.repeat(1_000_000)}`))).toBeUndefined();
  });
});

describe('elements of a list', () => {
  /** The names in each element that is visited, until there were `enough`. */
  function visited(text: string, enough: number): (string[] | undefined)[] {
    const bytes = Buffer.from(`{"a":${text}}`);
    const found: (string[] | undefined)[] = [];
    const start = memberOf(scanObject(bytes) ?? { open: 0, close: 0, members: [] }, 'a')?.valueStart ?? -1;
    eachObject(bytes, start, (element) => found.push(element?.members.map(({ name }) => name)) < enough);
    return found;
  }

  it.each([
    ['are none in an empty list', '[ ]', []],
    [
      'are objects, or anything else',
      '[ {"b":[2]} , 1,"c" ,[{"no":1}],{}]',
      [['b'], undefined, undefined, undefined, []],
    ],
    ['are none where there is no list', '{"b":1}', []],
  ])('%s', (_name, text, expected) => {
    expect(visited(text, 9)).toEqual(expected);
  });

  it('are walked until one is enough', () => {
    expect(visited('[{"b":1},{"c":2},{"d":3}]', 2)).toEqual([['b'], ['c']]);
  });
});
