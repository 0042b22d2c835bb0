import { describe, expect, it } from '@jest/globals';
import { createStalledWriter } from '../../../operator/cluster/unusable.ts';
import { watchWorkflows, workflowsPath } from '../../../operator/kube/workflows.ts';
import { createWorkflowParser } from '../../../operator/parse-workflow.ts';
import { steppedClock } from '../../fakes/clock.ts';
import { fakeApi, quietLog, transientFailure } from '../kube/fake-api.ts';

const path = workflowsPath('ns');
const GENERATION = { generation: 1 };
const BAD = { models: { primary: 'a', fallbacks: 'not a list' } };

async function setUp() {
  const clock = steppedClock();
  const api = fakeApi(clock);
  const leader = { isLeader: true };
  const open = () => {
    const source = watchWorkflows({
      transport: api,
      clock,
      log: quietLog,
      parse: createWorkflowParser(),
      namespace: 'ns',
      onChange: (key) => writer.changed(key),
    });
    const writer = createStalledWriter({
      transport: api,
      workflows: source,
      isLeader: () => leader.isLeader,
      clock,
      log: quietLog,
    });
    return { source, writer };
  };
  const put = async (spec: object = BAD) => {
    api.put(path, { metadata: { name: 'w', namespace: 'ns', uid: 'u', ...GENERATION }, spec });
    await clock.advance(0);
  };
  const written = () =>
    api.seen.filter(({ method }) => method === 'PATCH').map(({ body }) => body as { status: object });
  await clock.advance(0);
  return { clock, api, leader, open, put, written };
}

describe('a workflow that was never usable', () => {
  it('is told so in its status, with the field that is wrong, once', async () => {
    const { open, put, written, clock } = await setUp();
    open();
    await put();
    await clock.advance(10_000);
    expect(written()).toHaveLength(1);
    expect(written()[0]?.status).toMatchObject({
      phase: 'Unavailable',
      reason: 'InvalidSpec',
      message: expect.stringContaining('spec.models.fallbacks'),
      conditions: [
        { type: 'Ready', status: 'False' },
        { type: 'Stalled', status: 'True' },
      ],
    });
  });

  it('is told of a check that may block and cannot compile', async () => {
    const { open, put, written } = await setUp();
    open();
    const checks = [{ name: 'c', type: 'JSONSchema', schema: { type: 'strnig' }, onFail: 'Block' }];
    await put({ models: { primary: 'a' }, checks });
    expect(written()[0]?.status).toMatchObject({
      reason: 'InvalidSpec',
      message: expect.stringMatching(/^spec\.checks\[0\]\.schema does not compile: it is no JSON Schema: /),
    });
  });

  it('is not told again by the next operator', async () => {
    const { open, put, written, clock } = await setUp();
    const first = open();
    await put();
    first.source.stop();
    open();
    await clock.advance(10_000);
    expect(written()).toHaveLength(1);
  });

  it('is told after the write could be made, and by nobody who does not lead', async () => {
    const { api, open, put, written, leader, clock } = await setUp();
    const { writer } = open();
    leader.isLeader = false;
    await put();
    expect(written()).toHaveLength(0);
    leader.isLeader = true;
    api.fault = ({ method }) => (method === 'PATCH' ? transientFailure(500) : undefined);
    writer.changed('ns/w');
    await clock.advance(0);
    api.fault = undefined;
    writer.changed('ns/w');
    await clock.advance(0);
    expect(written()).toHaveLength(2);
  });
});
