import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { backoffMs } from '../../../operator/queue/backoff.ts';
import { createDelayHeap } from '../../../operator/queue/delay-heap.ts';
import { nextSlot } from '../../../operator/queue/slots.ts';

const interval = fc.integer({ min: 1_000, max: 300_000 });
const time = fc.integer({ min: 1_700_000_000_000, max: 1_900_000_000_000 });

describe('slots', () => {
  it('lie strictly after now and at most one interval away, for every key', () => {
    fc.assert(
      fc.property(fc.string(), interval, time, (key, intervalMs, now) => {
        const slot = nextSlot(key, intervalMs, now);
        expect(slot).toBeGreaterThan(now);
        expect(slot).toBeLessThanOrEqual(now + intervalMs);
      }),
    );
  });

  it('are exactly one interval apart, from wherever one looks', () => {
    fc.assert(
      fc.property(
        fc.string(),
        interval,
        time,
        fc.integer({ min: 0, max: 10_000_000 }),
        (key, intervalMs, now, laterMs) => {
          const distance = nextSlot(key, intervalMs, now + laterMs) - nextSlot(key, intervalMs, now);
          expect(distance % intervalMs).toBe(0);
        },
      ),
    );
  });

  it('spread keys over the interval', () => {
    const tenths = new Array<number>(10).fill(0);
    for (let index = 0; index < 10_000; index += 1) {
      const tenth = Math.floor(((nextSlot(`team-${index % 40}/workflow-${index}`, 3_000, 0) - 1) % 3_000) / 300);
      tenths[tenth] = (tenths[tenth] ?? 0) + 1;
    }
    for (const count of tenths) expect(count).toBeGreaterThan(700);
  });
});

describe('the delay heap', () => {
  it('gives keys in order of time, each once, at the earliest time it was asked to wait for', () => {
    const steps = fc.array(
      fc.record({
        key: fc.constantFrom('a', 'b', 'c', 'd', 'e'),
        at: fc.integer({ min: 0, max: 50 }),
        remove: fc.boolean(),
      }),
      { maxLength: 300 },
    );
    fc.assert(
      fc.property(steps, (all) => {
        const heap = createDelayHeap();
        const model = new Map<string, number>();
        for (const step of all) {
          if (step.remove) {
            heap.remove(step.key);
            model.delete(step.key);
          } else {
            heap.add(step.key, step.at);
            model.set(step.key, Math.min(model.get(step.key) ?? Infinity, step.at));
          }
        }
        expect(heap.size()).toBe(model.size);
        const taken: (readonly [string, number])[] = [];
        for (let due = heap.takeDue(100); due; due = heap.takeDue(100)) taken.push([due.key, due.at]);
        expect(taken.map(([, at]) => at)).toEqual([...model.values()].sort((x, y) => x - y));
        expect(new Map(taken)).toEqual(model);
      }),
    );
  });

  it('gives nothing before its time', () => {
    const heap = createDelayHeap();
    heap.add('a', 10);
    expect(heap.takeDue(9)).toBeUndefined();
    expect(heap.nextAt()).toBe(10);
    expect(heap.takeDue(10)).toEqual({ key: 'a', at: 10 });
    expect(heap.nextAt()).toBeUndefined();
  });
});

describe('back-off', () => {
  it.each([
    [1, 5],
    [2, 10],
    [3, 20],
    [13, 20_480],
    [14, 30_000],
    [10_000, 30_000],
  ])('after %d errors is %d ms', (attempts, expected) => expect(backoffMs(attempts)).toBe(expected));
});
