import { describe, expect, it } from '@jest/globals';
import { writeLane } from '../../../operator/kube/write-lane.ts';
import type { LaneLevel } from '../../../operator/kube/lane-lines.ts';
import { TransientError } from '../../../operator/errors.ts';
import { steppedClock } from '../../fakes/clock.ts';

function setUp(ratePerSecond = 200) {
  const clock = steppedClock();
  const lane = writeLane({ clock, ratePerSecond });
  const passed: string[] = [];
  const enter = (level: LaneLevel, times = 1) => {
    for (let n = 0; n < times; n += 1) void lane.enter(level).then(() => passed.push(level));
  };
  return { clock, lane, passed, enter };
}

describe('the lane of writes', () => {
  it('lets single writes pass at once', async () => {
    const { clock, passed, enter } = setUp();
    enter('status');
    await clock.advance(0);
    expect(passed).toEqual(['status']);
  });

  it('lets no more than its rate pass, and that many', async () => {
    const { clock, passed, enter } = setUp();
    enter('status', 2_000);
    for (let second = 1; second <= 5; second += 1) {
      await clock.advance(1_000);
      expect(passed.length).toBeLessThanOrEqual(200 * second + 20);
      expect(passed.length).toBeGreaterThanOrEqual(190 * second);
    }
  });

  it('lets what matters more go first, whenever it came', async () => {
    const { clock, passed, enter } = setUp(10);
    enter('event', 3);
    enter('status', 3);
    enter('urgent', 3);
    await clock.advance(2_000);
    // The first event had passed before anything else came.
    expect(passed).toEqual(['event', 'urgent', 'urgent', 'urgent', 'status', 'status', 'status', 'event', 'event']);
  });

  it('halves at 429, waits as long as it is told, and regains its width slowly', async () => {
    const { clock, lane, passed, enter } = setUp();
    enter('status', 1_000);
    await clock.advance(1_000);
    const before = passed.length;
    lane.slowDown(3_000);
    lane.slowDown(); // what was on its way at the same time
    expect(lane.rate()).toBe(100);
    await clock.advance(2_900);
    expect(passed.length).toBe(before);
    await clock.advance(1_100);
    expect(passed.length - before).toBeGreaterThan(80);
    expect(passed.length - before).toBeLessThan(170);
    await clock.advance(20_000);
    expect(lane.rate()).toBe(200);
  });

  it('never narrows to nothing', async () => {
    const { clock, lane, passed, enter } = setUp();
    for (let n = 0; n < 50; n += 1) {
      lane.slowDown();
      await clock.advance(1_000);
    }
    enter('urgent', 20);
    await clock.advance(4_000);
    expect(passed.length).toBe(20);
  });

  it('turns away who waits when it is closed', async () => {
    const { clock, lane } = setUp(1);
    await lane.enter('status');
    const waiting = lane.enter('status');
    lane.close();
    await expect(waiting).rejects.toThrow(TransientError);
    await expect(lane.enter('urgent')).rejects.toThrow(TransientError);
    expect(clock.pending()).toBe(0);
  });
});

describe('turns to write a status', () => {
  /** Workflows that look as soon as their turn comes and then write. */
  function setUpTurns(ratePerSecond: number) {
    const made = setUp(ratePerSecond);
    const written: string[] = [];
    const look = (uid: string, urgent = false) => {
      if (made.lane.take(uid, urgent, () => look(uid, urgent))) written.push(uid);
    };
    return { ...made, written, look };
  }

  it('are given at once while the lane is free', () => {
    const { written, look } = setUpTurns(10);
    look('a');
    expect(written).toEqual(['a']);
  });

  it('come at the rate of the lane, each once', async () => {
    const { clock, written, look } = setUpTurns(10);
    for (let n = 0; n < 50; n += 1) look(`w${n}`);
    await clock.advance(2_000);
    expect(written.length).toBeGreaterThanOrEqual(19);
    expect(written.length).toBeLessThanOrEqual(22);
    await clock.advance(10_000);
    expect(new Set(written).size).toBe(50);
    expect(written).toHaveLength(50);
  });

  it('go to route changes first, also when one who waits finds out later that it has one', async () => {
    const { clock, written, look } = setUpTurns(10);
    for (const uid of ['first', 'a', 'b', 'c']) look(uid);
    look('d', true);
    look('c', true);
    look('c'); // a later look that is not urgent loses nothing
    await clock.advance(2_000);
    expect(written).toEqual(['first', 'd', 'c', 'a', 'b']);
  });

  it('call whoever asked last, for the loop of an earlier term of leadership hears nothing', async () => {
    const { clock, lane, look } = setUpTurns(10);
    const called: string[] = [];
    look('first');
    for (const term of ['old', 'new']) lane.take('a', false, () => called.push(term));
    await clock.advance(1_000);
    expect(called).toEqual(['new']);
  });

  it('are not kept for who has nothing to write any more', async () => {
    const { clock, lane, written, look } = setUpTurns(10);
    for (const uid of ['first', 'a', 'b']) look(uid);
    lane.leave('a');
    await clock.advance(1_000);
    expect(written).toEqual(['first', 'b']);
    expect(lane.waiting()).toBe(0);
  });

  it('are lost when they are not used: saved up they would be a burst', async () => {
    const { clock, lane } = setUp(10);
    const ask = (uid: string) => lane.take(uid, false, () => {});
    expect(ask('first')).toBe(true);
    for (let n = 0; n < 40; n += 1) ask(`w${n}`);
    await clock.advance(20_000);
    const used = Array.from({ length: 40 }, (_, n) => ask(`w${n}`)).filter(Boolean);
    expect(used.length).toBeLessThanOrEqual(1);
  });

  it('wait for the API server when it takes longer than the rate allows for, and go on as soon as it answers', async () => {
    const { clock, lane } = setUp(200);
    const answers: (() => void)[] = [];
    const look = (uid: string) => {
      if (!lane.take(uid, false, () => look(uid))) return;
      void lane.during(() => new Promise<void>((resolve) => answers.push(resolve)));
    };
    for (let n = 0; n < 100; n += 1) look(`w${n}`);
    await clock.advance(10_000);
    expect(answers).toHaveLength(32);
    for (const answer of answers.splice(0, 5)) answer();
    await clock.advance(1_000);
    expect(answers).toHaveLength(32);
  });

  it('that nobody uses hold up the others for some seconds only', async () => {
    const { clock, lane, written, look } = setUpTurns(200);
    for (let n = 0; n < 60; n += 1) lane.take(`gone${n}`, true, () => {});
    look('a');
    await clock.advance(1_000);
    expect(written).toEqual([]);
    await clock.advance(5_000);
    expect(written).toEqual(['a']);
  });

  it('wait as long as the API server asks', async () => {
    const { clock, lane, written, look } = setUpTurns(10);
    lane.slowDown(3_000);
    look('a');
    await clock.advance(2_900);
    expect(written).toEqual([]);
    await clock.advance(200);
    expect(written).toEqual(['a']);
  });

  it('end with the lane', () => {
    const { clock, lane, written, look } = setUpTurns(1);
    look('a');
    look('b');
    lane.close();
    look('c');
    expect([written, lane.waiting(), clock.pending()]).toEqual([['a'], 0, 0]);
  });
});
