import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { specSchema } from '../../../lib/api/spec.ts';
import type { WorkflowStatus } from '../../../lib/api/status.ts';
import type { Workflow } from '../../../lib/api/workflow.ts';
import { actor } from '../../../operator/act/act.ts';
import { createHeldEvents, MAX_HELD_EVENTS } from '../../../operator/act/held-events.ts';
import { createOwnWrites } from '../../../operator/act/own-writes.ts';
import { sameValue } from '../../../operator/act/same-status.ts';
import type { Decision, Input, Memory, WorkflowEvent } from '../../../operator/decide/types.ts';
import { TerminalError, TransientError } from '../../../operator/errors.ts';
import { createMetrics } from '../../../operator/telemetry/metrics.ts';

const KEY = 'default/w';
const spec = specSchema.parse({ models: { primary: 'one' } });

function workflow(changes: Partial<Workflow['metadata']> = {}, status?: WorkflowStatus): Workflow {
  const metadata = { name: 'w', namespace: 'default', uid: 'u', generation: 1, resourceVersion: '10', ...changes };
  return { metadata, spec, ...(status && { status }) };
}

function event(note: string): WorkflowEvent {
  return { type: 'Normal', reason: 'Recovered', action: 'Rerouted', note };
}

function decision(status: WorkflowStatus, changes: Partial<Decision> = {}): Decision {
  const memory: Memory = { uid: 'u', generation: 1, models: {}, returns: [], flaps: [] };
  return { status, memory, events: [], canaries: [], urgent: false, requeueAfterMs: 3_000, ...changes };
}

const input = { uid: 'u', generation: 1 } as Input;
const healthy: WorkflowStatus = { phase: 'Healthy', activeModel: 'one' };
const rerouted: WorkflowStatus = { phase: 'Rerouted', activeModel: 'two' };

function setup() {
  const world: { cached: Workflow | undefined; error: Error | undefined; version: number } = {
    cached: workflow(),
    error: undefined,
    version: 10,
  };
  const writes: { status: WorkflowStatus; resourceVersion: string }[] = [];
  const turns = { mayWrite: true, asked: [] as string[], left: [] as string[], come: [] as string[], onTurn: () => {} };
  const recorded: string[] = [];
  const wanted: unknown[] = [];
  const memory = new Map<string, Memory>();
  const ownWrites = createOwnWrites();
  const metrics = createMetrics();
  const { act, forget } = ((made) => ({ act: made.act.bind(made), forget: made.forget.bind(made) }))(
    actor({
      store: {
        write(target, status) {
          if (world.error) return Promise.reject(world.error);
          writes.push({ status, resourceVersion: target.metadata.resourceVersion });
          world.version += 1;
          return Promise.resolve(String(world.version));
        },
      },
      turns: {
        take(uid, urgent, onTurn) {
          turns.asked.push(urgent ? `${uid} urgent` : uid);
          turns.onTurn = onTurn;
          return turns.mayWrite;
        },
        leave: (uid) => void turns.left.push(uid),
      },
      onTurn: (key) => void turns.come.push(key),
      events: { record: (_workflow, told) => recorded.push(told.note) },
      lookup: () => world.cached,
      memory,
      ownWrites,
      wantCanaries: (uid, wants) => wanted.push([uid, wants]),
      metrics,
    }),
  );
  return { world, writes, turns, recorded, wanted, memory, ownWrites, metrics, act, forget };
}

describe('act', () => {
  it('writes a changed status once, and nothing when the same is decided again', async () => {
    const { act, writes } = setup();
    await act(KEY, input, decision(healthy));
    await act(KEY, input, decision({ ...healthy }));
    expect(writes).toEqual([{ status: healthy, resourceVersion: '10' }]);
  });

  it('writes nothing when the cache already says so', async () => {
    const { act, writes, world } = setup();
    world.cached = workflow({}, healthy);
    await act(KEY, input, decision({ activeModel: 'one', phase: 'Healthy' }));
    expect(writes).toEqual([]);
  });

  it('writes against its own last write while the cache is behind, and against the cache again after', async () => {
    const { act, writes, turns, world, ownWrites } = setup();
    await act(KEY, input, decision(healthy));
    expect(ownWrites.latestStatus(workflow())).toEqual(healthy);
    await act(KEY, input, decision(rerouted, { urgent: true }));
    world.cached = workflow({ resourceVersion: '15' }, healthy);
    expect(ownWrites.latestStatus(world.cached)).toEqual(healthy);
    await act(KEY, input, decision(rerouted));
    expect(writes.map((write) => write.resourceVersion)).toEqual(['10', '11', '15']);
    expect(turns.asked).toEqual(['u', 'u urgent', 'u']);
  });

  it('keeps memory and canary wants even when the write fails, and passes the error on', async () => {
    const { act, world, memory, wanted, metrics } = setup();
    world.error = new TransientError('conflict');
    const wants = [{ target: 't', purpose: 'Recovery', proving: false, intervalMs: 3_000 }] as const;
    await expect(act(KEY, input, decision(healthy, { canaries: wants }))).rejects.toBe(world.error);
    expect(memory.has('u')).toBe(true);
    expect(wanted).toEqual([['u', wants]]);
    expect(await metrics.text()).toContain('mcpworkflow_status_writes_total{result="transient"} 1');
  });

  it.each([
    ['terminal', new TerminalError('InvalidSpec', 'x')],
    ['bug', new RangeError('x')],
  ])('counts a %s failure as what it is', async (result, error) => {
    const { act, world, metrics } = setup();
    world.error = error;
    await expect(act(KEY, input, decision(healthy))).rejects.toBe(error);
    expect(await metrics.text()).toContain(`mcpworkflow_status_writes_total{result="${result}"} 1`);
  });

  it('tells of events only after the write, and then of those that waited as well, each once', async () => {
    const { act, world, recorded } = setup();
    world.error = new TransientError('conflict');
    const rerouting = decision(rerouted, { events: [event('left one')] });
    await expect(act(KEY, input, rerouting)).rejects.toBe(world.error);
    await expect(act(KEY, input, rerouting)).rejects.toBe(world.error);
    expect(recorded).toEqual([]);
    world.error = undefined;
    await act(KEY, input, decision(rerouted, { events: [event('warned')] }));
    expect(recorded).toEqual(['left one', 'warned']);
    await act(KEY, input, decision(rerouted));
    expect(recorded).toHaveLength(2);
  });

  it('waits for its turn without keeping what it would have written, and asks for a look when the turn comes', async () => {
    const { act, writes, turns, recorded, memory } = setup();
    turns.mayWrite = false;
    await act(KEY, input, decision(rerouted, { urgent: true, events: [event('left one')] }));
    expect([writes, recorded, memory.has('u')]).toEqual([[], [], true]);
    turns.onTurn();
    expect(turns.come).toEqual([KEY]);
    turns.mayWrite = true;
    await act(KEY, input, decision(healthy, { events: [event('is well again')] }));
    expect(writes.map(({ status }) => status)).toEqual([healthy]);
    expect(recorded).toEqual(['is well again']);
  });

  it.each([
    ['has nothing to write any more', (made: ReturnType<typeof setup>) => made.act(KEY, input, decision(healthy))],
    ['is gone', (made: ReturnType<typeof setup>) => Promise.resolve(made.forget('u'))],
  ])('gives up its place in line when the workflow %s', async (_name, happen) => {
    const made = setup();
    made.world.cached = workflow({}, healthy);
    await happen(made);
    expect(made.turns.left).toEqual(['u']);
  });

  it('tells at once what needs no write', async () => {
    const { act, world, recorded } = setup();
    world.cached = workflow({}, healthy);
    await act(KEY, input, decision(healthy, { events: [event('warned')] }));
    expect(recorded).toEqual(['warned']);
  });

  it.each([
    ['is gone', undefined],
    ['was created anew', workflow({ uid: 'other' })],
  ])('does nothing for a workflow that %s', async (_name, cached) => {
    const { act, world, writes, memory, wanted } = setup();
    world.cached = cached;
    await act(KEY, input, decision(healthy, { events: [event('x')] }));
    expect([writes, wanted, [...memory]]).toEqual([[], [], []]);
  });

  it('leaves the status to the look of a newer generation', async () => {
    const { act, world, writes, memory } = setup();
    world.cached = workflow({ generation: 2 });
    await act(KEY, input, decision(healthy));
    expect(writes).toEqual([]);
    expect(memory.has('u')).toBe(true);
  });

  it('forgets all of a workflow that is gone', async () => {
    const { act, forget, memory, ownWrites } = setup();
    await act(KEY, input, decision(healthy));
    forget('u');
    expect(memory.has('u')).toBe(false);
    expect(ownWrites.latestStatus(workflow())).toBeUndefined();
  });
});

describe('own writes', () => {
  it.each([
    ['9', '10', undefined],
    ['10', '9', healthy],
    ['9007199254740993', '9007199254740992', healthy],
    ['10', '10', undefined],
  ])('with version %s against a cache at %s', (own, cached, expected) => {
    const ownWrites = createOwnWrites();
    ownWrites.wrote('u', own, healthy);
    expect(ownWrites.latestStatus(workflow({ resourceVersion: cached }))).toEqual(expected);
  });
});

describe('held events', () => {
  it('are bounded, the oldest go first', () => {
    const held = createHeldEvents();
    for (let index = 0; index < MAX_HELD_EVENTS + 5; index += 1) held.hold('u', [event(`n${index}`)]);
    const released = held.release('u');
    expect(released).toHaveLength(MAX_HELD_EVENTS);
    expect(released.at(-1)?.note).toBe(`n${MAX_HELD_EVENTS + 4}`);
    expect(held.release('u')).toEqual([]);
  });
});

describe('the same status', () => {
  it('survives the way through JSON, where undefined members go', () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        const before = { value, absent: undefined };
        expect(sameValue(before, JSON.parse(JSON.stringify(before)))).toBe(true);
      }),
    );
  });

  it('is another one when any text in it is another', () => {
    fc.assert(
      fc.property(fc.jsonValue(), fc.jsonValue(), (a, b) => {
        expect(sameValue(a, b)).toBe(sameValue(b, a));
        // An absent member and an undefined one are the same; JSON has none of the latter, so sorted texts tell.
        expect(sameValue(a, b)).toBe(sorted(a) === sorted(b));
      }),
      { numRuns: 500 },
    );
  });

  it.each([
    [{ a: 1 }, { a: 1, b: 2 }],
    [{ a: 1, b: 2 }, { a: 1 }],
    [
      [1, 2],
      [2, 1],
    ],
    [[], {}],
    [null, {}],
    [undefined, {}],
  ])('%j is not %j', (a, b) => expect(sameValue(a, b)).toBe(false));
});

function sorted(value: unknown): string {
  return JSON.stringify(value, (_name, inner: unknown) =>
    typeof inner === 'object' && inner !== null && !Array.isArray(inner)
      ? Object.fromEntries(Object.entries(inner).sort(([x], [y]) => (x < y ? -1 : 1)))
      : inner,
  );
}
