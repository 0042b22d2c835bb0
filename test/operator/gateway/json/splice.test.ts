import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { scanObject } from '../../../../operator/gateway/json/scan.ts';
import type { ScannedObject } from '../../../../operator/gateway/json/scan.ts';
import { splice } from '../../../../operator/gateway/json/splice.ts';

const run = (text: string, changes: Record<string, string | undefined>) => {
  const bytes = Buffer.from(text);
  return Buffer.concat(splice(bytes, scanObject(bytes) as ScannedObject, new Map(Object.entries(changes)))).toString();
};

describe('a large object', () => {
  it('is not copied: what stays goes on from where it lies', () => {
    const bytes = Buffer.from(JSON.stringify({ image: 'A'.repeat(70_000), model: 'a', more: 1 }));
    const pieces = splice(bytes, scanObject(bytes) as ScannedObject, new Map([['model', '"b"']]));
    expect(pieces.map(({ buffer }) => buffer === bytes.buffer)).toEqual([true, false, true]);
    expect(pieces[1]?.toString()).toBe('"b"');
  });
});

describe('splice', () => {
  const rows: [string, string, Record<string, string | undefined>, string][] = [
    [
      'replaces a value where it stands',
      '{ "model" : "a" , "x":1.0 }',
      { model: '"b"' },
      '{ "model" : "b" , "x":1.0 }',
    ],
    [
      'replaces both of two members of one name',
      '{"model":"a","model":"c"}',
      { model: '"b"' },
      '{"model":"b","model":"b"}',
    ],
    ['adds a member behind the last', '{"a":1 }', { b: '2' }, '{"a":1,"b":2 }'],
    ['adds a member to an empty object', '{ }', { b: '2' }, '{"b":2 }'],
    ['removes the first with its comma', '{"a":1, "b":2}', { a: undefined }, '{"b":2}'],
    ['removes the last with the comma before it', '{"a":1, "b":2}', { b: undefined }, '{"a":1}'],
    ['removes a run in the middle', '{"a":1,"b":2,"c":3,"d":4}', { b: undefined, c: undefined }, '{"a":1,"d":4}'],
    ['removes everything', '{"a":1,"b":2}', { a: undefined, b: undefined }, '{}'],
    ['removes the last and adds another', '{"a":1,"b":2}', { b: undefined, c: '3' }, '{"a":1,"c":3}'],
    ['removes everything and adds one', '{"a":1}', { a: undefined, c: '3' }, '{"c":3}'],
    ['leaves what is not there', '{"a":1}', { b: undefined }, '{"a":1}'],
  ];
  it.each(rows)('%s', (_name, text, changes, expected) => {
    expect(run(text, changes)).toBe(expected);
  });

  it('copies nothing when nothing changes', () => {
    const bytes = Buffer.from('{"model":"a"}');
    const [piece, ...more] = splice(bytes, scanObject(bytes) as ScannedObject, new Map([['model', '"a"']]));
    expect(piece).toBe(bytes);
    expect(more).toEqual([]);
  });

  const name = fc.constantFrom('model', 'a', 'b', 'c', '__proto__x', 'é"');
  const value = fc
    .jsonValue()
    .filter((each) => JSON.stringify(each) === JSON.stringify(JSON.parse(JSON.stringify(each))));

  /** More than is copied. */
  const image = fc.constant('A'.repeat(70_000));

  it('does to the bytes what assigning and deleting does to the object', () => {
    fc.assert(
      fc.property(
        fc.dictionary(name, fc.oneof(value, image)),
        fc.dictionary(name, fc.option(value, { nil: undefined })),
        fc.constantFrom(undefined, 2, '\t'),
        (before, changes, indent) => {
          const expected = JSON.parse(JSON.stringify(before)) as Record<string, unknown>;
          const texts: Record<string, string | undefined> = {};
          for (const [key, to] of Object.entries(changes)) {
            texts[key] = to === undefined ? undefined : JSON.stringify(to);
            if (to === undefined) delete expected[key];
            else expected[key] = JSON.parse(JSON.stringify(to));
          }
          expect(JSON.parse(run(JSON.stringify(before, null, indent), texts))).toEqual(expected);
        },
      ),
      { numRuns: 500 },
    );
  });

  it('leaves every byte outside of the values it replaces', () => {
    fc.assert(
      fc.property(
        fc.dictionary(name, fc.oneof(value, image), { minKeys: 1 }),
        fc.constantFrom(undefined, 3),
        (before, indent) => {
          const bytes = Buffer.from(JSON.stringify(before, null, indent));
          const object = scanObject(bytes) as ScannedObject;
          const [member] = object.members;
          if (!member) return;
          const after = run(bytes.toString(), { [member.name]: '"spliced"' });
          const [start, end] = [bytes.subarray(0, member.valueStart), bytes.subarray(member.valueEnd)];
          expect(after).toBe(`${start.toString()}"spliced"${end.toString()}`);
        },
      ),
    );
  });
});
