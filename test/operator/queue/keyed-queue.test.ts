import { describe, expect, it } from '@jest/globals';
import type { Clock } from '../../../operator/clock.ts';
import { TerminalError, TransientError } from '../../../operator/errors.ts';
import { backoffMs } from '../../../operator/queue/backoff.ts';
import { keyedQueue } from '../../../operator/queue/keyed-queue.ts';
import type { KeyedQueueOptions } from '../../../operator/queue/keyed-queue.ts';
import { nextSlot } from '../../../operator/queue/slots.ts';
import { steppedClock } from '../../fakes/clock.ts';

interface Visit {
  readonly key: string;
  readonly at: number;
}

function afterError(error: unknown, attempts: number): number | undefined {
  if (error instanceof TerminalError) return undefined;
  if (error instanceof TransientError && error.retryAfterMs !== undefined) return error.retryAfterMs;
  return backoffMs(attempts);
}

function setup(options: Partial<KeyedQueueOptions> = {}) {
  const clock = steppedClock();
  const visits: Visit[] = [];
  const run = options.run ?? (() => Promise.resolve<number | undefined>(3_000));
  const queue = keyedQueue({
    clock,
    concurrency: 4,
    afterError,
    ...options,
    run: (key) => {
      visits.push({ key, at: clock.now() });
      return run(key);
    },
  });
  const wait = (ms: number) => new Promise<void>((resolve) => void clock.after(ms, resolve));
  const keys = () => visits.map((visit) => visit.key);
  return { clock, visits, keys, queue, wait };
}

describe('a key', () => {
  it('is visited once, however often it is enqueued before its turn', async () => {
    const { clock, keys, queue } = setup({ run: () => Promise.resolve(undefined) });
    for (let index = 0; index < 10; index += 1) queue.enqueue('a');
    queue.start();
    await clock.advance(100_000);
    expect(keys()).toEqual(['a']);
    expect(queue.size()).toEqual({ ready: 0, processing: 0, waiting: 0 });
  });

  // proves one-look-at-a-time
  it('is never visited twice at once; enqueued meanwhile, it is visited once more afterwards', async () => {
    let inside = 0;
    let most = 0;
    const { clock, keys, queue, wait } = setup({
      run: async () => {
        inside += 1;
        most = Math.max(most, inside);
        await wait(50);
        inside -= 1;
        return undefined;
      },
    });
    queue.start();
    queue.enqueue('a');
    await clock.advance(10);
    for (let index = 0; index < 5; index += 1) queue.enqueue('a');
    await clock.advance(30);
    expect(keys()).toEqual(['a']);
    await clock.advance(1_000);
    expect(keys()).toEqual(['a', 'a']);
    expect(most).toBe(1);
  });

  it('that is gone is never looked at again', async () => {
    const { clock, keys, queue } = setup({ run: () => Promise.resolve(undefined) });
    queue.start();
    queue.enqueue('a');
    await clock.advance(60_000);
    expect(keys()).toEqual(['a']);
    expect(clock.pending()).toBe(0);
  });
});

describe('timed looks', () => {
  // proves one-look-at-a-time
  it('land on the slots of the key and do not drift, however long a visit takes', async () => {
    const { clock, visits, queue, wait } = setup({
      run: async () => {
        await wait(700);
        return 3_000;
      },
    });
    const start = clock.now();
    queue.start();
    queue.enqueue('default/a');
    await clock.advance(60_000);
    const timed = visits.slice(1).map((visit) => visit.at);
    expect(timed[0]).toBe(nextSlot('default/a', 3_000, start + 700));
    timed.forEach((at, index) => expect(at).toBe((timed[0] ?? 0) + index * 3_000));
    expect(timed.length).toBeGreaterThanOrEqual(19);
  });

  it('that were missed during a long visit are one look', async () => {
    let first = true;
    const { clock, visits, queue, wait } = setup({
      run: async () => {
        if (first) await wait(10_000);
        first = false;
        return 3_000;
      },
    });
    queue.start();
    queue.enqueue('a');
    const start = clock.now();
    await clock.advance(13_000);
    const after = visits.slice(1).filter((visit) => visit.at <= start + 13_000);
    expect(after).toHaveLength(1);
  });

  it('are not moved by an edit between them', async () => {
    const { clock, visits, queue } = setup();
    queue.start();
    queue.enqueue('a');
    await clock.advance(3_000);
    const slot = visits.at(-1)?.at ?? 0;
    await clock.advance(slot + 1_234 - clock.now());
    queue.enqueue('a');
    await clock.advance(3_000);
    expect(visits.at(-2)?.at).toBe(slot + 1_234);
    expect(visits.at(-1)?.at).toBe(slot + 3_000);
  });

  it('shorter than the interval come exactly then, and the slots stay', async () => {
    const answers = [3_000, 400, 3_000];
    const { clock, visits, queue } = setup({
      run: () => Promise.resolve(answers.shift() ?? 3_000),
      intervalMs: () => 3_000,
    });
    queue.start();
    queue.enqueue('a');
    await clock.advance(10_000);
    const [, slot, early, next] = visits.map((visit) => visit.at);
    expect((early ?? 0) - (slot ?? 0)).toBe(400);
    expect((next ?? 0) - (slot ?? 0)).toBe(3_000);
  });

  it('take one timer, not one for each key', async () => {
    const { clock, visits, queue } = setup({ concurrency: 100 });
    queue.start();
    for (let index = 0; index < 1_000; index += 1) queue.enqueue(`k${index}`);
    await clock.advance(0);
    expect(queue.size().waiting).toBe(1_000);
    expect(clock.pending()).toBe(1);
    await clock.advance(3_000);
    expect(visits).toHaveLength(2_000);
  });
});

describe('enqueueAt', () => {
  it('only ever moves a look earlier', async () => {
    const { clock, visits, queue } = setup({ run: () => Promise.resolve(undefined) });
    const start = clock.now();
    queue.start();
    queue.enqueueAt('a', start + 500);
    queue.enqueueAt('a', start + 900);
    queue.enqueueAt('b', start + 900);
    queue.enqueueAt('b', start + 200);
    await clock.advance(5_000);
    expect(visits).toEqual([
      { key: 'b', at: start + 200 },
      { key: 'a', at: start + 500 },
    ]);
  });
});

describe('order', () => {
  it('puts edits before periodic looks, but lets a periodic one through after a run of eight', async () => {
    const { clock, keys, queue } = setup({ concurrency: 1, run: () => Promise.resolve(undefined) });
    for (let index = 0; index < 3; index += 1) queue.enqueue(`p${index}`, 'periodic');
    for (let index = 0; index < 10; index += 1) queue.enqueue(`u${index}`);
    queue.enqueue('p2');
    queue.start();
    await clock.advance(1);
    expect(keys()).toEqual(['u0', 'u1', 'u2', 'u3', 'u4', 'u5', 'u6', 'u7', 'p0', 'u8', 'u9', 'p2', 'p1']);
  });

  it('keeps to the concurrency', async () => {
    let inside = 0;
    let most = 0;
    const { clock, queue, keys, wait } = setup({
      concurrency: 3,
      run: async () => {
        inside += 1;
        most = Math.max(most, inside);
        await wait(10);
        inside -= 1;
        return undefined;
      },
    });
    queue.start();
    for (let index = 0; index < 20; index += 1) queue.enqueue(`k${index}`);
    await clock.advance(1_000);
    expect(most).toBe(3);
    expect(keys()).toHaveLength(20);
  });

  it('tells how late a visit started', async () => {
    const lags: number[] = [];
    const { clock, queue, wait } = setup({
      concurrency: 1,
      run: async () => {
        await wait(40);
        return undefined;
      },
      onLag: (lagMs) => lags.push(lagMs),
    });
    queue.start();
    queue.enqueue('a');
    queue.enqueue('b');
    await clock.advance(1_000);
    expect(lags).toEqual([0, 40]);
  });
});

describe('after an error', () => {
  const rows: readonly { name: string; error: Error; gaps: readonly number[] }[] = [
    {
      name: 'a transient one is tried again, with doubling waits',
      error: new TransientError('x'),
      gaps: [5, 10, 20, 40],
    },
    {
      name: 'a transient one with a wish gets it',
      error: new TransientError('x', { retryAfterMs: 2_000 }),
      gaps: [2_000, 2_000],
    },
    { name: 'a bug is tried again like a transient one', error: new RangeError('x'), gaps: [5, 10, 20] },
    { name: 'a terminal one waits', error: new TerminalError('InvalidSpec', 'x'), gaps: [] },
  ];
  it.each(rows)('$name', async ({ error, gaps }) => {
    const told: unknown[] = [];
    const { clock, visits, queue } = setup({
      run: () => Promise.reject(error),
      onError: (key, seen, attempts, retryAfterMs) => told.push([key, seen, attempts, retryAfterMs]),
    });
    queue.start();
    queue.enqueue('a');
    await clock.advance(gaps.reduce((sum, gap) => sum + gap, 0) + (gaps.length === 0 ? 600_000 : 0));
    const seen = visits.slice(1).map((visit, index) => visit.at - (visits[index]?.at ?? 0));
    expect(seen).toEqual(gaps);
    expect(told).toHaveLength(gaps.length + 1);
    expect(told[0]).toEqual(['a', error, 1, gaps[0]]);
  });

  it('a terminal one waits for an edit, and then starts afresh', async () => {
    const errors = [new TerminalError('InvalidSpec', 'x')];
    const { clock, keys, queue } = setup({
      run: () => {
        const error = errors.pop();
        return error === undefined ? Promise.resolve(3_000) : Promise.reject(error);
      },
    });
    queue.start();
    queue.enqueue('a');
    await clock.advance(60_000);
    expect(keys()).toEqual(['a']);
    queue.enqueue('a');
    await clock.advance(6_000);
    expect(keys().length).toBeGreaterThanOrEqual(3);
  });

  it('a terminal one also drops the timed look that was planned before it', async () => {
    let bad = false;
    const { clock, visits, queue } = setup({
      run: () => (bad ? Promise.reject(new TerminalError('InvalidSpec', 'x')) : Promise.resolve(3_000)),
    });
    queue.start();
    queue.enqueue('a');
    await clock.advance(4_000);
    const before = visits.length;
    bad = true;
    queue.enqueue('a');
    await clock.advance(60_000);
    expect(visits).toHaveLength(before + 1);
    expect(queue.size().waiting).toBe(0);
  });

  it('a success forgets the errors before it', async () => {
    const attempts: number[] = [];
    const plan = ['bad', 'bad', 'good', 'bad', 'stop'];
    const { clock, queue } = setup({
      run: () => {
        const step = plan.shift();
        if (step === 'bad') return Promise.reject(new TransientError('x'));
        return Promise.resolve(step === 'good' ? 100 : undefined);
      },
      onError: (_key, _error, attempt) => attempts.push(attempt),
    });
    queue.start();
    queue.enqueue('a');
    await clock.advance(10_000);
    expect(attempts).toEqual([1, 2, 1]);
  });
});

describe('stopping', () => {
  it('waits for the visits that run, starts none, and leaves no timer', async () => {
    const { clock, keys, queue, wait } = setup({
      concurrency: 1,
      run: async () => {
        await wait(50);
        return 3_000;
      },
    });
    queue.start();
    queue.enqueue('a');
    queue.enqueue('b');
    await clock.advance(10);
    let stopped = false;
    const stopping = queue.stop().then(() => (stopped = true));
    await clock.advance(30);
    expect(stopped).toBe(false);
    await clock.advance(30);
    expect(stopped).toBe(true);
    await stopping;
    await clock.advance(60_000);
    expect(keys()).toEqual(['a']);
    expect(clock.pending()).toBe(0);
  });

  it('keeps what was enqueued for the next start', async () => {
    const { clock, keys, queue } = setup();
    queue.enqueue('a');
    await clock.advance(10);
    expect(keys()).toEqual([]);
    queue.start();
    await clock.advance(1);
    expect(keys()).toEqual(['a']);
  });
});

describe('a herd of keys', () => {
  /** Each visit takes a millisecond of the processor; the clock's timers run only between stretches. */
  function busy(visitMs: number) {
    let spentMs = 0;
    const base = steppedClock();
    const clock: Clock = { now: () => base.now() + spentMs, after: (ms, task) => base.after(ms, task) };
    const starts: number[] = [];
    const queue = keyedQueue({
      clock,
      concurrency: 256,
      afterError,
      run() {
        starts.push(clock.now());
        spentMs += visitMs;
        return Promise.resolve<number | undefined>(undefined);
      },
    });
    return { base, queue, starts };
  }

  it('is visited in short stretches, so that timers and sockets have their turn in between', async () => {
    const { base, queue, starts } = busy(1);
    for (let index = 0; index < 100; index += 1) queue.enqueue(`key-${index}`);
    queue.start();
    // Promises alone bring no more than one stretch to its end.
    for (let turn = 0; turn < 1_000; turn += 1) await Promise.resolve();
    expect(starts.length).toBeLessThanOrEqual(21);
    await base.advance(0);
    expect(starts).toHaveLength(100);
  });

  it('is visited without a rest while visits are as cheap as usual', async () => {
    const { base, queue, starts } = busy(0);
    for (let index = 0; index < 1_000; index += 1) queue.enqueue(`key-${index}`);
    queue.start();
    for (let turn = 0; turn < 10_000; turn += 1) await Promise.resolve();
    expect(starts).toHaveLength(1_000);
    expect(base.pending()).toBe(0);
  });

  it('leaves room for who is to go first, whenever it came, and for one periodic key now and then', async () => {
    const { clock, keys, queue } = setup({ concurrency: 1, run: () => Promise.resolve(undefined) });
    queue.enqueue('p', 'periodic');
    for (let index = 0; index < 12; index += 1) queue.enqueue(`u${index}`);
    queue.enqueue('u11', 'first');
    queue.start();
    await clock.advance(0);
    expect(keys()).toEqual(['u11', 'u0', 'u1', 'u2', 'u3', 'u4', 'u5', 'u6', 'p', 'u7', 'u8', 'u9', 'u10']);
  });
});
