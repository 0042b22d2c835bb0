import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { eachElement, memberOf, scanObject, textOf, valueIn } from '../../../../operator/gateway/json/scan.ts';
import type { ScannedObject } from '../../../../operator/gateway/json/scan.ts';

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

/** A scanned object with this as its only member `a`, and where that starts. */
function inside(text: string): { readonly bytes: Buffer; readonly start: number } {
  const bytes = Buffer.from(`{"a":${text}}`);
  return { bytes, start: memberOf(scanObject(bytes) ?? { open: 0, close: 0, members: [] }, 'a')?.valueStart ?? -1 };
}

describe('elements of a list', () => {
  /** The first character of each element that is visited, until there were `enough`. */
  function visited(text: string, enough: number): string {
    const { bytes, start } = inside(text);
    let found = '';
    eachElement(bytes, start, (element) => (found += bytes.toString('latin1', element, element + 1)).length < enough);
    return found;
  }

  it.each([
    ['are none in an empty list', '[ ]', ''],
    ['are of any kind', '[ {"b":[2]} , 1,"c" ,[{"no":1}],{}]', '{1"[{'],
    ['are none where there is no list', '{"b":1}', ''],
  ])('%s', (_name, text, expected) => {
    expect(visited(text, 9)).toBe(expected);
  });

  it('are walked until one is enough', () => {
    expect(visited('[1,2,3]', 2)).toBe('12');
  });
});

describe('the value of a member within', () => {
  it('is found whatever stands before it', () => {
    fc.assert(
      fc.property(fc.dictionary(fc.string(), fc.jsonValue()), fc.constantFrom(undefined, 1, '\t'), (value, indent) => {
        const { bytes, start } = inside(JSON.stringify(value, null, indent));
        const { members } = scanObject(bytes, start, bytes.length - 1) as ScannedObject;
        for (const { name, valueStart } of members) expect(valueIn(bytes, start, name)).toBe(valueStart);
        expect(valueIn(bytes, start, 'no such member')).toBeUndefined();
      }),
    );
  });

  it.each(['1', '"b"', '[{"b":1}]', '{}'])('is not there in %s', (text) => {
    const { bytes, start } = inside(text);
    expect(valueIn(bytes, start, 'b')).toBeUndefined();
  });
});
