import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { nameAt } from '../../../../operator/gateway/json/names.ts';

/** As it is read from a body in which it stands between other bytes. */
const read = (text: string) => {
  const bytes = Buffer.from(`{"${text}":1}`);
  return nameAt(bytes, 2, bytes.length - 4);
};

describe('names', () => {
  it('are what JSON.parse makes of them, also when they are read again', () => {
    const text = fc.oneof(
      fc.string(),
      fc.string({ unit: 'grapheme' }),
      fc.constantFrom('model', 'role', 'content', ''),
    );
    fc.assert(
      fc.property(fc.array(text, { maxLength: 30 }), (names) => {
        for (const name of [...names, ...names]) expect(read(JSON.stringify(name).slice(1, -1))).toBe(name);
      }),
      { numRuns: 500 },
    );
  });

  it('are told apart when more of them are read than are kept', () => {
    const names = Array.from({ length: 5_000 }, (_, i) => `name-${i}`);
    for (const name of [...names, ...names]) expect(read(name)).toBe(name);
  });

  it.each([
    ['an escape and the characters that it is made of', '\\u0061', 'a', '\\\\u0061', '\\u0061'],
    ['two that are as long in bytes', 'é', 'é', 'ab', 'ab'],
  ])('are told apart: %s', (_name, one, oneName, other, otherName) => {
    for (let i = 0; i < 2; i += 1) {
      expect(read(one)).toBe(oneName);
      expect(read(other)).toBe(otherName);
    }
  });
});
