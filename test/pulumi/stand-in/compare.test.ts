import { describe, expect, it } from '@jest/globals';
import { askedFor, differences } from './compare.ts';

describe('differences', () => {
  it.each([
    ['there are none between equal objects', { a: { b: [1, { c: null }] } }, { a: { b: [1, { c: null }] } }, []],
    ['a changed value is an update', { a: { b: 1 } }, { a: { b: 2 } }, [{ path: 'a.b', kind: 'update' }]],
    ['a new field is an add', { a: {} }, { a: { b: {} } }, [{ path: 'a.b', kind: 'add' }]],
    ['a field that is gone is a delete', { a: { b: 1 } }, { a: {} }, [{ path: 'a.b', kind: 'delete' }]],
    ['a shorter list has lost its last', { a: [1, 2] }, { a: [1] }, [{ path: 'a[1]', kind: 'delete' }]],
    ['a list is not an object', { a: [] }, { a: {} }, [{ path: 'a', kind: 'update' }]],
    ['a name with a slash is quoted', { a: { 'b/c': 1 } }, { a: {} }, [{ path: 'a["b/c"]', kind: 'delete' }]],
  ])('%s', (_, before, after, found) => {
    expect(differences(before, after)).toEqual(found);
  });
});

describe('of a live object, what was asked for', () => {
  it.each([
    [
      'leaves out what the server added',
      { a: 1, added: 2, b: { c: 3, added: 4 } },
      { a: 1, b: { c: 3 } },
      { a: 1, b: { c: 3 } },
    ],
    ['has the live value', { a: { b: 2 } }, { a: { b: 1 } }, { a: { b: 2 } }],
    ['has no field that is gone', { a: {} }, { a: { b: 1 } }, { a: {} }],
    ['leaves out what was added within a list', { a: [{ b: 2, added: 3 }] }, { a: [{ b: 1 }] }, { a: [{ b: 2 }] }],
    [
      'has a list of another length whole',
      { a: [{ b: 1 }, { b: 2, added: 3 }] },
      { a: [{ b: 1 }] },
      { a: [{ b: 1 }, { b: 2, added: 3 }] },
    ],
  ])('%s', (_, live, asked, expected) => {
    expect(askedFor(live, asked)).toEqual(expected);
  });
});
