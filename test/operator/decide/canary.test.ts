import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { canaryEnded, initialCanaryState, planCanary } from '../../../operator/decide/canary.ts';
import type { CanaryState } from '../../../operator/decide/canary.ts';
import type { CanaryPurpose, CanaryWant, Outcome } from '../../../operator/decide/types.ts';
import { answered, failed, invalidCanary, START } from '../../builders/look.ts';

const HOUR_MS = 3_600_000;

const want = (part: Partial<CanaryWant> = {}): CanaryWant => ({
  target: 't',
  purpose: 'Recovery',
  proving: false,
  intervalMs: 3_000,
  ...part,
});
const suspicion = want({ purpose: 'Suspicion' });

interface Question {
  readonly wants?: readonly CanaryWant[];
  readonly state?: CanaryState;
  readonly probeFailing?: boolean;
  readonly maxPerHour?: number;
  readonly now?: number;
}
const plan = ({
  wants = [want()],
  state = initialCanaryState(),
  probeFailing = false,
  maxPerHour = 240,
  now = START,
}: Question) => planCanary({ wants, state, settings: { timeoutMs: 10_000, maxPerHour }, facts: { probeFailing }, now });

/** Canaries that start when they are due and take `tookMs`; the times of their starts, since the first. */
function starts(wants: readonly CanaryWant[], outcomes: readonly Outcome[], tookMs = 200): number[] {
  let [state, now] = [initialCanaryState(), START];
  return outcomes.map((outcome) => {
    const { startAt = Number.NaN, purpose } = plan({ wants, state, now });
    now = startAt + tookMs;
    state = canaryEnded(state, outcome, startAt, now, now, purpose);
    return startAt - START;
  });
}
const many = (count: number, outcome: Outcome): Outcome[] => Array.from({ length: count }, () => outcome);
const gaps = (times: readonly number[]) => times.slice(1).map((at, index) => at - (times[index] ?? 0));

describe('the next canary', () => {
  it('is none while nobody wants one', () => expect(plan({ wants: [] })).toEqual({ budgetSpent: false }));

  it('starts at once when a target becomes suspect or ill', () => {
    expect(plan({ wants: [suspicion] })).toMatchObject({ startAt: START, purpose: 'Suspicion' });
    expect(plan({})).toMatchObject({ startAt: START, purpose: 'Recovery' });
  });

  const rows: [string, readonly CanaryWant[], readonly Outcome[], number, readonly number[]][] = [
    ['under suspicion comes at the interval', [suspicion], many(4, failed), 200, [3_000, 3_000, 3_000]],
    [
      'at the shortest interval of those who suspect',
      [suspicion, want({ purpose: 'Suspicion', intervalMs: 1_000 })],
      many(3, failed),
      200,
      [1_000, 1_000],
    ],
    [
      'of a recovery backs off from 3 s to 20 s, start to start',
      [want()],
      many(7, failed),
      200,
      [3_000, 6_000, 12_000, 20_000, 20_000, 20_000],
    ],
    [
      'backs off from start to start however long it takes',
      [want()],
      many(5, failed),
      2_900,
      [3_000, 6_000, 12_000, 20_000],
    ],
    ['never overlaps the one before', [want()], many(2, failed), 10_000, [10_000]],
    [
      'follows 3 s after the start of the last while proving',
      [want({ proving: true })],
      many(3, answered),
      200,
      [3_000, 3_000],
    ],
    [
      'while proving waits for the end of a slow one',
      [want({ proving: true })],
      many(3, answered),
      4_000,
      [4_000, 4_000],
    ],
    [
      'has a fixed step where time does not heal',
      [want({ fixedStepMs: 60_000 })],
      many(4, failed),
      200,
      [60_000, 60_000, 60_000],
    ],
    ['proves quickly there, too', [want({ fixedStepMs: 60_000, proving: true })], many(2, answered), 200, [3_000]],
    [
      'doubles its gap up to 60 s while it is refused as invalid',
      [suspicion],
      many(7, invalidCanary),
      200,
      [6_000, 12_000, 24_000, 48_000, 60_000, 60_000],
    ],
    ['waits as long as a 429 says', [want()], many(2, { kind: 'throttled', retryAfterMs: 90_000 }), 200, [90_200]],
    [
      'never waits longer than 10 min for a 429',
      [want()],
      many(2, { kind: 'throttled', retryAfterMs: HOUR_MS }),
      200,
      [600_200],
    ],
  ];
  it.each(rows)('%s', (_, wants, outcomes, tookMs, expected) =>
    expect(gaps(starts(wants, outcomes, tookMs))).toEqual(expected),
  );

  it('starts its steps afresh after a recovery, but not after a single success', () => {
    const deep = [...many(5, failed)];
    expect(gaps(starts([want()], [...deep, answered, failed, failed])).at(-1)).toBe(20_000);
    expect(gaps(starts([want()], [...deep, answered, answered, failed, failed])).at(-1)).toBe(3_000);
  });

  it('of a recovery is not sent while the latest free probe failed; one of suspicion is', () => {
    expect(plan({ probeFailing: true })).toEqual({ budgetSpent: false });
    expect(plan({ wants: [want(), suspicion], probeFailing: true })).toMatchObject({ purpose: 'Suspicion' });
  });

  const spent = (count: number, purpose: CanaryPurpose): CanaryState => {
    let state = initialCanaryState();
    for (let n = 0; n < count; n += 1)
      state = canaryEnded(state, answered, START + n * 1_000, START + n * 1_000, START + n * 1_000, purpose);
    return state;
  };

  it('of suspicion leaves 200 of 240 an hour for recovery', () => {
    const now = START + 100_000;
    expect(plan({ wants: [suspicion], state: spent(39, 'Suspicion'), now })).toMatchObject({
      startAt: now,
      budgetSpent: false,
    });
    const out = spent(40, 'Suspicion');
    expect(plan({ wants: [suspicion], state: out, now })).toMatchObject({
      startAt: START + HOUR_MS,
      budgetSpent: true,
    });
    expect(plan({ wants: [suspicion, want()], state: out, now })).toMatchObject({ startAt: now, purpose: 'Recovery' });
  });

  it('never exceeds the hour, and comes back when the hour has rolled on', () => {
    const state = spent(240, 'Recovery');
    expect(plan({ state, now: START + 300_000 })).toMatchObject({ startAt: START + HOUR_MS, budgetSpent: true });
    expect(plan({ state, now: START + HOUR_MS + 1 })).toMatchObject({ budgetSpent: false });
  });

  it('is never sent when nothing may be spent', () => {
    expect(plan({ maxPerHour: 0 })).toEqual({ budgetSpent: true });
    expect(plan({ wants: [suspicion], maxPerHour: 0 })).toEqual({ budgetSpent: true });
  });

  it('stays in its budget whatever is wanted and whatever comes of it', () => {
    const outcome = fc.constantFrom<Outcome>(answered, failed, invalidCanary, { kind: 'throttled' });
    const wanted = fc.record({ wants: fc.subarray([want(), want({ proving: true }), suspicion]), outcome });
    fc.assert(
      fc.property(
        fc.array(wanted, { minLength: 80, maxLength: 200 }),
        fc.integer({ min: 1, max: 60 }),
        (steps, maxPerHour) => {
          let [state, now] = [initialCanaryState(), START];
          const sent: { readonly at: number; readonly purpose: CanaryPurpose | undefined }[] = [];
          for (const step of steps) {
            const { startAt, purpose } = plan({ wants: step.wants, state, maxPerHour, now });
            if (startAt === undefined) continue;
            expect(startAt).toBeGreaterThanOrEqual(now);
            now = startAt + 100;
            state = canaryEnded(state, step.outcome, startAt, now, now, purpose);
            sent.push({ at: startAt, purpose });
          }
          for (const { at } of sent) {
            const hour = sent.filter((other) => other.at >= at && other.at < at + HOUR_MS);
            expect(hour.length).toBeLessThanOrEqual(maxPerHour);
            const own = hour.filter(({ purpose }) => purpose === 'Suspicion').length;
            expect(own).toBeLessThanOrEqual(Math.ceil(maxPerHour / 6));
          }
        },
      ),
      { numRuns: 50 },
    );
  });
});
