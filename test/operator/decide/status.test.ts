// The words of a status: conditions, phase, messages, events, transitions; what a restart keeps; what is wanted next.
import { describe, expect, it } from '@jest/globals';
import { sameValue } from '../../../operator/act/same-status.ts';
import type { ModelTarget } from '../../../operator/decide/types.ts';
import {
  answered,
  facts,
  failed,
  invalidCanary,
  Looks,
  rejected,
  silent,
  target,
  traffic,
  unasked,
} from '../../builders/look.ts';
import type { Sight } from '../../builders/look.ts';

const down = (...models: string[]): Sight => ({ probes: Object.fromEntries(models.map((name) => [name, [failed]])) });
const up = (...models: string[]): Sight => ({ probes: Object.fromEntries(models.map((name) => [name, [answered]])) });
const missing = (name: string): ModelTarget => ({
  name,
  kind: 'notServing',
  reason: 'ProviderNotFound',
  message: `no provider serves ${name}`,
});

interface Expected {
  readonly phase: string;
  readonly Ready: string;
  readonly ModelsHealthy?: string;
  readonly OnPrimary?: string;
  readonly Reconciling?: string;
  readonly Stalled?: string;
}

const rows: [string, (looks: Looks) => unknown, Expected][] = [
  [
    'before the first evidence it is Pending',
    (l) => l.look(),
    {
      phase: 'Pending',
      Ready: 'Unknown Probing',
      ModelsHealthy: 'Unknown Probing',
      OnPrimary: 'True AsExpected',
      Reconciling: 'True Probing',
    },
  ],
  [
    'a healthy primary alone is not yet all of them',
    (l) => l.look(up('opus')),
    { phase: 'Healthy', Ready: 'True AsExpected', ModelsHealthy: 'Unknown Probing' },
  ],
  [
    'a healthy fallback does not make the primary known',
    (l) => l.look(up('sonnet')),
    { phase: 'Pending', Ready: 'Unknown Probing' },
  ],
  [
    'all well',
    (l) => l.well(),
    {
      phase: 'Healthy',
      Ready: 'True AsExpected',
      ModelsHealthy: 'True AsExpected',
      Reconciling: 'absent',
      Stalled: 'absent',
    },
  ],
  [
    'an ill fallback degrades',
    (l) => l.well().times(3, down('sonnet')),
    { phase: 'Degraded', Ready: 'True AsExpected', ModelsHealthy: 'False ServerError', OnPrimary: 'True AsExpected' },
  ],
  [
    'an ill primary reroutes, and is no reason to reconcile or stall',
    (l) => l.well().times(3, down('opus')),
    {
      phase: 'Rerouted',
      Ready: 'True AsExpected',
      OnPrimary: 'False ServerError',
      Reconciling: 'absent',
      Stalled: 'absent',
    },
  ],
  [
    'all ill is Unavailable',
    (l) => l.well().times(3, down('opus', 'sonnet')),
    { phase: 'Unavailable', Ready: 'False ServerError', Reconciling: 'absent', Stalled: 'absent' },
  ],
  [
    'Recovering is ill',
    (l) => l.well().times(3, down('opus', 'sonnet')).look(up('opus')),
    { phase: 'Unavailable', Ready: 'False ServerError' },
  ],
  [
    'a free probe that could not be asked once proves nothing',
    (l) => l.look({ probes: { opus: [unasked] }, facts: { opus: facts({ couldNotAskRun: 1 }) } }),
    { phase: 'Pending', Ready: 'Unknown Probing' },
  ],
  [
    'twice: Ready, but Unproven',
    (l) => l.look({ probes: { opus: [unasked] }, facts: { opus: facts({ couldNotAskRun: 2 }) } }),
    { phase: 'Healthy', Ready: 'True Unproven', Reconciling: 'absent' },
  ],
  [
    'Unproven stays while nothing is known',
    (l) => {
      l.look({ facts: { opus: facts({ couldNotAskRun: 2 }) } });
      l.look({ probes: { opus: [silent] } });
    },
    { phase: 'Healthy', Ready: 'True Unproven' },
  ],
  [
    'a primary that cannot be used stalls',
    (l) => {
      l.targets = [missing('opus'), target('sonnet')];
      l.look();
    },
    {
      phase: 'Rerouted',
      Ready: 'True AsExpected',
      Stalled: 'True ProviderNotFound',
      Reconciling: 'absent',
      ModelsHealthy: 'False ProviderNotFound',
    },
  ],
  [
    'a fallback that cannot be used stalls too',
    (l) => {
      l.targets = [target('opus'), missing('sonnet')];
      l.times(2, up('opus'));
    },
    { phase: 'Degraded', Ready: 'True AsExpected', Stalled: 'True ProviderNotFound' },
  ],
  [
    'none can be used',
    (l) => {
      l.targets = [missing('opus'), missing('sonnet')];
      l.look();
    },
    { phase: 'Unavailable', Ready: 'False ProviderNotFound', Stalled: 'True ProviderNotFound' },
  ],
  [
    'an invalid spec stalls while the last good one serves',
    (l) => l.well().look({ invalid: 'spec.pin: names no model' }),
    { phase: 'Healthy', Ready: 'True AsExpected', Stalled: 'True InvalidSpec' },
  ],
  [
    'blind: ModelsHealthy is Unknown',
    (l) => l.well().look({ blind: true }),
    { phase: 'Healthy', Ready: 'True AsExpected', ModelsHealthy: 'Unknown OperatorBlind' },
  ],
  [
    'blind while degraded: the phase stays',
    (l) => l.well().times(3, down('sonnet')).look({ blind: true }),
    { phase: 'Degraded', Ready: 'True AsExpected', ModelsHealthy: 'Unknown OperatorBlind' },
  ],
  [
    'a suspended workflow is Suspended first of all',
    (l) => l.well().times(3, down('opus', 'sonnet')).edit({ suspend: true }).look(),
    { phase: 'Suspended', Ready: 'False ServerError' },
  ],
];

describe('conditions and phase', () => {
  it.each(rows)('%s', (_, run, { phase, ...conditions }) => {
    const looks = new Looks();
    run(looks);
    expect(looks.previous?.phase).toBe(phase);
    const found = Object.fromEntries(Object.keys(conditions).map((type) => [type, looks.condition(type)]));
    expect(found).toEqual(conditions);
    expect(looks.faults).toEqual([]);
  });

  it('Pinned and Suspended are as the spec has them', () => {
    const looks = new Looks({ pin: 'sonnet', suspend: true }).well();
    expect(looks.condition('Pinned')).toBe('True Pinned');
    expect(looks.condition('Suspended')).toBe('True Suspended');
    looks.edit({}).look();
    expect(looks.condition('Pinned')).toBe('False AsExpected');
    expect(looks.condition('Suspended')).toBe('False AsExpected');
  });
});

describe('the message', () => {
  const message = (run: (looks: Looks) => unknown, looks = new Looks()) => {
    run(looks);
    return looks.previous?.message;
  };
  const ill = (l: Looks) => l.well().times(3, { canaries: { opus: [failed] } });

  it('says what still has to happen before the primary returns', () => {
    expect(message(ill)).toBe(
      'opus is ill (the provider answered with a server error); sonnet serves. It is well again after 2 successes of ' +
        'canaries or real requests, 5s after the first of them at the earliest.',
    );
  });

  it('names real requests only where no canary can prove anything', () => {
    expect(
      message(
        (l) => l.well().look({ traffic: [traffic('opus', { failures: 3 })] }),
        new Looks({ probes: { canary: 'Off' } }),
      ),
    ).toContain('2 successes of real requests,');
  });

  it('does not change while the outage lasts', () => {
    const looks = new Looks();
    ill(looks);
    const before = looks.previous;
    for (let n = 0; n < 20; n += 1) looks.look({ canaries: { opus: [n % 2 ? silent : failed] }, ...down('opus') });
    expect(sameValue(before, looks.previous)).toBe(true);
  });
});

describe('events and transitions', () => {
  it('an outage is two events: the model and the route', () => {
    const looks = new Looks().well().times(3, down('opus'));
    expect(looks.last?.events).toEqual([
      expect.objectContaining({ type: 'Warning', action: 'Rerouted', reason: 'ServerError', target: 't-opus' }),
      expect.objectContaining({
        type: 'Warning',
        action: 'ModelStateChanged',
        reason: 'ServerError',
        target: 't-opus',
      }),
    ]);
    expect(looks.last?.urgent).toBe(true);
    expect(looks.look(down('opus'))).toMatchObject({ events: [], urgent: false });
  });

  it('so is its end', () => {
    const looks = new Looks().well().times(3, down('opus')).times(3, up('opus'));
    expect(looks.last?.events).toEqual([
      expect.objectContaining({ type: 'Normal', action: 'Rerouted', reason: 'Recovered', target: 't-opus' }),
      expect.objectContaining({ type: 'Normal', action: 'ModelStateChanged', reason: 'Recovered' }),
    ]);
    expect(looks.previous?.transitions?.slice(-2)).toEqual([
      expect.objectContaining({
        kind: 'Model',
        subject: 'opus',
        from: 'Recovering',
        to: 'Healthy',
        reason: 'Recovered',
      }),
      expect.objectContaining({ kind: 'Route', from: 'sonnet', to: 'opus', reason: 'Recovered' }),
    ]);
  });

  it.each<[string, string, (looks: Looks) => unknown]>([
    ['blindness', 'OperatorBlind', (l) => l.well().look({ blind: true })],
    ['an unproven primary', 'Unproven', (l) => l.look({ facts: { opus: facts({ couldNotAskRun: 2 }) } })],
    [
      'a canary refused while ill',
      'CanaryInvalid',
      (l) =>
        l
          .well()
          .times(3, { canaries: { opus: [failed] } })
          .look({ canaries: { opus: [invalidCanary] }, facts: { opus: facts({ canaryInvalid: true }) } }),
    ],
    ['an invalid spec', 'InvalidSpec', (l) => l.well().look({ invalid: 'spec.interval: too short' })],
    ['a rejected credential', 'CredentialRejected', (l) => l.well().times(3, { probes: { opus: [rejected] } })],
  ])('%s is a warning, once', (_, reason, run) => {
    const looks = new Looks();
    run(looks);
    expect(looks.last?.events).toContainEqual(expect.objectContaining({ type: 'Warning', reason }));
  });

  it('only the last ten transitions are kept, and switches are counted on', () => {
    const looks = new Looks().well();
    for (let n = 0; n < 8; n += 1)
      looks
        .times(3, down('opus'))
        .times(3, up('opus'))
        .look({ ...up('opus'), afterMs: 61_000 });
    expect(looks.previous?.transitions).toHaveLength(10);
    expect(looks.previous?.switches).toBe(16);
  });

  it('the first choice is no switch', () =>
    expect(new Looks().look().status).toMatchObject({ switches: 0, transitions: [] }));
});
