// The whole loop but for the API server: queue, observe, decide, act, on a stepped clock.
import { describe, expect, it } from '@jest/globals';
import type { WorkflowStatus } from '../../../lib/api/status.ts';
import type { Workflow } from '../../../lib/api/workflow.ts';
import { actor } from '../../../operator/act/act.ts';
import { createOwnWrites } from '../../../operator/act/own-writes.ts';
import type { Memory, Outcome } from '../../../operator/decide/types.ts';
import { canaryEnded, initialCanaryState, planCanary } from '../../../operator/decide/canary.ts';
import { observer } from '../../../operator/observe/observe.ts';
import { targetWatch } from '../../../operator/observe/target-watch.ts';
import { workflowsToWake } from '../../../operator/observe/wake.ts';
import { backoffMs } from '../../../operator/queue/backoff.ts';
import { keyedQueue } from '../../../operator/queue/keyed-queue.ts';
import { reconcile } from '../../../operator/reconcile.ts';
import { silentLogger } from '../../../operator/telemetry/logger.ts';
import { workflow } from '../../builders/workflow.ts';
import { steppedClock } from '../../fakes/clock.ts';

const KEY = 'default/triage-bot';
const REFUSED: Outcome = { kind: 'noAnswer', reason: 'ConnectionFailed' };

function setup() {
  const clock = steppedClock();
  const world = { cached: workflow(), ill: new Set<string>(), canaries: 0, errors: [] as unknown[] };
  const writes: { status: WorkflowStatus; at: number }[] = [];
  const events: string[] = [];
  const memory = new Map<string, Memory>();
  const ownWrites = createOwnWrites();
  const statusOf = () => ownWrites.latestStatus(world.cached);
  const answer = (id: string): Promise<Outcome> => Promise.resolve(world.ill.has(id) ? REFUSED : { kind: 'answered' });
  const watch = targetWatch({
    clock,
    asker: {
      probe: ({ id }) => answer(id),
      canary: ({ id }) => {
        world.canaries += 1;
        return answer(id);
      },
    },
    planner: { initial: initialCanaryState, plan: planCanary, ended: canaryEnded },
    mayPay: () => true,
    onProbeEnd: (end) => workflowsToWake(end, statusOf).forEach((key) => queue.enqueue(key)),
    log: silentLogger,
  });
  const doer = actor({
    store: {
      write(target, status) {
        writes.push({ status, at: clock.now() });
        return Promise.resolve(String(Number(target.metadata.resourceVersion) + 1));
      },
    },
    events: { record: (_workflow, event) => events.push(event.note) },
    lookup: () => world.cached,
    memory,
    ownWrites,
    wantCanaries: (uid, wants) => watch.wantCanaries(uid, wants),
  });
  const models = (it: Workflow) => [it.spec.models.primary, ...it.spec.models.fallbacks];
  const observe = observer({
    lookup: () => ({ workflow: world.cached }),
    resolve: (it) => ({
      models: models(it).map((name) => {
        const target = `t-${name}`;
        return { name, kind: 'target', target, provider: 'p', protocol: 'Anthropic', credentialVersion: 1 };
      }),
      probes: models(it).map((name) => ({
        id: `t-${name}`,
        protocol: 'Anthropic',
        baseURL: `http://${name}.example.com`,
        upstreamModel: name,
        credential: () => undefined,
        credentialVersion: 1,
        canary: { prompt: 'p', maxTokens: 8, timeoutMs: 10_000, maxPerHour: 240 },
      })),
    }),
    memory,
    latestStatus: (it) => ownWrites.latestStatus(it),
    watch,
    traffic: { fold: () => [], forget: () => {} },
    clock,
    onGone: (uid) => doer.forget(uid),
  });
  const run = (key: string) => reconcile({ observe, act: (it, input, decision) => doer.act(it, input, decision) }, key);
  const queue = keyedQueue({
    clock,
    concurrency: 4,
    run,
    afterError: (_error, attempts) => backoffMs(attempts),
    onError: (_key, error) => world.errors.push(error),
  });
  return { clock, world, writes, events, run, queue, watch, statusOf };
}

describe('the loop', () => {
  it('reconciled again with nothing new writes nothing', async () => {
    const { clock, run, writes } = setup();
    await run(KEY);
    await clock.advance(0);
    await run(KEY);
    expect(writes.map((write) => write.status.phase)).toEqual(['Pending', 'Healthy']);
    await run(KEY);
    expect(writes).toHaveLength(2);
  });

  // proves steady-state-writes-nothing
  it('writes nothing in 100 steady minutes, and sends no canary', async () => {
    const { clock, queue, writes, world, statusOf } = setup();
    queue.start();
    queue.enqueue(KEY);
    await clock.advance(60_000);
    expect(statusOf()).toMatchObject({ phase: 'Healthy', activeModel: 'claude-opus-4-8' });
    const before = writes.length;
    await clock.advance(100 * 60_000);
    expect(writes).toHaveLength(before);
    expect(world.canaries).toBe(0);
    expect(world.errors).toEqual([]);
  });

  it('leaves a primary that refuses connections, and returns within 30 s after it is well', async () => {
    const { clock, queue, world, statusOf, events } = setup();
    queue.start();
    queue.enqueue(KEY);
    await clock.advance(30_000);
    world.ill.add('t-claude-opus-4-8');
    await clock.advance(3 * 3_000 + 2_000 + 3_000);
    expect(statusOf()).toMatchObject({ phase: 'Rerouted', activeModel: 'claude-sonnet-4-6' });
    await clock.advance(600_000);
    world.ill.clear();
    await clock.advance(30_000);
    expect(statusOf()).toMatchObject({ phase: 'Healthy', activeModel: 'claude-opus-4-8', switches: 2 });
    expect(events.length).toBeGreaterThanOrEqual(2);
    expect(world.errors).toEqual([]);
  });

  // proves blind-is-not-ill
  it('that can reach nobody keeps route and models as they are', async () => {
    const { clock, queue, world, statusOf, watch } = setup();
    queue.start();
    queue.enqueue(KEY);
    await clock.advance(30_000);
    const before = statusOf();
    world.ill = new Set(['t-claude-opus-4-8', 't-claude-sonnet-4-6']);
    await clock.advance(120_000);
    expect(watch.blind()).toBe(true);
    expect(statusOf()).toMatchObject({ activeModel: 'claude-opus-4-8', phase: before?.phase, models: before?.models });
    world.ill.clear();
    await clock.advance(10_000);
    expect(statusOf()?.models).toEqual(before?.models);
    await queue.stop();
    await watch.stop();
    expect(clock.pending()).toBe(0);
  });
});
