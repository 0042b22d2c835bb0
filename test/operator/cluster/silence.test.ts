import { describe, expect, it } from '@jest/globals';
import { longestSilenceMs } from '../../../operator/cluster/silence.ts';

describe('a leader that looks at nothing counts as stuck', () => {
  it.each([
    ['after a minute with the usual interval', ['3s'], 60_000],
    ['after a minute when one of many looks is frequent', ['5m', '3s', '1m'], 60_000],
    ['after two intervals where all are long', ['5m', '2m'], 240_000],
    ['never without workflows', [], Infinity],
  ])('%s', (_, intervals, expected) => {
    expect(longestSilenceMs(intervals)).toBe(expected);
  });
});
