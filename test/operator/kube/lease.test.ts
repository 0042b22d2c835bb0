import { afterEach, describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import type { Clock } from '../../../operator/clock.ts';
import { joinElection, LEASE_TIMES } from '../../../operator/kube/lease.ts';
import type { Elector } from '../../../operator/kube/lease.ts';
import { watchLease } from '../../../operator/kube/lease-watch.ts';
import { microTime } from '../../../operator/kube/lease-record.ts';
import type { Transport } from '../../../operator/kube/transport.ts';
import { steppedClock } from '../../fakes/clock.ts';
import type { SteppedClock } from '../../fakes/clock.ts';
import { fakeApi, quietLog, transientFailure } from './fake-api.ts';
import type { FakeApi, FakeObject } from './fake-api.ts';

const lease = { namespace: 'mcp-system', name: 'operator' };
const path = '/apis/coordination.k8s.io/v1/namespaces/mcp-system/leases';

const left: Elector[] = [];
afterEach(async () => {
  for (const elector of left.splice(0)) await elector.release();
});

/** One replica: its own line to the API server, its own event loop. */
function replica(api: FakeApi, clock: SteppedClock, identity: string) {
  const line = { cut: false, loseAnswers: false, lateMs: 0, answerLateMs: 0, paused: false };
  const later = async (ms: number) => {
    if (ms > 0) await new Promise<void>((resolve) => clock.after(ms, resolve));
  };
  const told: string[] = [];
  const held: (() => void)[] = [];
  const transport: Transport = {
    stream: (...given) => api.stream(...given),
    async request(...given) {
      if (line.cut) throw transientFailure();
      await later(line.lateMs);
      const answer = await api.request(...given);
      await later(line.answerLateMs);
      if (line.loseAnswers || line.cut) throw transientFailure();
      return answer;
    },
  };
  const own: Clock = {
    now: () => clock.now(),
    after: (delayMs, task) => clock.after(delayMs, () => (line.paused ? void held.push(task) : task())),
  };
  const elector = joinElection({
    transport,
    clock: own,
    log: quietLog,
    lease,
    identity,
    random: () => (identity.charCodeAt(0) % 10) / 10,
    onStarted: () => told.push('started'),
    onStopped: () => told.push('stopped'),
  });
  left.push(elector);
  const wake = () => {
    line.paused = false;
    for (const task of held.splice(0)) task();
  };
  return { elector, line, told, wake, identity };
}

const setUp = () => {
  const clock = steppedClock();
  return { clock, api: fakeApi(clock) };
};
const specOf = (api: FakeApi) => (api.get(path, 'operator') as FakeObject & { spec: Record<string, unknown> }).spec;

describe('an election', () => {
  it('the first one leads at once and writes times with six digits', async () => {
    const { clock, api } = setUp();
    const a = replica(api, clock, 'a');
    await clock.advance(0);
    expect(a.elector.isLeader()).toBe(true);
    expect(a.told).toEqual(['started']);
    expect(specOf(api)).toEqual({
      holderIdentity: 'a',
      leaseDurationSeconds: 15,
      leaseTransitions: 0,
      acquireTime: '2026-01-01T00:00:00.000000Z',
      renewTime: '2026-01-01T00:00:00.000000Z',
    });
  });

  it('is steady: one write every two seconds, no read, no second leader, the same holder for an hour', async () => {
    const { clock, api } = setUp();
    const a = replica(api, clock, 'a');
    await clock.advance(0);
    const reads = api.count('GET');
    await clock.advance(3_600_000);
    expect(api.count('PUT')).toBe(1_800);
    expect(api.count('GET')).toBe(reads);
    expect(a.told).toEqual(['started']);
    expect(specOf(api)['acquireTime']).toBe('2026-01-01T00:00:00.000000Z');
  });

  it('a leader that is cut off stops before another starts', async () => {
    const { clock, api } = setUp();
    const a = replica(api, clock, 'a');
    await clock.advance(0);
    const b = replica(api, clock, 'b');
    await clock.advance(4_000);
    a.line.cut = true;
    const lastRenewAt = a.elector.lastRenewAt()!;
    let stoppedAfter = 0;
    let startedAfter = 0;
    for (let step = 0; step < 250 && startedAfter === 0; step += 1) {
      await clock.advance(100);
      if (a.told.includes('stopped') && stoppedAfter === 0) stoppedAfter = clock.now() - lastRenewAt;
      if (b.elector.isLeader()) startedAfter = clock.now() - lastRenewAt;
    }
    expect(stoppedAfter).toBeLessThanOrEqual(LEASE_TIMES.renewDeadlineMs + 100);
    expect(startedAfter).toBeGreaterThan(LEASE_TIMES.durationMs);
    expect(startedAfter).toBeLessThanOrEqual(25_000);
    expect(specOf(api)).toMatchObject({ holderIdentity: 'b', leaseTransitions: 1 });
  });

  it('a Lease that was released is taken within three seconds', async () => {
    const { clock, api } = setUp();
    const a = replica(api, clock, 'a');
    await clock.advance(0);
    const b = replica(api, clock, 'b');
    await clock.advance(10_000);
    await a.elector.release();
    expect(a.elector.isLeader()).toBe(false);
    expect(specOf(api)).toMatchObject({ leaseDurationSeconds: 1 });
    expect(specOf(api)).not.toHaveProperty('holderIdentity');
    await clock.advance(3_000);
    expect(b.elector.isLeader()).toBe(true);
    expect(a.told).toEqual(['started']);
  });

  it('the clock of another does not matter, only whether its record changes', async () => {
    const { clock, api } = setUp();
    const spec = { holderIdentity: 'old', leaseDurationSeconds: 15, renewTime: microTime(clock.now() - 3_600_000) };
    api.put(path, { metadata: lease, spec });
    const a = replica(api, clock, 'a');
    await clock.advance(14_000);
    expect(a.elector.isLeader()).toBe(false);
    await clock.advance(5_000);
    expect(a.elector.isLeader()).toBe(true);
  });

  it('a holder that promised to stay away for longer is waited for', async () => {
    const { clock, api } = setUp();
    api.put(path, { metadata: lease, spec: { holderIdentity: 'old', leaseDurationSeconds: 60 } });
    const a = replica(api, clock, 'a');
    await clock.advance(59_000);
    expect(a.elector.isLeader()).toBe(false);
    await clock.advance(5_000);
    expect(a.elector.isLeader()).toBe(true);
  });

  it('a renewal whose answer is lost costs nothing', async () => {
    const { clock, api } = setUp();
    const a = replica(api, clock, 'a');
    await clock.advance(3_000);
    a.line.loseAnswers = true;
    await clock.advance(2_000);
    a.line.loseAnswers = false;
    await clock.advance(60_000);
    expect(a.elector.isLeader()).toBe(true);
    expect(a.told).toEqual(['started']);
  });

  it('a renewal counts from when it was asked for, not from its answer', async () => {
    const { clock, api } = setUp();
    const a = replica(api, clock, 'a');
    await clock.advance(1_000);
    a.line.answerLateMs = 4_000;
    const askedAt = clock.now() + 1_000;
    await clock.advance(6_000);
    expect(a.elector.lastRenewAt()).toBe(askedAt);
    a.line.answerLateMs = 0;
    await clock.advance(5_000);
  });

  it('an event loop that was blocked has no leadership, though nothing told it yet', async () => {
    const { clock, api } = setUp();
    const a = replica(api, clock, 'a');
    await clock.advance(1_000);
    a.line.paused = true;
    await clock.advance(11_000);
    expect(a.told).toEqual(['started']);
    expect(a.elector.isLeader()).toBe(false);
  });

  it('a Lease that someone deletes or takes by force ends leadership or is written anew', async () => {
    const { clock, api } = setUp();
    const a = replica(api, clock, 'a');
    await clock.advance(1_000);
    api.remove(path, 'operator');
    await clock.advance(3_000);
    expect(a.elector.isLeader()).toBe(true);
    api.put(path, { metadata: lease, spec: { holderIdentity: 'thief', leaseDurationSeconds: 15 } });
    await clock.advance(3_000);
    expect(a.elector.isLeader()).toBe(false);
    expect(a.told).toEqual(['started', 'stopped']);
  });

  it('times that could give two leaders are refused', () => {
    const { clock, api } = setUp();
    const times = { durationMs: 10_000, renewDeadlineMs: 10_000, retryMs: 2_000 };
    expect(() => joinElection({ transport: api, clock, log: quietLog, lease, times })).toThrow(RangeError);
  });
});

// proves one-leader
describe('whatever happens to three replicas', () => {
  const who = fc.nat(2);
  const step = fc.oneof(
    fc.record({ kind: fc.constant('wait' as const), ms: fc.integer({ min: 1_000, max: 30_000 }) }),
    fc.record({ kind: fc.constantFrom('cut', 'heal', 'lose', 'pause', 'pause'), who }),
    fc.record({ kind: fc.constantFrom('late' as const, 'answerLate' as const), who, ms: fc.nat(9_000) }),
  );

  it('there are never two leaders, and one again within 25 s once all is well', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 30 }), async (steps) => {
        const { clock, api } = setUp();
        const replicas = ['a', 'b', 'c'].map((identity) => replica(api, clock, identity));
        const leaders = () => replicas.filter(({ elector }) => elector.isLeader()).length;
        const advance = async (ms: number) => {
          for (let passed = 0; passed < ms; passed += 250) {
            await clock.advance(Math.min(250, ms - passed));
            expect(leaders()).toBeLessThanOrEqual(1);
          }
        };
        const heal = ({ line, wake }: (typeof replicas)[number]) => {
          Object.assign(line, { cut: false, loseAnswers: false, lateMs: 0, answerLateMs: 0 });
          wake();
        };
        for (const next of steps) {
          const target = replicas['who' in next ? next.who : 0]!;
          if (next.kind === 'wait') await advance(next.ms);
          else if (next.kind === 'late') target.line.lateMs = next.ms;
          else if (next.kind === 'answerLate') target.line.answerLateMs = next.ms;
          else if (next.kind === 'cut') target.line.cut = true;
          else if (next.kind === 'lose') target.line.loseAnswers = true;
          else if (next.kind === 'pause') target.line.paused = true;
          else heal(target);
          expect(leaders()).toBeLessThanOrEqual(1);
        }
        replicas.forEach(heal);
        // An answer that was under way comes first.
        await advance(18_000 + 25_000);
        expect(leaders()).toBe(1);
        for (const { elector } of replicas) {
          const gone = elector.release();
          await advance(1_000);
          await gone;
        }
      }),
      { numRuns: 40 },
    );
  }, 60_000);
});

describe('a Lease as a gateway sees it', () => {
  const watch = (api: FakeApi, clock: SteppedClock) => watchLease({ transport: api, clock, log: quietLog, lease });

  it('nobody is alone while it is renewed; afterwards the time counts from its end', async () => {
    const { clock, api } = setUp();
    const a = replica(api, clock, 'a');
    await clock.advance(0);
    const seen = watch(api, clock);
    await clock.advance(20_000);
    expect(seen.aloneForMs()).toBe(0);
    a.line.cut = true;
    await clock.advance(75_000);
    expect(seen.aloneForMs()).toBeGreaterThan(58_000);
    expect(seen.aloneForMs()).toBeLessThanOrEqual(61_000);
    expect(api.seen.find(({ method }) => method === 'WATCH')?.query).toMatchObject({
      fieldSelector: 'metadata.name=operator',
    });
    seen.stop();
  });

  it('a Lease that is old at first sight counts by its own word', async () => {
    const { clock, api } = setUp();
    api.put(path, { metadata: lease, spec: { leaseDurationSeconds: 15, renewTime: microTime(clock.now() - 100_000) } });
    const seen = watch(api, clock);
    await clock.advance(0);
    expect(seen.aloneForMs()).toBe(85_000);
    seen.stop();
  });

  it('without a Lease the time counts from the start', async () => {
    const { clock, api } = setUp();
    const seen = watch(api, clock);
    await clock.advance(30_000);
    expect(seen.lastRenewSeenAt()).toBeUndefined();
    expect(seen.aloneForMs()).toBe(30_000);
    seen.stop();
  });
});
