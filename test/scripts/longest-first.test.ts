import { describe, expect, it } from '@jest/globals';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { LONGEST, longestFirst } from '../../scripts/longest-first.ts';

const cluster = join(import.meta.dirname, '../cluster');
const suite = (name: string) => ({ path: join(cluster, name) });

describe('the order of the cluster suites', () => {
  it.each(LONGEST)('%s, which it names, is there', (name) => {
    expect(existsSync(join(cluster, name))).toBe(true);
  });

  it('is the longest first, then the others by name, however they come', () => {
    const [longest = '', next = ''] = LONGEST;
    const expected = [longest, next, 'a.test.ts', 'b.test.ts'].map(suite);
    expect(longestFirst(expected.toReversed())).toEqual(expected);
    expect(longestFirst([2, 0, 3, 1].map((index) => expected[index] ?? suite('none')))).toEqual(expected);
  });
});
