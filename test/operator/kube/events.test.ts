import { describe, expect, it } from '@jest/globals';
import { eventsPath } from '../../../operator/kube/event-object.ts';
import type { Told } from '../../../operator/kube/event-object.ts';
import { eventSink } from '../../../operator/kube/events.ts';
import { writeLane } from '../../../operator/kube/write-lane.ts';
import { workflow } from '../../builders/workflow.ts';
import { steppedClock } from '../../fakes/clock.ts';
import { fakeApi, quietLog, transientFailure } from './fake-api.ts';

const told = (parts: Partial<Told> = {}): Told => ({
  type: 'Warning',
  reason: 'ConnectionFailed',
  action: 'Rerouted',
  note: 'now on b',
  target: 't1',
  ...parts,
});

interface Posted {
  readonly metadata: { readonly name: string };
  readonly note: string;
}

function setUp() {
  const clock = steppedClock();
  const api = fakeApi(clock);
  const leader = { isLeader: true };
  const outcomes = { recorded: 0, dropped: 0 };
  const sink = eventSink({
    transport: api,
    lane: writeLane({ clock }),
    isLeader: () => leader.isLeader,
    clock,
    log: quietLog,
    lease: { namespace: 'mcp-system', name: 'operator' },
    instance: 'host_uuid',
    onOutcome: (result, events) => (outcomes[result] += events),
  });
  const posted = () => api.seen.filter(({ method }) => method === 'POST').map(({ body }) => body as Posted);
  return { clock, api, leader, sink, posted, outcomes };
}

describe('an Event', () => {
  it('is what events.k8s.io/v1 demands', async () => {
    const { clock, api, sink, posted } = setUp();
    sink.record(workflow({ uid: 'u' }), told());
    await clock.advance(0);
    expect(api.seen[0]?.path).toBe('/apis/events.k8s.io/v1/namespaces/default/events');
    expect(posted()[0]).toMatchObject({
      metadata: { name: expect.stringMatching(/^triage-bot\.[0-9a-f]{16}$/), namespace: 'default' },
      eventTime: '2026-01-01T00:00:00.000000Z',
      reportingController: 'ai.example.com/operator',
      reportingInstance: 'host_uuid',
      regarding: { kind: 'MCPWorkflow', name: 'triage-bot', namespace: 'default', uid: 'u' },
      type: 'Warning',
      reason: 'ConnectionFailed',
      action: 'Rerouted',
      note: 'now on b',
    });
  });

  it('never has the name of another, however long the workflow’s name is', async () => {
    const { clock, sink, posted } = setUp();
    const name = `${'x'.repeat(235)}-${'y'.repeat(17)}`;
    for (let n = 0; n < 5; n += 1) sink.record(workflow({ name }), told({ target: `t${n}` }));
    await clock.advance(1_000);
    const names = posted().map(({ metadata }) => metadata.name);
    expect(new Set(names).size).toBe(5);
    for (const one of names) expect(one).toMatch(/^[a-z0-9.-]{1,252}[0-9a-f]$/);
    for (const one of names) expect(one).not.toContain('-.');
  });

  it('keeps its note within 1024 bytes without breaking a character', async () => {
    const { clock, sink, posted } = setUp();
    sink.record(workflow(), told({ note: `a${'ü'.repeat(800)}` }));
    await clock.advance(0);
    expect(posted()[0]?.note).toBe(`a${'ü'.repeat(511)}`);
  });

  it('is not recorded by a replica that does not lead, nor sent by one that no longer does', async () => {
    const { clock, leader, sink, posted, outcomes } = setUp();
    sink.record(workflow(), told());
    leader.isLeader = false;
    sink.record(workflow(), told());
    await clock.advance(10_000);
    expect(posted()).toHaveLength(0);
    expect(outcomes.dropped).toBe(1);
  });

  it('is tried again over an outage of some seconds, and counts as dropped after a long one', async () => {
    const { clock, api, sink, outcomes } = setUp();
    api.fault = () => transientFailure();
    sink.record(workflow(), told());
    await clock.advance(4_000);
    api.fault = undefined;
    await clock.advance(5_000);
    expect(outcomes.dropped).toBe(0);
    api.fault = () => transientFailure();
    sink.record(workflow(), told());
    await clock.advance(60_000);
    expect(outcomes.dropped).toBe(1);
  });

  it('whose first try arrived without an answer is not told twice', async () => {
    const { clock, api, sink, outcomes } = setUp();
    api.fault = () => transientFailure(409);
    sink.record(workflow(), told());
    await sink.drained();
    expect(api.seen).toHaveLength(1);
    expect(outcomes).toEqual({ recorded: 1, dropped: 0 });
    expect(clock.pending()).toBe(0);
  });

  it('that is refused does not hold up the next', async () => {
    const { clock, api, sink, posted, outcomes } = setUp();
    api.fault = ({ body }) => ((body as { note?: string }).note === 'bad' ? transientFailure(422) : undefined);
    sink.record(workflow(), told({ note: 'bad' }));
    sink.record(workflow(), told({ note: 'good' }));
    await clock.advance(100);
    expect(posted().map(({ note }) => note)).toEqual(['bad', 'good']);
    expect(outcomes).toEqual({ recorded: 1, dropped: 1 });
  });

  it('beyond a thousand that wait is dropped', async () => {
    const { api, clock, sink, outcomes } = setUp();
    api.fault = () => new Promise(() => {});
    for (let n = 0; n < 1_500; n += 1) sink.record(workflow({ name: `w${n}` }), told({ action: 'Warned' }));
    await clock.advance(0);
    expect(outcomes.dropped).toBeGreaterThanOrEqual(499);
    sink.stop();
    expect(outcomes.dropped).toBeGreaterThanOrEqual(1_499);
  });
});

describe('a herd', () => {
  const switchAll = (sink: ReturnType<typeof setUp>['sink'], from: number, to: number, target = 't1') => {
    for (let n = from; n < to; n += 1) sink.record(workflow({ name: `w${n}` }), told({ target }));
  };

  it('of a hundred is told one by one', async () => {
    const { clock, sink, posted } = setUp();
    switchAll(sink, 0, 100);
    await clock.advance(5_000);
    expect(posted()).toHaveLength(100);
  });

  it('of more is one series on the Lease beyond the first hundred, with its count', async () => {
    const { clock, api, sink, posted } = setUp();
    switchAll(sink, 0, 600);
    await clock.advance(5_000);
    switchAll(sink, 600, 1_000);
    await clock.advance(5_000);
    expect(posted()).toHaveLength(101);
    const series = api.seen.filter(({ path }) => path.startsWith(eventsPath('mcp-system')));
    expect(series[0]?.body).toMatchObject({
      regarding: { kind: 'Lease', name: 'operator', namespace: 'mcp-system' },
      reason: 'ConnectionFailed',
    });
    expect(series.at(-1)).toMatchObject({
      method: 'PATCH',
      contentType: 'application/merge-patch+json',
      body: { series: { count: 900, lastObservedTime: '2026-01-01T00:00:05.000000Z' } },
    });
    expect(series.length).toBeLessThan(6);
  });

  it('counts per target, and only what comes within ten seconds', async () => {
    const { clock, sink, posted } = setUp();
    switchAll(sink, 0, 80, 't1');
    switchAll(sink, 80, 160, 't2');
    await clock.advance(11_000);
    switchAll(sink, 0, 80, 't1');
    await clock.advance(11_000);
    expect(posted()).toHaveLength(240);
  });

  it('is told to the end when the sink is drained', async () => {
    const { clock, api, sink } = setUp();
    switchAll(sink, 0, 300);
    const drained = sink.drained();
    await clock.advance(3_000);
    await drained;
    expect(api.seen.at(-1)?.body).toMatchObject({ series: { count: 200 } });
    expect(clock.pending()).toBe(0);
  });
});
