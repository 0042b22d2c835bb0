import { describe, expect, it } from '@jest/globals';
import { bytes } from '../../../scripts/build/image-builder.ts';

describe('a size as buildah tells it', () => {
  it.each([
    ['132 MB', 132e6],
    ['1.5 GB', 1.5e9],
    ['812 KB', 812e3],
  ])('%s', (size, expected) => expect(bytes(size)).toBe(expected));

  it.each(['132', 'a lot MB', '3 XB'])('%s is none', (size) => expect(() => bytes(size)).toThrow('expected a size'));
});
