import { describe, expect, it } from '@jest/globals';
import { parseWorkflow } from '../../../lib/api/parse.ts';
import { watchWorkflows, workflowsPath } from '../../../operator/kube/workflows.ts';
import { steppedClock } from '../../fakes/clock.ts';
import { fakeApi, quietLog } from './fake-api.ts';

const path = workflowsPath();

async function setUp() {
  const clock = steppedClock();
  const api = fakeApi(clock);
  const changes: string[] = [];
  const source = watchWorkflows({
    transport: api,
    clock,
    log: quietLog,
    parse: parseWorkflow,
    onChange: (key) => changes.push(key),
  });
  const put = async (spec: unknown, more: object = {}) => {
    api.put(path, { metadata: { name: 'w', namespace: 'ns', ...more }, spec, status: { phase: 'Healthy' } });
    await clock.advance(0);
  };
  await clock.advance(0);
  return { clock, api, changes, source, put };
}

const good = (primary: string) => ({ models: { primary, fallbacks: ['b'] } });
const bad = { models: { primary: 'a', fallbacks: 'not a list' } };

describe('the workflows of the cluster', () => {
  it('are parsed, and told by key', async () => {
    const { source, put, changes, api, clock } = await setUp();
    await put(good('a'));
    expect(source.get('ns/w')).toMatchObject({
      kind: 'usable',
      workflow: { spec: { models: { primary: 'a' } }, status: { phase: 'Healthy' } },
    });
    expect(source.get('ns/w')).not.toHaveProperty('invalid');
    api.remove(path, 'w');
    await clock.advance(0);
    expect(source.get('ns/w')).toBeUndefined();
    expect(changes).toEqual(['ns/w', 'ns/w']);
    source.stop();
  });

  it('keep the last good spec over a bad edit, with the metadata and status of now', async () => {
    const { source, put, api } = await setUp();
    await put(good('a'));
    await put(bad);
    const known = source.get('ns/w');
    const resourceVersion = api.get(path, 'w')?.metadata.resourceVersion;
    expect(known).toMatchObject({
      kind: 'usable',
      workflow: { metadata: { resourceVersion }, spec: { models: { primary: 'a' } }, status: { phase: 'Healthy' } },
      invalid: expect.stringContaining('spec.models.fallbacks'),
    });
    await put(good('c'));
    expect(source.get('ns/w')).not.toHaveProperty('invalid');
    source.stop();
  });

  it('that were never good are unusable, also when a good namesake went before', async () => {
    const { source, put, api, clock } = await setUp();
    await put(good('a'), { uid: 'first' });
    api.remove(path, 'w');
    await put(bad, { uid: 'second' });
    expect(source.get('ns/w')).toMatchObject({ kind: 'unusable', metadata: { uid: 'second' } });
    source.stop();
    await clock.advance(0);
  });

  it('of one namespace are asked for there', () => {
    expect(workflowsPath('ns')).toBe('/apis/ai.example.com/v1alpha1/namespaces/ns/mcpworkflows');
  });
});
