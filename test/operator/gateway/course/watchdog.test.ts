// The deadlines of one attempt, and what becomes of them while the attempt waits for us.
import { describe, expect, it } from '@jest/globals';
import { Watchdog } from '../../../../operator/gateway/course/watchdog.ts';
import type { Limit } from '../../../../operator/gateway/course/watchdog.ts';
import { steppedClock } from '../../../fakes/clock.ts';

const slow = { symptom: 'timeout', fair: true } as const;

function watched() {
  const clock = steppedClock(0);
  let expiredAt: number | undefined;
  const watchdog = new Watchdog(clock, () => void (expiredAt = clock.now()));
  return { clock, watchdog, expiredAt: () => expiredAt };
}

describe('a deadline', () => {
  interface Row {
    readonly name: string;
    readonly limit: Limit;
    readonly suspendedFrom: number;
    readonly suspendedTo: number;
    readonly latestAt: number;
    readonly at: number;
    readonly fair: boolean;
  }
  const ROWS: readonly Row[] = [
    {
      name: 'comes when it is due',
      limit: 'whole',
      suspendedFrom: 0,
      suspendedTo: 0,
      latestAt: 999,
      at: 100,
      fair: true,
    },
    {
      name: 'is put off by a wait',
      limit: 'whole',
      suspendedFrom: 40,
      suspendedTo: 90,
      latestAt: 999,
      at: 150,
      fair: true,
    },
    {
      name: 'is put off by a wait longer than itself',
      limit: 'content',
      suspendedFrom: 99,
      suspendedTo: 400,
      latestAt: 999,
      at: 401,
      fair: true,
    },
    {
      name: 'put off beyond the latest says nothing',
      limit: 'whole',
      suspendedFrom: 40,
      suspendedTo: 90,
      latestAt: 120,
      at: 120,
      fair: false,
    },
    {
      name: 'of a silence has no latest',
      limit: 'idle',
      suspendedFrom: 40,
      suspendedTo: 90,
      latestAt: 120,
      at: 150,
      fair: true,
    },
  ];

  it.each(ROWS)('$name', async ({ limit, suspendedFrom, suspendedTo, latestAt, at, fair }) => {
    const { clock, watchdog, expiredAt } = watched();
    watchdog.set(limit, 100, slow);
    await clock.advance(suspendedFrom);
    watchdog.suspend();
    await clock.advance(suspendedTo - suspendedFrom);
    expect(expiredAt()).toBeUndefined();
    watchdog.goOn(latestAt);
    await clock.advance(1_000);
    expect([expiredAt(), watchdog.expired?.fair]).toEqual([at, fair]);
    expect(clock.pending()).toBe(0);
  });

  it('that is set during a wait has its whole time after it', async () => {
    const { clock, watchdog, expiredAt } = watched();
    watchdog.suspend();
    await clock.advance(50);
    watchdog.set('idle', 100, slow);
    await clock.advance(50);
    watchdog.goOn(Infinity);
    await clock.advance(1_000);
    expect(expiredAt()).toBe(200);
  });

  it('comes no more when the attempt has ended for another cause, once', () => {
    const { clock, watchdog, expiredAt } = watched();
    watchdog.set('whole', 100, slow);
    watchdog.suspend();
    watchdog.expire({ symptom: 'noRoom', fair: true });
    watchdog.goOn(Infinity);
    watchdog.expire({ symptom: 'cut', fair: true });
    expect([expiredAt(), watchdog.expired?.symptom, clock.pending()]).toEqual([0, 'noRoom', 0]);
  });
});
