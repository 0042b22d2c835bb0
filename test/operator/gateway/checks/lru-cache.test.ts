// The cache of what was compiled stays within its bounds, and keeps what is in use.
import { expect, it } from '@jest/globals';
import fc from 'fast-check';
import { createLruCache } from '../../../../operator/gateway/checks/lru-cache.ts';

it('makes a value once while it is kept', () => {
  const cache = createLruCache<object>({ entries: 2, characters: 10 });
  const a = cache.get('a', () => ({}));
  expect(cache.get('a', () => ({}))).toBe(a);
});

it('lets go of what was used longest ago', () => {
  const cache = createLruCache<number>({ entries: 2, characters: 10 });
  cache.get('a', () => 1);
  cache.get('b', () => 2);
  cache.get('a', () => 0);
  cache.get('c', () => 3);
  expect(cache.get('a', () => 0)).toBe(1);
  expect(cache.get('b', () => 0)).toBe(0);
});

it('keeps undefined as a value, and nothing of what could not be made', () => {
  const cache = createLruCache<undefined>({ entries: 2, characters: 10 });
  let made = 0;
  const make = () => void (made += 1);
  cache.get('a', make);
  cache.get('a', make);
  expect(made).toBe(1);
  const fail = () => {
    throw new Error('no');
  };
  expect(() => cache.get('b', fail)).toThrow('no');
  expect(cache.size).toBe(1);
});

it('is never larger than its bounds', () => {
  fc.assert(
    fc.property(fc.array(fc.string({ maxLength: 12 })), (keys) => {
      const cache = createLruCache<string>({ entries: 5, characters: 20 });
      for (const key of keys) expect(cache.get(key, () => key)).toBe(key);
      const kept = [...new Set(keys.toReversed())].slice(0, cache.size);
      expect(cache.size).toBeLessThanOrEqual(5);
      expect(kept.reduce((sum, key) => sum + key.length, 0)).toBeLessThanOrEqual(20);
      for (const key of kept.toReversed()) expect(cache.get(key, () => 'lost')).toBe(key);
    }),
  );
});
