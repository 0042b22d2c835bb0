import { describe, expect, it } from '@jest/globals';
import { TerminalError, TransientError } from '../../../operator/errors.ts';
import { statusStore } from '../../../operator/kube/status-store.ts';
import { workflowsPath } from '../../../operator/kube/workflows.ts';
import { writeLane } from '../../../operator/kube/write-lane.ts';
import { workflow } from '../../builders/workflow.ts';
import { steppedClock } from '../../fakes/clock.ts';
import { fakeApi, transientFailure } from './fake-api.ts';

const path = workflowsPath('default');
const status = { observedGeneration: 1, phase: 'Healthy' as const };

function setUp() {
  const clock = steppedClock();
  const api = fakeApi(clock);
  const leader = { isLeader: true };
  const lane = writeLane({ clock, ratePerSecond: 10 });
  const store = statusStore({ transport: api, lane, isLeader: () => leader.isLeader });
  const resourceVersion = api.put(path, {
    metadata: { name: 'triage-bot', namespace: 'default', uid: 'u' },
    spec: { a: 1 },
  });
  return { clock, api, leader, lane, store, current: workflow({ uid: 'u', resourceVersion }) };
}

// proves status-is-never-forced
describe('a status write', () => {
  it('puts the whole status with the resource version it was computed from, and resolves to the new one', async () => {
    const { api, store, current } = setUp();
    const version = await store.write(current, status);
    expect(version).toBe(api.get(path, 'triage-bot')?.metadata.resourceVersion);
    expect(api.get(path, 'triage-bot')).toMatchObject({ spec: { a: 1 }, status });
    expect(api.seen.at(-1)).toMatchObject({
      method: 'PUT',
      path: `${path}/triage-bot/status`,
      body: { metadata: { resourceVersion: current.metadata.resourceVersion, uid: 'u' }, status },
    });
  });

  it('that lost a race is transient and changes nothing', async () => {
    const { api, store, current } = setUp();
    api.put(path, { metadata: { name: 'triage-bot', namespace: 'default' }, spec: { a: 2 } });
    await expect(store.write(current, status)).rejects.toThrow(TransientError);
    expect(api.get(path, 'triage-bot')).not.toHaveProperty('status');
  });

  it('that the server rejects is terminal', async () => {
    const { api, store, current } = setUp();
    api.fault = () => transientFailure(422);
    await expect(store.write(current, status)).rejects.toThrow(TerminalError);
  });

  it('of a replica that does not lead is not sent', async () => {
    const { api, leader, store, current } = setUp();
    leader.isLeader = false;
    await expect(store.write(current, status)).rejects.toThrow(TransientError);
    expect(api.count('PUT')).toBe(0);
  });

  it('that meets 429 narrows the lane', async () => {
    const { api, lane, store, current } = setUp();
    api.fault = () => transientFailure(429, 2_000);
    await expect(store.write(current, status)).rejects.toMatchObject({ retryAfterMs: 2_000 });
    expect(lane.rate()).toBe(5);
  });
});
