import { afterEach, describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { listWatch } from '../../../operator/kube/list-watch.ts';
import type { ListWatch, ListWatchOptions } from '../../../operator/kube/list-watch.ts';
import type { KubeLog } from '../../../operator/kube/log.ts';
import type { KubeObject } from '../../../operator/kube/object-cache.ts';
import { steppedClock } from '../../fakes/clock.ts';
import { fakeApi, quietLog, transientFailure } from './fake-api.ts';

const path = '/api/v1/namespaces/ns/things';
const thing = (name: string, value = 0) => ({ metadata: { name, namespace: 'ns' }, value });
interface Thing extends KubeObject {
  readonly value: number;
}

const opened: ListWatch<Thing>[] = [];
afterEach(() => opened.splice(0).forEach((watch) => watch.stop()));

function start(options: Partial<ListWatchOptions<Thing>> = {}) {
  const clock = steppedClock();
  const api = fakeApi(clock);
  api.put(path, thing('a', 1));
  const changes: string[] = [];
  const open = () => {
    const watch = listWatch<Thing>({
      transport: api,
      clock,
      log: quietLog,
      path,
      random: () => 0,
      onChange: (key, object) => changes.push(object ? `${key}=${object.value}` : `${key} gone`),
      ...options,
    });
    opened.push(watch);
    return watch;
  };
  return { clock, api, changes, open };
}

describe('a list that is watched', () => {
  it('tells the first list, resolves synced, then tells each change', async () => {
    const { api, clock, changes, open } = start();
    const watch = open();
    expect(watch.isSynced()).toBe(false);
    await clock.advance(0);
    await watch.synced;
    api.put(path, thing('a', 2));
    api.put(path, thing('b', 3));
    api.remove(path, 'a');
    await clock.advance(0);
    expect(changes).toEqual(['ns/a=1', 'ns/a=2', 'ns/b=3', 'ns/a gone']);
    expect(watch.keys()).toEqual(['ns/b']);
    expect(watch.get('ns/b')?.value).toBe(3);
  });

  it('asks first for whatever the server has at hand, then for bookmarks and an end within ten minutes', async () => {
    const { api, clock, open } = start({ query: { labelSelector: 'x=y' } });
    open();
    await clock.advance(0);
    expect(api.seen[0]?.query).toEqual({ labelSelector: 'x=y', resourceVersion: '0', limit: 500 });
    expect(api.seen[1]?.query).toMatchObject({
      labelSelector: 'x=y',
      allowWatchBookmarks: 'true',
      resourceVersion: '101',
      timeoutSeconds: 300,
    });
  });

  it('drops managedFields', async () => {
    const { api, clock, open } = start();
    api.put(path, { metadata: { name: 'm', namespace: 'ns', managedFields: [{}] } });
    const watch = open();
    await clock.advance(0);
    expect(watch.get('ns/m')?.metadata).not.toHaveProperty('managedFields');
  });

  it('says how long it may be out of date', async () => {
    const { api, clock, open } = start();
    const watch = open();
    await clock.advance(0);
    await clock.advance(5_000);
    expect(watch.staleSinceMs()).toBe(0);
    api.fault = () => transientFailure();
    api.endWatches();
    await clock.advance(7_000);
    // Since the watch was last heard of, which was at its opening.
    expect(watch.staleSinceMs()).toBe(12_000);
  });
});

// proves watch-never-stops
describe('after the end of a watch', () => {
  const ends: readonly {
    readonly name: string;
    readonly end: (api: ReturnType<typeof fakeApi>) => void;
    readonly lists: number;
  }[] = [
    { name: 'the server ends it', end: (api) => api.endWatches(), lists: 1 },
    { name: 'the connection is cut', end: (api) => api.endWatches(transientFailure()), lists: 1 },
    { name: 'a line is cut in the middle', end: (api) => api.sendLine('{"type":"MODIF'), lists: 1 },
    { name: 'a line is no event', end: (api) => api.sendLine('{"hello":1}'), lists: 1 },
    { name: '429 with Retry-After', end: (api) => api.endWatches(transientFailure(429, 3_000)), lists: 1 },
    { name: '500 in the stream', end: (api) => api.sendLine('{"type":"ERROR","object":{"code":500}}'), lists: 1 },
    {
      name: '410 in the stream of the next watch',
      end: (api) => (api.compact('inStream'), api.endWatches()),
      lists: 2,
    },
    {
      name: '410 as the status of the next watch',
      end: (api) => (api.compact('asStatus'), api.endWatches()),
      lists: 2,
    },
    {
      name: 'the server has not seen the version',
      end: (api) =>
        api.sendLine(
          '{"type":"ERROR","object":{"code":504,"reason":"Timeout","details":{"causes":[{"reason":"ResourceVersionTooLarge"}]}}}',
        ),
      lists: 2,
    },
    { name: 'a stall without an end', end: (api) => api.stallWatches(), lists: 1 },
  ];

  it.each(ends)('no change is lost: $name', async ({ end, lists }) => {
    const { api, clock, changes, open } = start();
    open();
    await clock.advance(2_000);
    end(api);
    api.put(path, thing('a', 2));
    api.put(path, thing('late', 9));
    api.remove(path, 'a');
    await clock.advance(100_000);
    expect(changes.at(-1)).toBe(lists === 1 ? 'ns/a gone' : 'ns/late=9');
    expect(changes).toContain('ns/late=9');
    expect(changes).toContain('ns/a gone');
    expect(api.count('GET')).toBe(lists);
    expect(api.openWatches()).toBe(1);
  });

  it('after 410 the newest list is asked for, not whatever is at hand', async () => {
    const { api, clock, open } = start();
    open();
    await clock.advance(2_000);
    api.compact('inStream');
    api.endWatches();
    await clock.advance(5_000);
    expect(api.seen.filter(({ method }) => method === 'GET')[1]?.query).toEqual({ limit: 500 });
  });

  it('a new list tells only what differs, and what vanished', async () => {
    const { api, clock, changes, open } = start();
    api.put(path, thing('same', 5));
    open();
    await clock.advance(2_000);
    changes.length = 0;
    api.stallWatches();
    api.put(path, thing('a', 2));
    api.put(path, thing('new', 7));
    api.remove(path, 'new');
    api.compact('inStream');
    api.endWatches();
    await clock.advance(5_000);
    expect(changes).toEqual(['ns/a=2']);
  });

  it('429 is waited for as long as the server says, and not listed again', async () => {
    const { api, clock, open } = start();
    open();
    await clock.advance(2_000);
    const watches = api.count('WATCH');
    api.endWatches(transientFailure(429, 20_000));
    await clock.advance(19_000);
    expect(api.count('WATCH')).toBe(watches);
    await clock.advance(2_000);
    expect(api.count('WATCH')).toBe(watches + 1);
    expect(api.count('GET')).toBe(1);
  });

  it('a version that five watches in a row fail from is no longer trusted', async () => {
    const { api, clock, open } = start();
    open();
    await clock.advance(2_000);
    api.fault = ({ method }) => (method === 'WATCH' ? transientFailure(500) : undefined);
    api.endWatches();
    await clock.advance(60_000);
    expect(api.count('GET')).toBeGreaterThan(1);
    expect(api.seen.filter(({ method }) => method === 'GET')[1]?.query).toMatchObject({
      resourceVersion: '101',
      resourceVersionMatch: 'NotOlderThan',
    });
  });

  it('a server that answers nothing for ten minutes is found again within half a minute', async () => {
    const { api, clock, changes, open } = start();
    open();
    await clock.advance(2_000);
    api.fault = () => transientFailure();
    api.endWatches(transientFailure());
    await clock.advance(600_000);
    const asked = api.seen.length;
    expect(asked).toBeLessThan(40);
    api.fault = undefined;
    api.put(path, thing('a', 2));
    await clock.advance(30_000);
    expect(changes.at(-1)).toBe('ns/a=2');
  });

  it('a watch that was open for ten seconds ends the growing waits of the failures before it', async () => {
    const { api, clock, changes, open } = start();
    open();
    await clock.advance(0);
    api.fault = () => transientFailure();
    api.endWatches();
    await clock.advance(20_000);
    api.fault = undefined;
    await clock.advance(40_000);
    expect(api.openWatches()).toBe(1);
    api.endWatches(transientFailure());
    api.put(path, thing('a', 2));
    await clock.advance(800);
    expect(changes.at(-1)).toBe('ns/a=2');
  });

  it('watches that end at once and bring nothing do not become a hot loop', async () => {
    const { api, clock, open } = start();
    open();
    api.fault = ({ method }) => {
      if (method === 'WATCH') setImmediate(() => api.endWatches());
      return undefined;
    };
    await clock.advance(60_000);
    expect(api.seen.length).toBeLessThan(20);
  });

  it('watches that end at once but bring something are opened at most once a second', async () => {
    const { api, clock, open } = start();
    open();
    await clock.advance(0);
    const before = api.count('WATCH');
    for (let second = 0; second < 30; second += 1) {
      api.put(path, thing('a', second));
      api.endWatches();
      await clock.advance(1_000);
    }
    expect(api.count('WATCH') - before).toBeLessThanOrEqual(31);
    expect(api.count('GET')).toBe(1);
  });

  it('a list that is forbidden is asked for again and again, and says so', async () => {
    const failures: string[] = [];
    const { api, clock, open } = start({ onFailure: (error) => failures.push(error.constructor.name) });
    api.fault = () => transientFailure(403);
    const watch = open();
    await clock.advance(60_000);
    expect(failures.length).toBeGreaterThan(3);
    expect(watch.isSynced()).toBe(false);
    api.fault = undefined;
    await clock.advance(31_000);
    expect(watch.isSynced()).toBe(true);
  });

  it('a line that is cut is not quoted: it may hold a Secret', async () => {
    const failures: Error[] = [];
    const { api, clock, open } = start({ onFailure: (error) => failures.push(error) });
    open();
    await clock.advance(2_000);
    api.sendLine('{"type":"ADDED","object":{"data":{"api-key":"c2VjcmV0');
    await clock.advance(2_000);
    expect(failures).toHaveLength(1);
    expect(`${failures[0]?.stack} ${String(failures[0]?.cause)}`).not.toContain('c2VjcmV0');
  });

  it('a list from the past is refused', async () => {
    const { api, clock, changes, open } = start();
    open();
    await clock.advance(2_000);
    api.fault = ({ method }) => (method === 'WATCH' ? transientFailure(403) : undefined);
    api.endWatches();
    const old = { metadata: { resourceVersion: '50' }, items: [] };
    const request = api.request.bind(api);
    let stale = 0;
    Object.assign(api, {
      request: (...given: Parameters<typeof request>) =>
        given[2]?.query?.['resourceVersionMatch']
          ? ((stale += 1), Promise.resolve({ status: 200, body: old, headers: {} }))
          : request(...given),
    });
    await clock.advance(10_000);
    expect(stale).toBeGreaterThan(0);
    expect(changes).toEqual(['ns/a=1']);
  });
});

describe('a handler', () => {
  it('that throws is logged and stops nothing', async () => {
    const errors: unknown[] = [];
    const log: KubeLog = { ...quietLog, error: (_sentence, fields) => errors.push(fields?.['key']) };
    const seen: string[] = [];
    const { api, clock, open } = start({
      log,
      onChange(key) {
        seen.push(key);
        throw new Error('mine');
      },
    });
    const watch = open();
    await clock.advance(0);
    api.put(path, thing('b'));
    await clock.advance(0);
    expect(seen).toEqual(['ns/a', 'ns/b']);
    expect(errors).toEqual(['ns/a', 'ns/b']);
    expect(watch.keys()).toEqual(['ns/a', 'ns/b']);
  });
});

describe('a stopped watch', () => {
  it.each([0, 2_000, 95_000])('leaves no timer and asks nothing more, stopped after %d ms', async (afterMs) => {
    const { api, clock, open } = start();
    const watch = open();
    await clock.advance(afterMs);
    watch.stop();
    await clock.advance(0);
    const asked = api.seen.length;
    await clock.advance(1_000_000);
    expect(api.seen.length).toBe(asked);
    expect(clock.pending()).toBe(0);
  });
});

describe('whatever happens in whatever order', () => {
  const step = fc.oneof(
    fc.record({ kind: fc.constant('put' as const), name: fc.constantFrom('a', 'b', 'c'), value: fc.nat(9) }),
    fc.record({ kind: fc.constant('remove' as const), name: fc.constantFrom('a', 'b', 'c') }),
    fc.record({ kind: fc.constantFrom('end', 'cut', 'stall', 'gone', 'goneStatus', 'garbage', 'throttled') }),
    fc.record({ kind: fc.constant('wait' as const), ms: fc.nat(100_000) }),
    fc.record({ kind: fc.constant('outage' as const), ms: fc.nat(100_000) }),
  );

  it('the copy is the truth again two minutes after the last fault', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 25 }), async (steps) => {
        const { api, clock, open } = start();
        const watch = open();
        const run = {
          end: () => api.endWatches(),
          cut: () => api.endWatches(transientFailure()),
          stall: () => api.stallWatches(),
          gone: () => (api.compact('inStream'), api.endWatches()),
          goneStatus: () => (api.compact('asStatus'), api.endWatches()),
          garbage: () => api.sendLine('{'),
          throttled: () => api.endWatches(transientFailure(429, 5_000)),
        } as Record<string, () => void>;
        for (const next of steps) {
          if ('value' in next) api.put(path, thing(next.name, next.value));
          else if ('name' in next) api.remove(path, next.name);
          else if ('ms' in next) {
            if (next.kind === 'outage') api.fault = () => transientFailure();
            await clock.advance(next.ms);
            api.fault = undefined;
          } else run[next.kind]?.();
          await clock.advance(10);
        }
        await clock.advance(125_000);
        const truth = ['a', 'b', 'c'].flatMap((name) => {
          const object = api.get(path, name);
          return object ? [`${name}=${String(object['value'])}`] : [];
        });
        expect(
          watch
            .list()
            .map((object) => `${object.metadata.name}=${object.value}`)
            .sort(),
        ).toEqual(truth);
        watch.stop();
      }),
      { numRuns: 40 },
    );
  });
});
