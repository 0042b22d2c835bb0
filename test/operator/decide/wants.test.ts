// Which canaries are wanted, and when the next look is due.
import { describe, expect, it } from '@jest/globals';
import { answered, facts, failed, Looks, rejected, silent, traffic } from '../../builders/look.ts';
import type { Sight } from '../../builders/look.ts';

const down = (...models: string[]): Sight => ({ probes: Object.fromEntries(models.map((name) => [name, [failed]])) });
const up = (...models: string[]): Sight => ({ probes: Object.fromEntries(models.map((name) => [name, [answered]])) });

describe('what decide wants next', () => {
  const wants = (run: (looks: Looks) => unknown, looks = new Looks()) => {
    run(looks);
    return looks.last?.canaries;
  };
  const suspicion = [{ target: 't-opus', purpose: 'Suspicion', proving: false, intervalMs: 3_000 }];
  const recovery = { target: 't-opus', purpose: 'Recovery', intervalMs: 3_000 };
  const healthy: Sight = up('opus', 'sonnet');

  it.each<[string, Sight]>([
    ['one uncleared failure of traffic', { traffic: [traffic('opus', { failures: 1 })] }],
    ['one uncleared timeout', { traffic: [traffic('opus', { timeouts: 1 })] }],
    ['a client that gave up', { traffic: [traffic('opus', { gaveUp: 1 })] }],
    ['a failed canary', { canaries: { opus: [failed] } }],
    ['another workflow’s failing traffic', { facts: { opus: facts({ suspect: true }) } }],
  ])('%s makes suspect', (_, sight) => {
    expect(wants((l) => l.well().look({ ...healthy, ...sight }))).toEqual(suspicion);
  });

  it.each<[string, Sight]>([
    ['healthy traffic', { traffic: [traffic('opus', { successes: 9 })] }],
    [
      'a failure that a success followed',
      { traffic: [traffic('opus', { successes: 1, failures: 1, trailingFailures: 0 })] },
    ],
    ['a failed free probe', down('opus')],
    ['a 429', { traffic: [traffic('opus', { throttles: 9 })] }],
    ['a blind operator', { probes: { opus: [silent] }, canaries: { opus: [silent] }, blind: true }],
  ])('%s does not', (_, sight) => expect(wants((l) => l.well().look(sight))).toEqual([]));

  it('a first contact needs no canary', () => expect(wants((l) => l.look())).toEqual([]));
  it('suspicion lasts until an inference succeeds', () => {
    const looks = new Looks().well();
    looks.look({ traffic: [traffic('opus', { gaveUp: 1 })] });
    expect(looks.look(healthy).canaries).toEqual(suspicion);
    expect(looks.look({ canaries: { opus: [answered] } }).canaries).toEqual([]);
  });
  it('an ill model wants proof, and quickly once it has begun', () => {
    const looks = new Looks().well().times(3, { canaries: { opus: [failed] } });
    expect(looks.last?.canaries).toEqual([{ ...recovery, proving: false }]);
    expect(looks.look({ canaries: { opus: [answered] } }).canaries).toEqual([{ ...recovery, proving: true }]);
    expect(looks.look({ canaries: { opus: [answered] } }).canaries).toEqual([
      { ...recovery, proving: false, fixedStepMs: 20_000 },
    ]);
  });
  it('a rejected credential is asked about once a minute', () => {
    expect(wants((l) => l.well().times(3, { probes: { opus: [rejected] } }))).toEqual([
      { ...recovery, proving: false, fixedStepMs: 60_000 },
    ]);
  });
  it('with canary Off none is ever wanted', () => {
    const off = new Looks({ probes: { canary: 'Off' } });
    expect(wants((l) => l.well().look({ traffic: [traffic('opus', { failures: 5 })] }), off)).toEqual([]);
  });

  it('looks again at the interval, or when a stabilization ends', () => {
    const looks = new Looks({ interval: '10s' }).well();
    expect(looks.last?.requeueAfterMs).toBe(10_000);
    looks.times(3, down('opus')).look(up('opus'));
    expect(looks.last?.requeueAfterMs).toBe(10_000);
    expect(looks.look({ ...up('opus'), afterMs: 2_000 }).requeueAfterMs).toBe(3_000);
  });
});
