// Patterns in RE2 syntax: the steps of looking for one grow with the text, and nothing else.
import { describe, expect, it } from '@jest/globals';
import { linearRegex } from '../../../../operator/gateway/checks/linear-regex.ts';
import { createWork, WorkSpent } from '../../../../operator/gateway/checks/work.ts';
import type { Work } from '../../../../operator/gateway/checks/work.ts';

/** A count that only adds up. */
function meter(): Work & { spent: number } {
  const work = { spent: 0, begin: () => {}, spend: (steps: number) => void (work.spent += steps) };
  return work;
}

describe('a pattern', () => {
  it.each([
    ['b+', 'abba', true],
    ['^b+$', 'abba', false],
    ['(?i)SEVERITY', 'severity', true],
    ['\\p{Greek}', 'α', true],
    ['(?s)a.b', 'a\nb', true],
    ['(?<year>\\d{4})', '2026', true],
  ])('%s in %j: %s', (pattern, text, found) => expect(linearRegex(pattern, createWork()).test(text)).toBe(found));

  it.each(['(?=a)', '(?!a)', '(?<=a)b', '(a)\\1', '(a', 'a{2000}', '((a{1,50}){1,50})'])('is refused: %s', (pattern) =>
    expect(() => linearRegex(pattern, createWork())).toThrow(),
  );

  // proves judging-is-bounded
  it.each(['(a+)+$', '^(a|a)*$', '(a*)*b', '(.*a){12}$'])('takes steps in proportion to the text: %s', (pattern) => {
    const work = meter();
    const regex = linearRegex(pattern, work);
    const stepsFor = (length: number) => {
      work.spent = 0;
      expect(regex.test(`${'a'.repeat(length)}!`)).toBe(false);
      return work.spent / (length + 1);
    };
    expect(stepsFor(100_000)).toBe(stepsFor(100));
  });

  it('is looked for no longer than a judgement may take', () => {
    const work = createWork(1_000);
    const regex = linearRegex('(a+)+$', work);
    work.begin();
    expect(() => regex.test('a'.repeat(1_000))).toThrow(WorkSpent);
    work.begin();
    expect(regex.test('aa')).toBe(true);
  });
});
