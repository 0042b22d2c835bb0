import { describe, expect, it } from '@jest/globals';
import type { Outcome } from '../../../operator/decide/types.ts';
import { workflowsToWake } from '../../../operator/observe/wake.ts';
import { ANSWERED, OVERLOADED, setup, SILENT, target, UNSUPPORTED, want } from './watched-world.ts';

describe('a blind operator', () => {
  it('is told when every host is silent; its silence is no evidence; one answer ends it', async () => {
    const { clock, use, watch, world } = setup();
    use('w', [target('a'), target('b')]);
    await clock.advance(9_000);
    watch.evidence('w');
    world.probe = () => SILENT;
    await clock.advance(3_000);
    expect(watch.blind()).toBe(true);
    expect(watch.evidence('w').filter((one) => one.outcome.kind === 'noAnswer')).toEqual([]);
    await clock.advance(60_000);
    expect(watch.blind()).toBe(true);
    expect(watch.evidence('w')).toEqual([]);
    world.probe = (id) => (id === 'a' ? ANSWERED : SILENT);
    await clock.advance(6_000);
    expect(watch.blind()).toBe(false);
    const kinds = watch.evidence('w').map((one) => `${one.target} ${one.outcome.kind}`);
    expect(kinds).toContain('a answered');
    expect(kinds).toContain('b noAnswer');
  });

  it.each([
    ['one host is silent and the other answers', (id: string) => (id === 'a' ? SILENT : ANSWERED)],
    ['one host is silent and the other answers badly', (id: string) => (id === 'a' ? SILENT : OVERLOADED)],
  ])('it is not, when %s', async (_name, probe) => {
    const { clock, use, watch, world } = setup();
    world.probe = probe;
    use('w', [target('a'), target('b')]);
    await clock.advance(30_000);
    expect(watch.blind()).toBe(false);
    expect(watch.evidence('w').length).toBeGreaterThan(0);
  });

  it('it is not, when only one host:port is asked, however many models it has', async () => {
    const { clock, use, watch, world } = setup();
    world.probe = () => SILENT;
    use('w', [target('a', { baseURL: 'http://h/v1' }), target('b', { baseURL: 'http://h:80/v2' })]);
    await clock.advance(30_000);
    expect(watch.blind()).toBe(false);
  });

  it('it is not, when a canary hangs on each host while the probes are answered', async () => {
    const { clock, use, watch, world } = setup();
    world.canaryTakesMs = 10_000;
    world.canary = () => ({ kind: 'noAnswer', reason: 'Timeout' });
    use('w', [target('a'), target('b')]);
    await clock.advance(10);
    watch.wantCanaries('w', [want('a'), want('b')]);
    for (let step = 0; step < 60; step += 1) {
      await clock.advance(500);
      expect(watch.blind()).toBe(false);
    }
  });
});

describe('whom the end of a probe wakes', () => {
  const users = () => ['default/well', 'default/ill', 'default/new'];
  const statusOf = (key: string) => {
    const state = { 'default/well': 'Healthy', 'default/ill': 'Recovering' }[key];
    if (state === undefined) return undefined;
    return { models: [{ name: 'm', target: 'a', state, since: '2026-01-01T00:00:00Z' }] };
  };
  it.each<readonly [string, Outcome, readonly string[]]>([
    ['a failure wakes all users', OVERLOADED, users()],
    ['silence wakes all users', SILENT, users()],
    ['an answer wakes those who know nothing or are ill', ANSWERED, ['default/ill', 'default/new']],
    ['so does what could not be asked', UNSUPPORTED, ['default/ill', 'default/new']],
  ])('%s', (_name, outcome, expected) => {
    expect(workflowsToWake({ target: 'a', rank: 'Probe', outcome, users }, statusOf)).toEqual(expected);
  });
});
