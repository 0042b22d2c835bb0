// Losses between the end of a span and a collector: counted, and told once in a while.
import { beforeEach, describe, expect, it } from '@jest/globals';
import { Losses } from '../../../operator/telemetry/bounded-spans.ts';

let now: number;
let told: unknown[];
let losses: Losses;
beforeEach(() => {
  now = 1_000;
  told = [];
  const log = {
    warn: (sentence: string, fields?: object) => void told.push([sentence.split(':')[0]?.split(';')[0], fields]),
  };
  losses = new Losses({ maxWaiting: 2, now: () => now, log });
});

describe('spans that wait', () => {
  it('are no more than the bound, and there is room again for those that were sent', () => {
    expect([losses.enter(), losses.enter(), losses.enter()]).toEqual([true, true, false]);
    losses.leave(1);
    expect([losses.enter(), losses.enter()]).toEqual([true, false]);
  });
});

describe('what is lost', () => {
  it('is told at once, then once a minute with all that came together', () => {
    losses.unsent(3, Object.assign(new Error('sk-secret'), { code: 'ECONNREFUSED' }));
    now += 59_999;
    losses.unsent(4, new Error('x'));
    now += 1;
    losses.unsent(5, 'no error at all');
    expect(told).toEqual([
      ['spans could not be sent', { spans: 3, error: 'Error', code: 'ECONNREFUSED' }],
      ['spans could not be sent', { spans: 9, error: 'unknown' }],
    ]);
  });

  it('in one way hides nothing of the other', () => {
    losses.unsent(1, new TypeError('x'));
    for (let i = 0; i < 4; i += 1) losses.enter();
    expect(told).toEqual([
      ['spans could not be sent', { spans: 1, error: 'TypeError' }],
      ['spans are dropped', { spans: 1 }],
    ]);
  });
});
