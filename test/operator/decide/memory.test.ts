// What a restart keeps, and what no longer counts.
import { describe, expect, it } from '@jest/globals';
import { decide } from '../../../operator/decide/decide.ts';
import { answered, failed, Looks, target, traffic } from '../../builders/look.ts';
import type { Sight } from '../../builders/look.ts';

const down = (...models: string[]): Sight => ({ probes: Object.fromEntries(models.map((name) => [name, [failed]])) });
const up = (...models: string[]): Sight => ({ probes: Object.fromEntries(models.map((name) => [name, [answered]])) });

describe('a restart', () => {
  const after = (run: (looks: Looks) => unknown) => {
    const looks = new Looks();
    run(looks);
    const before = looks.previous;
    looks.restart().look();
    return { looks, before };
  };

  it('with nothing new writes nothing, even hours later', () => {
    for (const run of [(l: Looks) => l.well(), (l: Looks) => l.well().times(3, down('opus'))]) {
      const looks = new Looks();
      run(looks);
      const before = looks.previous;
      looks.restart().look({ afterMs: 5 * 3_600_000 });
      expect(looks.previous).toEqual(before);
    }
  });

  it('ill stays ill until proven well, with its rank', () => {
    const { looks } = after((l) => l.well().times(3, { canaries: { opus: [failed] } }));
    expect(looks.times(20, up('opus')).state()).toBe('Unhealthy/Inference');
    expect(looks.active).toBe('sonnet');
  });

  it('Recovering is Unhealthy', () => {
    const { looks } = after((l) => l.well().times(3, down('opus')).times(2, up('opus')));
    expect(looks.state()).toBe('Unhealthy/Probe');
  });

  it('streaks are zero', () => {
    const { looks } = after((l) => l.well().times(2, down('opus')));
    expect(looks.times(2, down('opus')).state()).toBe('Healthy');
    expect(looks.times(1, down('opus')).state()).toBe('Unhealthy/Probe');
  });

  it('a throttle goes on, but no longer than 10 min', () => {
    const looks = new Looks().well();
    looks.look({ traffic: [traffic('opus', { throttles: 1, retryAfterMs: 60_000 })] });
    looks.restart().look();
    expect(looks.active).toBe('sonnet');
    const models = looks.previous?.models?.map((entry) => ({ ...entry, throttledUntil: '2099-01-01T00:00:00Z' }));
    const { status } = decide({ ...looks.restart().input(), previous: { ...looks.previous, models } });
    expect(Date.parse(status.models?.[0]?.throttledUntil ?? '')).toBe(looks.now + 600_000);
  });

  it.each<[string, (looks: Looks) => void]>([
    [
      'an entry whose target is another one',
      (l) => void (l.targets = [target('opus', { target: 't-other' }), target('sonnet')]),
    ],
    [
      'a state of another version',
      (l) =>
        void (l.previous = {
          ...l.previous,
          models: [{ name: 'opus', target: 't-opus', state: 'Dormant', since: 'x' }],
        }),
    ],
    ['another credential', (l) => void (l.targets = [target('opus', { credentialVersion: 2 }), target('sonnet')])],
  ])('%s reads as Unknown', (name, change) => {
    const looks = new Looks().well().times(3, down('opus'));
    change(looks);
    if (name !== 'another credential') looks.restart();
    looks.look();
    expect(looks.state()).toBe('Unknown');
    expect(looks.active).toBe('opus');
  });

  it('with another credential, what the last one saw and did does not count', () => {
    const looks = new Looks().well();
    looks.now += 100;
    const late = looks.input({ probes: { opus: [failed, failed, failed] } }).evidence;
    looks.targets = [target('opus', { credentialVersion: 2 }), target('sonnet')];
    looks.lookAt({ traffic: [traffic('opus', { failures: 9 })] }, late);
    expect(looks.state()).toBe('Unknown');
    looks.look({ probes: { opus: [answered] } });
    expect(looks.state()).toBe('Healthy');
  });

  it('a status that makes no sense does no harm', () => {
    const looks = new Looks();
    looks.previous = {
      activeModel: 'nobody',
      activeSince: 'then',
      models: [{ name: 'opus', target: 't-opus', state: 'Healthy', since: 'never' }],
    };
    expect(looks.look().status).toMatchObject({ activeModel: 'opus', switches: 1 });
  });
});
