import { describe, expect, it } from '@jest/globals';
import { ANSWERED, gaps, INVALID, OVERLOADED, setup, target, UNSUPPORTED, want } from './watched-world.ts';

describe('free probes', () => {
  // proves shared-probes
  it('of one target are one for all its users, at once and then on fixed slots', async () => {
    const { clock, use, probes } = setup();
    const start = clock.now();
    for (let index = 0; index < 1_000; index += 1) use(`w${index}`, [target('a')]);
    await clock.advance(30_000);
    expect(probes[0]?.at).toBe(start);
    expect(gaps(probes.slice(1))).toEqual(new Array(9).fill(3_000));
  });

  it('go at the shortest interval and the longest timeout, which never reaches into the next slot', async () => {
    const { clock, use, watch, probes } = setup();
    use('slow', [target('a')], { intervalMs: 60_000, timeoutMs: 30_000 });
    use('fast', [target('a')], { intervalMs: 5_000, timeoutMs: 1_000 });
    await clock.advance(20_000);
    expect(gaps(probes).slice(1)).toEqual([5_000, 5_000, 5_000]);
    expect(probes.at(-1)?.timeoutMs).toBe(4_500);
    watch.drop('fast');
    await clock.advance(240_000);
    expect(gaps(probes).at(-1)).toBe(60_000);
    expect(probes.at(-1)?.timeoutMs).toBe(30_000);
  });

  it('never overlap themselves', async () => {
    const { clock, use, probes, world } = setup();
    world.probeTakesMs = 7_000;
    use('w', [target('a')]);
    await clock.advance(60_000);
    expect(world.most).toBe(1);
    expect(Math.min(...gaps(probes))).toBeGreaterThanOrEqual(7_000);
  });

  it('that cannot be asked come ever more seldom, up to a minute, and at the interval again once they can', async () => {
    const { clock, use, probes, watch, world } = setup();
    world.probe = () => UNSUPPORTED;
    use('w', [target('a')]);
    await clock.advance(400_000);
    const seen = gaps(probes).slice(1);
    expect(seen.slice(0, 4)).toEqual([12_000, 24_000, 48_000, 60_000]);
    expect(seen.at(-1)).toBe(60_000);
    expect(watch.facts('w')['a']?.couldNotAskRun).toBe(probes.length);
    world.probe = () => ANSWERED;
    await clock.advance(72_000);
    expect(gaps(probes).at(-1)).toBe(3_000);
    expect(watch.facts('w')['a']?.couldNotAskRun).toBe(0);
  });

  it('go at once when the credential is another one, and what was seen with the old one is forgotten', async () => {
    const { clock, use, probes, watch, world } = setup();
    world.probe = () => ({ kind: 'failed', reason: 'CredentialRejected', httpStatus: 401 });
    use('w', [target('a')]);
    await clock.advance(0);
    expect(watch.facts('w')['a']?.probeFailing).toBe(true);
    world.probe = () => ANSWERED;
    const edited = clock.now();
    use('w', [target('a', { credentialVersion: 2 })]);
    await clock.advance(0);
    expect(probes.map((probe) => probe.at)).toEqual([edited, edited]);
    expect(watch.evidence('w').map((one) => one.outcome)).toEqual([ANSWERED]);
    expect(watch.facts('w')['a']?.probeFailing).toBe(false);
  });

  it('that were started with the old credential do not count', async () => {
    const { clock, use, watch, world, ends } = setup();
    world.probeTakesMs = 1_000;
    world.probe = () => OVERLOADED;
    use('w', [target('a')]);
    await clock.advance(500);
    use('w', [target('a', { credentialVersion: 2 })]);
    world.probe = () => ANSWERED;
    await clock.advance(1_100);
    expect(ends.map((end) => end.outcome)).toEqual([ANSWERED]);
    expect(watch.evidence('w')).toHaveLength(1);
  });

  it('end with the last user, and leave nothing behind', async () => {
    const { clock, use, watch, probes } = setup();
    use('w', [target('a'), target('b')]);
    await clock.advance(10);
    use('w', [target('b')]);
    const before = probes.filter((probe) => probe.target === 'a').length;
    await clock.advance(10_000);
    expect(probes.filter((probe) => probe.target === 'a')).toHaveLength(before);
    watch.drop('w');
    await clock.advance(1);
    expect(clock.pending()).toBe(0);
    expect(watch.facts('w')).toEqual({});
  });

  it('that run are ended by stop', async () => {
    const { clock, use, watch, world, ends } = setup();
    world.probeTakesMs = 1_000_000;
    use('w', [target('a')]);
    await clock.advance(10);
    await watch.stop();
    expect(clock.pending()).toBe(0);
    expect(ends).toEqual([]);
  });
});

describe('evidence', () => {
  it('reaches each user once, ascending over all its targets', async () => {
    const { clock, use, watch } = setup();
    use('w', [target('a'), target('b')]);
    use('v', [target('b')]);
    watch.evidence('w');
    watch.evidence('v');
    await clock.advance(9_000);
    const first = watch.evidence('w');
    const sequences = first.map((one) => one.sequence);
    expect(sequences).toEqual([...sequences].sort((x, y) => x - y));
    expect(new Set(sequences).size).toBe(first.length);
    expect(new Set(first.map((one) => one.target))).toEqual(new Set(['a', 'b']));
    expect(watch.evidence('w')).toEqual([]);
    expect(watch.evidence('v').map((one) => one.target)).toContain('b');
    await clock.advance(3_000);
    expect(watch.evidence('w').every((one) => one.sequence > (sequences.at(-1) ?? 0))).toBe(true);
  });

  it('of the time before it came is not the history of a new user; only the latest is', async () => {
    const { clock, use, watch, world } = setup();
    world.probe = () => OVERLOADED;
    use('old', [target('a')]);
    await clock.advance(30_000);
    world.probe = () => ANSWERED;
    await clock.advance(3_000);
    use('new', [target('a')]);
    expect(watch.evidence('new').map((one) => one.outcome)).toEqual([ANSWERED]);
  });

  it('is bounded for a user that does not look', async () => {
    const { clock, use, watch } = setup();
    use('w', [target('a')]);
    watch.evidence('w');
    await clock.advance(3_000 * 400);
    expect(watch.evidence('w')).toHaveLength(256);
  });
});

describe('canaries', () => {
  it('are sent only when wanted, at once, and one for all who want it', async () => {
    const { clock, use, watch, canaries } = setup();
    for (const uid of ['u', 'v', 'w']) use(uid, [target('a')]);
    await clock.advance(10_000);
    expect(canaries).toHaveLength(0);
    const wanted = clock.now();
    for (const uid of ['u', 'v', 'w']) watch.wantCanaries(uid, [want('a')]);
    await clock.advance(1_000);
    expect(canaries).toEqual([{ target: 'a', at: wanted }]);
    for (const uid of ['u', 'v', 'w']) watch.wantCanaries(uid, []);
    await clock.advance(60_000);
    expect(canaries).toHaveLength(1);
    expect(watch.facts('w')['a']?.nextCanaryAt).toBeUndefined();
  });

  it('go on at the interval while suspicion lasts, and their end is evidence of inference', async () => {
    const { clock, use, watch, canaries, world, ends } = setup();
    world.canary = () => OVERLOADED;
    use('w', [target('a')]);
    await clock.advance(10);
    watch.evidence('w');
    watch.wantCanaries('w', [want('a')]);
    await clock.advance(9_000);
    expect(gaps(canaries)).toEqual([3_000, 3_000, 3_000]);
    const inference = watch.evidence('w').filter((one) => one.rank === 'Inference');
    expect(inference.map((one) => one.outcome)).toEqual([OVERLOADED, OVERLOADED, OVERLOADED, OVERLOADED]);
    expect(ends.filter((end) => end.rank === 'Inference').map((end) => end.users())).toContainEqual(['default/w']);
  });

  it('never overlap and never delay a probe', async () => {
    const { clock, use, watch, canaries, probes, world } = setup();
    world.canaryTakesMs = 10_000;
    use('w', [target('a')]);
    await clock.advance(10);
    watch.wantCanaries('w', [want('a')]);
    await clock.advance(60_000);
    expect(world.most).toBe(1 + 1);
    expect(Math.min(...gaps(canaries))).toBe(10_000);
    expect(gaps(probes.slice(1)).every((gap) => gap === 3_000)).toBe(true);
  });

  it('are not paid for by a replica that may not', async () => {
    const { clock, use, watch, canaries, world } = setup();
    world.mayPay = false;
    use('w', [target('a')]);
    watch.wantCanaries('w', [want('a')]);
    await clock.advance(30_000);
    expect(canaries).toHaveLength(0);
    world.mayPay = true;
    await clock.advance(1_000);
    expect(canaries).toHaveLength(1);
  });

  it('for recovery wait while the free probe fails, and start when it is answered', async () => {
    const { clock, use, watch, canaries, world } = setup();
    world.probe = () => OVERLOADED;
    use('w', [target('a')]);
    await clock.advance(10);
    watch.wantCanaries('w', [want('a', { purpose: 'Recovery' })]);
    await clock.advance(30_000);
    expect(canaries).toHaveLength(0);
    world.probe = () => ANSWERED;
    await clock.advance(3_000);
    expect(canaries).toHaveLength(1);
  });

  it('refused as invalid are told in the facts until one is not', async () => {
    const { clock, use, watch, world } = setup();
    world.canary = () => INVALID;
    use('w', [target('a')]);
    await clock.advance(10);
    watch.wantCanaries('w', [want('a')]);
    await clock.advance(10);
    expect(watch.facts('w')['a']?.canaryInvalid).toBe(true);
    world.canary = () => OVERLOADED;
    await clock.advance(120_000);
    expect(watch.facts('w')['a']?.canaryInvalid).toBe(false);
  });

  it('stop at the budget, and the facts say so', async () => {
    const { clock, use, watch, canaries, world } = setup();
    world.canary = () => OVERLOADED;
    const cheap = target('a', { canary: { prompt: 'p', maxTokens: 8, timeoutMs: 10_000, maxPerHour: 6 } });
    use('w', [cheap]);
    await clock.advance(10);
    watch.wantCanaries('w', [want('a', { purpose: 'Recovery' })]);
    await clock.advance(1_800_000);
    expect(canaries).toHaveLength(6);
    expect(watch.facts('w')['a']?.canaryBudgetSpent).toBe(true);
    expect(watch.outOfBudget()).toBe(1);
  });
});

describe('suspicion', () => {
  it("comes from other workflows' traffic, not from one's own", () => {
    const { use, watch } = setup();
    use('u', [target('a')]);
    use('v', [target('a')]);
    watch.suspect('u', 'a');
    expect(watch.facts('v')['a']?.suspect).toBe(true);
    expect(watch.facts('u')['a']?.suspect).toBe(false);
    watch.suspect('v', 'a');
    expect(watch.facts('u')['a']?.suspect).toBe(true);
  });

  it('ends with a canary that is answered, but not with a free probe', async () => {
    const { clock, use, watch } = setup();
    use('u', [target('a')]);
    use('v', [target('a')]);
    watch.suspect('u', 'a');
    await clock.advance(9_000);
    expect(watch.facts('v')['a']?.suspect).toBe(true);
    watch.wantCanaries('v', [want('a')]);
    await clock.advance(10);
    expect(watch.facts('v')['a']?.suspect).toBe(false);
  });

  it('ends with the workflow that raised it', () => {
    const { use, watch } = setup();
    use('u', [target('a')]);
    use('v', [target('a')]);
    watch.suspect('u', 'a');
    watch.drop('u');
    expect(watch.facts('v')['a']?.suspect).toBe(false);
  });
});
