import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { Agent } from 'undici';
import { TransientError } from '../../../operator/errors.ts';
import { httpCounterSource, parseSnapshot } from '../../../operator/observe/counter-source.ts';
import type { CounterEntry, CounterSnapshot } from '../../../operator/telemetry/counter-snapshot.ts';
import { createTrafficLedger } from '../../../operator/observe/traffic-ledger.ts';
import { trafficPuller } from '../../../operator/observe/traffic.ts';
import { silentLogger } from '../../../operator/telemetry/logger.ts';
import { steppedClock } from '../../fakes/clock.ts';

function entry(changes: Partial<CounterEntry> = {}): CounterEntry {
  return {
    workflow: 'default/w',
    uid: 'w',
    target: 't',
    successes: 0,
    failures: 0,
    timeouts: 0,
    throttles: 0,
    gaveUp: 0,
    unconfirmed: 0,
    trailingFailures: 0,
    trailingTimeouts: 0,
    trailingThrottles: 0,
    ...changes,
  };
}

const snapshot = (startId: string, ...entries: CounterEntry[]): CounterSnapshot => ({ startId, entries });
const anyone = () => true;

/** A ledger that has already seen these gateways, empty. */
function ledgerOf(...gateways: readonly string[]) {
  const ledger = createTrafficLedger();
  for (const gateway of gateways) ledger.take(gateway, snapshot('s1'), anyone);
  return ledger;
}

describe('the traffic of a workflow', () => {
  it('is what came since its last fold', () => {
    const ledger = ledgerOf('g');
    ledger.take('g', snapshot('s1', entry({ successes: 5, failures: 1 })), anyone);
    ledger.take('g', snapshot('s1', entry({ successes: 7, failures: 1 })), anyone);
    expect(ledger.fold('w')).toMatchObject([{ target: 't', successes: 7, failures: 1 }]);
    ledger.take('g', snapshot('s1', entry({ successes: 9, failures: 1 })), anyone);
    expect(ledger.fold('w')).toMatchObject([{ target: 't', successes: 2, failures: 0 }]);
    expect(ledger.fold('w')).toEqual([]);
  });

  it('from before the operator first saw the gateway is not counted', () => {
    const ledger = createTrafficLedger();
    ledger.take('g', snapshot('s1', entry({ successes: 100, failures: 40, trailingFailures: 40 })), anyone);
    expect(ledger.fold('w')).toEqual([]);
    ledger.take('g', snapshot('s1', entry({ successes: 101, failures: 40 })), anyone);
    expect(ledger.fold('w')).toMatchObject([{ successes: 1, failures: 0, trailingFailures: 0 }]);
  });

  it('counts from zero in a gateway that restarted', () => {
    const ledger = ledgerOf('g');
    ledger.take('g', snapshot('s1', entry({ successes: 10 })), anyone);
    ledger.fold('w');
    ledger.take('g', snapshot('s2', entry({ successes: 12 })), anyone);
    expect(ledger.fold('w')).toMatchObject([{ successes: 12 }]);
  });

  it('of a gateway that vanished still counts', () => {
    const ledger = ledgerOf('g', 'h');
    ledger.take('g', snapshot('s1', entry({ failures: 3, trailingFailures: 3, lastFailure: 'Overloaded' })), anyone);
    ledger.keepOnly(new Set(['h']));
    expect(ledger.fold('w')).toMatchObject([{ failures: 3, trailingFailures: 3, lastFailure: 'Overloaded' }]);
  });

  it('takes the longest run among the gateways that failed in this delta', () => {
    const ledger = ledgerOf('g', 'h', 'i');
    ledger.take('g', snapshot('s1', entry({ failures: 2, trailingFailures: 2 })), anyone);
    ledger.take('h', snapshot('s1', entry({ failures: 4, trailingFailures: 1, successes: 1 })), anyone);
    ledger.take('i', snapshot('s1', entry({ failures: 9, trailingFailures: 9 })), anyone);
    expect(ledger.fold('w')).toMatchObject([{ failures: 15, successes: 1, trailingFailures: 9 }]);
    ledger.take('g', snapshot('s1', entry({ failures: 3, trailingFailures: 3 })), anyone);
    ledger.take('i', snapshot('s1', entry({ failures: 9, trailingFailures: 9, throttles: 1 })), anyone);
    expect(ledger.fold('w')).toMatchObject([{ failures: 1, trailingFailures: 3 }]);
  });

  it('a run that a success ended before the fold is over', () => {
    const ledger = ledgerOf('g');
    ledger.take('g', snapshot('s1', entry({ failures: 2, trailingFailures: 2 })), anyone);
    ledger.take('g', snapshot('s1', entry({ failures: 2, trailingFailures: 0, successes: 1 })), anyone);
    expect(ledger.fold('w')).toMatchObject([{ failures: 2, successes: 1, trailingFailures: 0 }]);
  });

  it('keeps the longest Retry-After of the delta, and only where something was throttled', () => {
    const ledger = ledgerOf('g', 'h');
    const throttled = (throttles: number, retryAfterMs: number) =>
      entry({ throttles, trailingThrottles: throttles, retryAfterMs });
    ledger.take('g', snapshot('s1', throttled(1, 9_000)), anyone);
    ledger.take('g', snapshot('s1', throttled(2, 1_000)), anyone);
    expect(ledger.fold('w')).toMatchObject([{ throttles: 2, trailingThrottles: 2, retryAfterMs: 9_000 }]);
    ledger.take('g', snapshot('s1', { ...throttled(2, 1_000), successes: 1 }), anyone);
    expect(ledger.fold('w')[0]).not.toHaveProperty('retryAfterMs');
  });

  it('an unknown word for a failure is dropped', () => {
    const ledger = ledgerOf('g');
    ledger.take('g', snapshot('s1', entry({ failures: 1, lastFailure: 'MadeUp' })), anyone);
    expect(ledger.fold('w')[0]).not.toHaveProperty('lastFailure');
  });

  it('that nobody knows yet waits until it is known', () => {
    const ledger = ledgerOf('g');
    ledger.take('g', snapshot('s1', entry({ failures: 2 })), () => false);
    expect(ledger.fold('w')).toEqual([]);
    ledger.take('g', snapshot('s1', entry({ failures: 3 })), anyone);
    expect(ledger.fold('w')).toMatchObject([{ failures: 3 }]);
  });

  it('is never lost or counted twice, whatever is pulled and folded when, and whoever restarts', () => {
    const steps = fc.array(
      fc.record({
        gateway: fc.constantFrom('g', 'h'),
        successes: fc.nat({ max: 5 }),
        failures: fc.nat({ max: 5 }),
        act: fc.constantFrom('pull', 'fold', 'restart'),
      }),
      { maxLength: 80 },
    );
    fc.assert(
      fc.property(steps, (all) => {
        const ledger = ledgerOf('g', 'h');
        const truth = { successes: 0, failures: 0 };
        const told = { successes: 0, failures: 0 };
        const gateways = {
          g: { start: 1, successes: 0, failures: 0 },
          h: { start: 1, successes: 0, failures: 0 },
        };
        const fold = () => {
          for (const delta of ledger.fold('w')) {
            told.successes += delta.successes;
            told.failures += delta.failures;
          }
        };
        const pull = (id: 'g' | 'h') => {
          const { start, successes, failures } = gateways[id];
          ledger.take(id, snapshot(`s${start}`, entry({ successes, failures })), anyone);
        };
        for (const step of all) {
          const gateway = gateways[step.gateway];
          gateway.successes += step.successes;
          gateway.failures += step.failures;
          truth.successes += step.successes;
          truth.failures += step.failures;
          if (step.act === 'fold') fold();
          else pull(step.gateway);
          if (step.act === 'restart') Object.assign(gateway, { start: gateway.start + 1, successes: 0, failures: 0 });
        }
        pull('g');
        pull('h');
        fold();
        expect(told).toEqual(truth);
      }),
    );
  });
});

function setup(read: () => Promise<CounterSnapshot>) {
  const clock = steppedClock();
  const told: string[] = [];
  const troubled: string[] = [];
  const source = { id: 'g', read };
  const world = { sources: [source] };
  const traffic = trafficPuller({
    clock,
    sources: () => world.sources,
    watch: {
      knows: () => true,
      suspect: (uid, target) => told.push(`suspect ${uid} ${target}`),
      clearSuspicion: (target) => told.push(`clear ${target}`),
      shortestIntervalMs: () => 3_000,
    },
    onTrouble: (workflow) => troubled.push(workflow),
    log: silentLogger,
  });
  return { clock, traffic, told, troubled, world };
}

describe('the puller', () => {
  it('pulls at the interval, and stops without leaving a timer', async () => {
    let pulls = 0;
    const { clock, traffic } = setup(() => {
      pulls += 1;
      return Promise.resolve(snapshot('s'));
    });
    traffic.start();
    await clock.advance(30_000);
    expect(pulls).toBe(11);
    await traffic.stop();
    expect(clock.pending()).toBe(0);
  });

  it('never pulls twice at once, and a source that fails is tried again', async () => {
    let inside = 0;
    let most = 0;
    let pulls = 0;
    const { clock, traffic } = setup(async () => {
      pulls += 1;
      inside += 1;
      most = Math.max(most, inside);
      await new Promise<void>((resolve) => void clock.after(4_000, resolve));
      inside -= 1;
      throw new TransientError('no');
    });
    traffic.start();
    await clock.advance(30_000);
    expect(most).toBe(1);
    expect(pulls).toBeGreaterThanOrEqual(5);
  });

  it.each<readonly [string, Partial<CounterEntry>, readonly string[], readonly string[]]>([
    ['a success clears suspicion', { successes: 1 }, ['clear t'], []],
    ['a failure raises it', { failures: 1, trailingFailures: 1 }, ['suspect w t'], ['default/w']],
    ['a failure that a success followed does not', { failures: 1, successes: 1 }, ['clear t'], ['default/w']],
    ['a timeout raises it', { timeouts: 1, trailingTimeouts: 1 }, ['suspect w t'], ['default/w']],
    ['a client that gave up raises it', { gaveUp: 1 }, ['suspect w t'], ['default/w']],
    ['a 429 does not', { throttles: 1, trailingThrottles: 1 }, [], ['default/w']],
  ])('%s', async (_name, changes, expected, woken) => {
    const snapshots = [snapshot('s'), snapshot('s', entry(changes))];
    const { traffic, told, troubled } = setup(() => Promise.resolve(snapshots.shift() ?? snapshot('s')));
    await traffic.pull();
    await traffic.pull();
    expect(told).toEqual(expected);
    expect(troubled).toEqual(woken);
  });
});

describe('counters over HTTP', () => {
  const bad: readonly (readonly [string, string])[] = [
    ['no JSON', 'x'],
    ['no object', '[]'],
    ['no start id', '{"entries":[]}'],
    ['no entries', '{"startId":"a"}'],
    ['a negative count', JSON.stringify(snapshot('a', entry({ failures: -1 })))],
    ['a text for a count', JSON.stringify({ startId: 'a', entries: [{ ...entry(), successes: '1' }] })],
    ['a missing uid', JSON.stringify({ startId: 'a', entries: [{ ...entry(), uid: undefined }] })],
  ];
  it.each(bad)('%s is refused', (_name, text) => {
    expect(() => parseSnapshot(text)).toThrow(TransientError);
  });

  it('are read from /internal/counters; another status than 200 is an error', async () => {
    let status = 200;
    const urls: (string | undefined)[] = [];
    const server = createServer((request, response) => {
      urls.push(request.url);
      response.writeHead(status).end(JSON.stringify(snapshot('a', entry({ successes: 2 }))));
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const dispatcher = new Agent({ allowH2: false });
    try {
      const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
      const source = httpCounterSource({ dispatcher, clock: steppedClock() }, { id: 'g', origin, timeoutMs: 1_000 });
      expect(await source.read()).toEqual(snapshot('a', entry({ successes: 2 })));
      status = 503;
      await expect(source.read()).rejects.toThrow(TransientError);
      expect(urls).toEqual(['/internal/counters', '/internal/counters']);
    } finally {
      await dispatcher.destroy();
      await new Promise((resolve) => server.close(resolve));
    }
  });
});
