import { describe, expect, it } from '@jest/globals';
import { durationMs } from '../../../lib/api/duration.ts';

describe('durationMs', () => {
  it.each([
    ['3s', 3_000],
    ['1m30s', 90_000],
    ['250ms', 250],
    ['1h', 3_600_000],
  ])('reads %s', (text, expected) => expect(durationMs(text)).toBe(expected));

  it.each(['', '3', 's', '-1s', '1.5s', '3s '])('refuses %j and says what was expected', (text) =>
    expect(() => durationMs(text)).toThrow('expected a duration such as 3s'),
  );
});
