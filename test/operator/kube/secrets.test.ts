import { describe, expect, it } from '@jest/globals';
import { secretStore } from '../../../operator/kube/secrets.ts';
import { steppedClock } from '../../fakes/clock.ts';
import { fakeApi, quietLog, transientFailure } from './fake-api.ts';

const path = '/api/v1/namespaces/ns/secrets';
const ref = { namespace: 'ns', name: 'vllm', key: 'api-key' };

function setUp() {
  const clock = steppedClock();
  const api = fakeApi(clock);
  const changes: string[] = [];
  const store = secretStore({ transport: api, clock, log: quietLog, onChange: ({ name }) => changes.push(name) });
  const put = async (value: string, annotations?: Record<string, string>) => {
    const metadata = { name: 'vllm', namespace: 'ns', ...(annotations && { annotations }) };
    api.put(path, { metadata, data: { 'api-key': btoa(value) } });
    await clock.advance(0);
  };
  return { clock, api, changes, store, put };
}

describe('a Secret that a workflow names', () => {
  it('is unknown until the API server has answered, then missing or there', async () => {
    const { clock, store, put, changes } = setUp();
    expect(store.lookup(ref)).toEqual({ state: 'unknown' });
    store.hold(ref);
    expect(store.lookup(ref)).toEqual({ state: 'unknown' });
    expect(store.asked(ref)).toBe(false);
    await clock.advance(0);
    expect(store.lookup(ref)).toEqual({ state: 'missing' });
    expect(store.asked(ref)).toBe(true);
    expect(changes).toContain('vllm');
    await put('k1');
    expect(store.lookup(ref)).toEqual({ state: 'ok', value: 'k1', version: 1 });
    expect(store.lookup({ ...ref, key: 'other' })).toEqual({ state: 'missing' });
    expect(store.lookup({ ...ref, key: 'toString' })).toEqual({ state: 'missing' });
    store.stop();
  });

  it('has a new version when its value changes, and only then', async () => {
    const { api, clock, store, put } = setUp();
    await put('k1\n');
    store.hold(ref);
    await clock.advance(0);
    expect(store.lookup(ref)).toEqual({ state: 'ok', value: 'k1', version: 1 });
    await put('k1', { 'ai.example.com/allowed-hosts': 'vllm.ml.svc' });
    expect(store.lookup(ref)).toEqual({ state: 'ok', value: 'k1', version: 1, allowedHosts: 'vllm.ml.svc' });
    api.remove(path, 'vllm');
    await clock.advance(0);
    expect(store.lookup(ref)).toEqual({ state: 'missing' });
    await put('k1');
    expect(store.lookup(ref)).toMatchObject({ version: 1 });
    await put('k2');
    expect(store.lookup(ref)).toEqual({ state: 'ok', value: 'k2', version: 2 });
    store.stop();
  });

  it('that may not be read is forbidden until it may', async () => {
    const { api, clock, store, changes, put } = setUp();
    await put('k1');
    api.fault = () => transientFailure(403);
    store.hold(ref);
    await clock.advance(0);
    expect(store.lookup(ref)).toEqual({ state: 'forbidden' });
    const told = changes.length;
    await clock.advance(10_000);
    expect(changes.length).toBe(told);
    api.fault = undefined;
    await clock.advance(31_000);
    expect(store.lookup(ref)).toMatchObject({ state: 'ok', value: 'k1' });
    store.stop();
  });

  it('that cannot be had counts as asked for, and says so once, so that nobody waits for it for ever', async () => {
    const { api, clock, store, changes, put } = setUp();
    await put('k1');
    api.fault = () => transientFailure(500);
    store.hold(ref);
    await clock.advance(0);
    expect(store.asked(ref)).toBe(true);
    expect(store.lookup(ref)).toEqual({ state: 'unknown' });
    await clock.advance(10_000);
    expect(changes).toEqual(['vllm']);
    api.fault = undefined;
    await clock.advance(31_000);
    expect(store.lookup(ref)).toMatchObject({ state: 'ok', value: 'k1' });
    store.stop();
  });

  it('stays as it was while the API server is gone', async () => {
    const { api, clock, store, put } = setUp();
    await put('k1');
    store.hold(ref);
    await clock.advance(0);
    api.fault = () => transientFailure();
    api.endWatches(transientFailure());
    await clock.advance(120_000);
    expect(store.lookup(ref)).toMatchObject({ state: 'ok', value: 'k1' });
    store.stop();
  });

  it('is watched by its name, once for all who hold it, and no longer than somebody does', async () => {
    const { api, clock, store } = setUp();
    store.hold(ref);
    store.hold(ref);
    await clock.advance(0);
    expect(api.count('WATCH')).toBe(1);
    expect(api.seen[0]?.query).toMatchObject({ fieldSelector: 'metadata.name=vllm' });
    store.release(ref);
    await clock.advance(0);
    expect(api.openWatches()).toBe(1);
    store.release(ref);
    await clock.advance(0);
    expect(api.openWatches()).toBe(0);
    expect(clock.pending()).toBe(0);
  });
});
