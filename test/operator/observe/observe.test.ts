import { describe, expect, it } from '@jest/globals';
import { specSchema } from '../../../lib/api/spec.ts';
import type { WorkflowStatus } from '../../../lib/api/status.ts';
import type { Workflow } from '../../../lib/api/workflow.ts';
import type { ModelTarget } from '../../../operator/decide/types.ts';
import { observer } from '../../../operator/observe/observe.ts';
import type { KnownWorkflow } from '../../../operator/observe/observe.ts';
import type { TargetUse } from '../../../operator/observe/target-watch.ts';
import { steppedClock } from '../../fakes/clock.ts';

function workflow(uid: string): Workflow {
  return {
    metadata: { name: 'w', namespace: 'default', uid, generation: 4, resourceVersion: '7', annotations: { a: 'b' } },
    spec: specSchema.parse({ interval: '5s', models: { primary: 'one' }, probes: { timeout: '1s' } }),
  };
}

const model: ModelTarget = { name: 'one', kind: 'notServing', reason: 'ProviderNotFound', message: 'no provider' };

function setup() {
  const known = new Map<string, KnownWorkflow>();
  const calls: string[] = [];
  const uses: TargetUse[] = [];
  const latest: WorkflowStatus = { phase: 'Healthy' };
  const clock = steppedClock();
  const observe = observer({
    lookup: (key) => known.get(key),
    resolve: () => ({ models: [model], probes: [] }),
    memory: { get: () => undefined },
    latestStatus: () => latest,
    watch: {
      use: (uid, use) => {
        calls.push(`use ${uid}`);
        uses.push(use);
      },
      drop: (uid) => calls.push(`drop ${uid}`),
      evidence: () => [],
      facts: () => ({}),
      blind: () => true,
    },
    traffic: { fold: () => [], forget: (uid) => calls.push(`forget ${uid}`) },
    clock,
    onGone: (uid) => calls.push(`gone ${uid}`),
  });
  return { known, calls, uses, observe, clock, latest };
}

describe('observe', () => {
  it('puts together what is known, and asks for probes at the pace of the spec', async () => {
    const { known, observe, uses, clock, latest } = setup();
    known.set('default/w', { workflow: workflow('u1'), invalid: 'bad URL' });
    const input = await observe('default/w');
    expect(input).toEqual({
      uid: 'u1',
      name: 'w',
      namespace: 'default',
      generation: 4,
      annotations: { a: 'b' },
      spec: workflow('u1').spec,
      invalid: 'bad URL',
      targets: [model],
      facts: {},
      blind: true,
      previous: latest,
      evidence: [],
      traffic: [],
      now: clock.now(),
    });
    expect(uses).toEqual([{ key: 'default/w', targets: [], intervalMs: 5_000, timeoutMs: 1_000 }]);
  });

  it('knows nothing of a workflow that never was', async () => {
    const { observe, calls } = setup();
    expect(await observe('default/w')).toBeUndefined();
    expect(calls).toEqual([]);
  });

  it('forgets a workflow that is gone, once', async () => {
    const { known, observe, calls } = setup();
    known.set('default/w', { workflow: workflow('u1') });
    await observe('default/w');
    known.delete('default/w');
    await observe('default/w');
    await observe('default/w');
    expect(calls).toEqual(['use u1', 'drop u1', 'forget u1', 'gone u1']);
  });

  it('takes an object of the same name that was created anew for another one', async () => {
    const { known, observe, calls } = setup();
    known.set('default/w', { workflow: workflow('u1') });
    await observe('default/w');
    known.set('default/w', { workflow: workflow('u2') });
    await observe('default/w');
    expect(calls).toEqual(['use u1', 'drop u1', 'forget u1', 'gone u1', 'use u2']);
  });
});
