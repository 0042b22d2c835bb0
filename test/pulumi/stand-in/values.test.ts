import { describe, expect, it } from '@jest/globals';
import { hasUnknown, markSecrets, plain, secret } from './values.ts';

const unknownString = '04da6b54-80e4-46f7-96ec-b56ff0331ba9';

describe('values of the engine', () => {
  it('lose their marks on the way to the API server', () => {
    expect(plain({ a: secret({ b: secret('s') }), c: [secret(1), null], d: true })).toEqual({
      a: { b: 's' },
      c: [1, null],
      d: true,
    });
  });

  it('are unknown when a part of them is, also inside a secret', () => {
    expect(hasUnknown({ a: [{ b: 'known' }] })).toBe(false);
    expect(hasUnknown({ a: [{ b: unknownString }] })).toBe(true);
    expect(hasUnknown({ a: secret(unknownString) })).toBe(true);
  });
});

describe('a live object is as secret as its inputs', () => {
  it.each([
    ['a secret field', { a: 's', b: 't' }, { a: secret('s'), b: 't' }, { a: secret('s'), b: 't' }],
    ['a field within', { a: { b: 's', c: 't' } }, { a: { b: secret('s') } }, { a: { b: secret('s'), c: 't' } }],
    ['a secret object is so as a whole', { a: { b: 's' } }, { a: secret({ b: 's' }) }, { a: secret({ b: 's' }) }],
    ['a list with a secret is so as a whole', { a: ['s', 't'] }, { a: ['t', secret('s')] }, { a: secret(['s', 't']) }],
    ['what is not there is not made up', {}, { a: secret('s') }, {}],
  ])('%s', (_, live, inputs, marked) => {
    expect(markSecrets(live, inputs)).toEqual(marked);
  });
});
