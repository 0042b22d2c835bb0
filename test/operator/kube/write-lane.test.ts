import { describe, expect, it } from '@jest/globals';
import { writeLane } from '../../../operator/kube/write-lane.ts';
import type { LaneLevel } from '../../../operator/kube/write-lane.ts';
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
