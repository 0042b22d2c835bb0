// Which model is active and why: the choice, the throttle overlay, Manual, Flapping, suspend and the pin.
import { describe, expect, it } from '@jest/globals';
import { FAILBACK_ANNOTATION } from '../../../lib/api/workflow.ts';
import { answered, facts, failed, Looks, target, traffic } from '../../builders/look.ts';
import type { Sight } from '../../builders/look.ts';

const THREE = { models: { primary: 'opus', fallbacks: ['sonnet', 'haiku'] } };
const down = (...models: string[]): Sight => ({ probes: Object.fromEntries(models.map((name) => [name, [failed]])) });
const up = (...models: string[]): Sight => ({ probes: Object.fromEntries(models.map((name) => [name, [answered]])) });
const limited = (model: string, part: Parameters<typeof traffic>[1] = {}): Sight => ({
  traffic: [traffic(model, { throttles: 3, ...part })],
});

const rows: [string, (looks: Looks) => unknown, { readonly active: string; readonly reason?: string }][] = [
  [
    'Unknown is routable: a new workflow serves its primary at once',
    (l) => l.look(),
    { active: 'opus', reason: 'Probing' },
  ],
  ['a healthy primary serves and has nothing to explain', (l) => l.well(), { active: 'opus' }],
  [
    'an ill primary gives way to the first fallback',
    (l) => l.well().times(3, down('opus')),
    { active: 'sonnet', reason: 'ServerError' },
  ],
  [
    'an ill fallback is passed over',
    (l) => l.well().times(3, down('opus', 'sonnet')),
    { active: 'haiku', reason: 'ServerError' },
  ],
  [
    'an ill fallback leaves the primary active, but is told',
    (l) => l.well().times(3, down('sonnet')),
    { active: 'opus', reason: 'ServerError' },
  ],
  [
    'when all are ill at once the active one stays',
    (l) => l.well().times(3, down('opus', 'sonnet', 'haiku')),
    { active: 'opus', reason: 'ServerError' },
  ],
  [
    'when the last one falls ill it stays active',
    (l) => l.well().times(3, down('opus')).times(3, down('sonnet', 'haiku')),
    { active: 'sonnet', reason: 'ServerError' },
  ],
  [
    'a recovered primary is active again',
    (l) => l.well().times(3, down('opus')).times(3, up('opus')),
    { active: 'opus' },
  ],
  [
    'a Recovering primary is not yet',
    (l) => l.well().times(3, down('opus')).times(2, up('opus')),
    { active: 'sonnet', reason: 'ServerError' },
  ],
  [
    'a throttled primary gives way to a well model',
    (l) => l.well().look(limited('opus')),
    { active: 'sonnet', reason: 'RateLimited' },
  ],
  [
    'a throttled model goes before an ill one',
    (l) => l.well().times(3, down('opus', 'sonnet')).look(limited('haiku')),
    { active: 'haiku', reason: 'AllThrottled' },
  ],
  [
    'of throttled models the one that is free soonest serves',
    (l) => {
      l.well().look(limited('opus', { retryAfterMs: 60_000 }));
      l.look({
        traffic: [
          traffic('sonnet', { throttles: 1, retryAfterMs: 20_000 }),
          traffic('haiku', { throttles: 1, retryAfterMs: 30_000 }),
        ],
      });
    },
    { active: 'sonnet', reason: 'AllThrottled' },
  ],
  [
    'the pin is active',
    (l) =>
      l
        .well()
        .edit({ ...THREE, pin: 'haiku' })
        .look(),
    { active: 'haiku', reason: 'Pinned' },
  ],
  [
    'the pin is active even when ill',
    (l) =>
      l
        .well()
        .edit({ ...THREE, pin: 'haiku' })
        .times(3, down('haiku')),
    { active: 'haiku', reason: 'Pinned' },
  ],
  [
    'a pin that cannot be used is passed over',
    (l) => {
      l.well().edit({ ...THREE, pin: 'haiku' });
      l.targets = [
        target('opus'),
        target('sonnet'),
        { name: 'haiku', kind: 'notServing', reason: 'ProviderNotFound', message: 'no provider' },
      ];
      l.look();
    },
    { active: 'opus', reason: 'ProviderNotFound' },
  ],
  [
    'a primary that cannot be used gives way',
    (l) => {
      l.targets = [
        { name: 'opus', kind: 'notServing', reason: 'SecretNotFound', message: 'Secret vllm does not exist' },
        target('sonnet'),
        target('haiku'),
      ];
      l.look();
    },
    { active: 'sonnet', reason: 'SecretNotFound' },
  ],
  [
    'blindness changes no route',
    (l) => l.well().times(9, { ...down(), probes: { opus: [{ kind: 'noAnswer', reason: 'Timeout' }] }, blind: true }),
    { active: 'opus' },
  ],
  [
    'a spec edit during an outage: the new primary serves at once',
    (l) => {
      l.well()
        .times(3, down('opus'))
        .edit({ models: { primary: 'mythos', fallbacks: ['opus', 'sonnet'] } });
      l.targets = [target('mythos'), target('opus'), target('sonnet')];
      l.look();
    },
    { active: 'mythos', reason: 'ServerError' },
  ],
  [
    'the same under Manual: an edit needs no approval',
    (l) => {
      l.well()
        .times(3, down('opus'))
        .edit({ models: { primary: 'mythos', fallbacks: ['opus', 'sonnet'] }, recovery: { failback: 'Manual' } });
      l.targets = [target('mythos'), target('opus'), target('sonnet')];
      l.look();
    },
    { active: 'mythos', reason: 'ServerError' },
  ],
];

describe('the active model', () => {
  it.each(rows)('%s', (_, run, { active, reason }) => {
    const looks = new Looks(THREE);
    run(looks);
    expect(looks.active).toBe(active);
    expect(looks.previous?.reason).toBe(reason);
    expect(looks.faults).toEqual([]);
  });
});

describe('throttled', () => {
  const until = (looks: Looks) => Date.parse(looks.entry('opus')?.throttledUntil ?? '') - looks.now;
  const rows: [string, (looks: Looks) => unknown, number][] = [
    ['one 429 is that request’s business', (l) => l.well().look(limited('opus', { throttles: 1 })), Number.NaN],
    [
      'three that are not in a row are too',
      (l) => l.well().look(limited('opus', { trailingThrottles: 1 })),
      Number.NaN,
    ],
    ['three in a row hold the model back for 10 s', (l) => l.well().look(limited('opus')), 10_000],
    [
      'a Retry-After of more than 5 s does at once',
      (l) => l.well().look(limited('opus', { throttles: 1, retryAfterMs: 7_000 })),
      7_000,
    ],
    [
      'a Retry-After of 5 s does not',
      (l) => l.well().look(limited('opus', { throttles: 1, retryAfterMs: 5_000 })),
      Number.NaN,
    ],
    [
      'a Retry-After counts for 10 min at most',
      (l) => l.well().look(limited('opus', { retryAfterMs: 3_600_000 })),
      600_000,
    ],
    [
      'a running one is never changed',
      (l) =>
        l
          .well()
          .times(1, limited('opus'))
          .look(limited('opus', { retryAfterMs: 60_000 })),
      7_000,
    ],
    [
      'the next one within 60 s is twice as long',
      (l) =>
        l
          .well()
          .times(1, limited('opus'))
          .look({ ...limited('opus'), afterMs: 20_000 }),
      20_000,
    ],
    [
      'after 60 s in peace it starts at 10 s again',
      (l) =>
        l
          .well()
          .times(1, limited('opus'))
          .look({ ...limited('opus'), afterMs: 70_000 }),
      10_000,
    ],
    [
      'canaries count as well: three 429s in a row',
      (l) => l.well().times(3, { canaries: { opus: [{ kind: 'throttled' }] } }),
      10_000,
    ],
  ];
  it.each(rows)('%s', (_, run, expected) => {
    const looks = new Looks();
    run(looks);
    expect(until(looks)).toBe(expected);
    expect(looks.state()).toBe('Healthy');
  });

  it('doubling ends at 10 min', () => {
    const looks = new Looks().well();
    for (let n = 0; n < 10; n += 1)
      looks.look({ ...limited('opus'), afterMs: (looks.memory?.models['opus']?.throttleStepMs ?? 0) + 1_000 });
    expect(until(looks)).toBe(600_000);
  });

  it('a throttle ends without anything else happening, and the next look is then', () => {
    const looks = new Looks().well();
    expect(looks.look(limited('opus', { retryAfterMs: 6_500 })).requeueAfterMs).toBe(3_000);
    looks.times(2);
    expect(looks.last?.requeueAfterMs).toBe(500);
    looks.look({ afterMs: 500 });
    expect(looks.active).toBe('opus');
    expect(looks.entry('opus')).not.toHaveProperty('throttledUntil');
  });
});

// proves people-decide
describe('failback: Manual', () => {
  const manual = { ...THREE, recovery: { failback: 'Manual' as const } };
  const healed = () => new Looks(manual).well().times(3, down('opus')).times(4, up('opus'));

  it('an earlier model waits for approval, and the message says how', () => {
    const looks = healed();
    expect(looks.active).toBe('sonnet');
    expect(looks.previous).toMatchObject({ reason: 'AwaitingApproval' });
    expect(looks.previous?.message).toContain(`${FAILBACK_ANNOTATION}: "${looks.previous?.activeSince}"`);
  });

  it('the annotation approves one return', () => {
    const looks = healed();
    looks.annotations = { [FAILBACK_ANNOTATION]: looks.previous?.activeSince ?? '' };
    looks.look();
    expect(looks.active).toBe('opus');
    looks.times(3, down('opus')).times(4, up('opus'));
    expect(looks.active).toBe('sonnet');
  });

  it('another moment approves nothing', () => {
    const looks = healed();
    looks.annotations = { [FAILBACK_ANNOTATION]: '2020-01-01T00:00:00Z' };
    expect(looks.times(2).active).toBe('sonnet');
  });

  it('nobody waits when the active one is ill', () => expect(healed().times(3, down('sonnet')).active).toBe('opus'));

  it('a later model needs no approval', () => {
    const looks = new Looks(manual).well().times(3, down('opus'));
    expect(looks.times(3, down('sonnet')).active).toBe('haiku');
  });
});

// proves flapping-waits-longer
describe('Flapping', () => {
  /** Away and back: 9 s to fall ill, then the proof; `stay` is how long the primary then serves. */
  const flap = (looks: Looks, stay: number) => {
    looks.times(3, down('opus'));
    for (let n = 0; looks.active !== 'opus' && n < 500; n += 1) looks.look(up('opus'));
    looks.look({ ...up('opus'), afterMs: stay });
  };
  const timeAway = (looks: Looks) => {
    looks.times(3, down('opus'));
    const left = looks.now;
    for (let n = 0; looks.active !== 'opus' && n < 500; n += 1) looks.look({ ...up('opus'), afterMs: 1_000 });
    return looks.now - left;
  };

  it('is the primary leaving within 60 s of a return three times in 10 min; each flap then doubles stabilization', () => {
    const looks = new Looks().well();
    const away: number[] = [];
    for (let n = 0; n < 7; n += 1) away.push(timeAway(looks));
    // The first leave follows no return; two flaps are forgiven.
    expect(away).toEqual([6_000, 6_000, 6_000, 11_000, 21_000, 41_000, 81_000]);
  });

  it('says so in status', () => {
    const looks = new Looks().well();
    for (let n = 0; n < 3; n += 1) flap(looks, 3_000);
    looks.times(3, down('opus'));
    expect(looks.previous).toMatchObject({ reason: 'Flapping', activeModel: 'sonnet' });
    expect(looks.previous?.message).toContain('10s after the first');
    expect(looks.last?.events).toContainEqual(expect.objectContaining({ reason: 'Flapping', action: 'Warned' }));
  });

  it('staying well for a minute is no flap', () => {
    const looks = new Looks().well();
    for (let n = 0; n < 6; n += 1) flap(looks, 60_000);
    expect(looks.memory?.flaps).toEqual([]);
  });

  it('10 minutes without a flap reset it', () => {
    const looks = new Looks().well();
    for (let n = 0; n < 6; n += 1) timeAway(looks);
    looks.look({ ...up('opus'), afterMs: 600_000 });
    expect(looks.memory?.flaps).toEqual([]);
    expect(timeAway(looks)).toBe(6_000);
  });

  it('human changes are no flaps', () => {
    const looks = new Looks().well();
    for (let n = 0; n < 5; n += 1) {
      looks.edit({ pin: 'sonnet' }).look();
      looks.edit({}).look();
    }
    expect(looks.active).toBe('opus');
    expect(looks.memory?.flaps).toEqual([]);
    expect(looks.previous?.switches).toBe(10);
  });
});

// proves people-decide
describe('suspend', () => {
  const suspendedDuring = (sight: Sight) => {
    const looks = new Looks().well();
    const before = looks.previous;
    looks.edit({ suspend: true }).times(5, sight);
    return { looks, before };
  };

  it('freezes the route and the models, whatever is seen', () => {
    const { looks, before } = suspendedDuring(down('opus'));
    expect(looks.previous).toMatchObject({ activeModel: 'opus', reason: 'Suspended', phase: 'Suspended' });
    expect(looks.previous?.models).toEqual(before?.models);
  });

  it('freezes the route under a new pin, too', () => {
    const looks = new Looks().well();
    expect(looks.edit({ suspend: true, pin: 'sonnet' }).times(2).active).toBe('opus');
    expect(looks.edit({ pin: 'sonnet' }).times(1).active).toBe('sonnet');
  });

  it('what was seen meanwhile is not folded later, even if it is told again', () => {
    const looks = new Looks().well().edit({ suspend: true });
    const { evidence } = looks.input({ probes: { opus: [failed, failed, failed] } });
    looks.lookAt({}, evidence);
    looks.edit({}).lookAt({}, evidence);
    expect(looks.state()).toBe('Healthy');
  });

  it('sends no canaries and looks at the interval', () => {
    const { looks } = suspendedDuring({
      traffic: [traffic('opus', { failures: 9 })],
      facts: { opus: facts({ suspect: true }) },
    });
    expect(looks.last).toMatchObject({ canaries: [], requeueAfterMs: 3_000 });
  });

  it('still shows a model that cannot be used', () => {
    const { looks } = suspendedDuring({});
    looks.targets = [
      target('opus'),
      { name: 'sonnet', kind: 'notServing', reason: 'EgressDenied', message: 'not allowed' },
    ];
    looks.look();
    expect(looks.state('sonnet')).toBe('NotServing');
    expect(looks.condition('Stalled')).toBe('True EgressDenied');
  });

  it('what was seen meanwhile stays unfolded', () => {
    const { looks } = suspendedDuring(down('opus'));
    looks.edit({}).look(down('opus'));
    expect(looks.state()).toBe('Healthy');
    expect(looks.memory?.models['opus']?.probeFailures).toBe(1);
  });

  it('half a proof does not outlive it', () => {
    const looks = new Looks().well().times(3, down('opus')).times(2, up('opus'));
    looks.edit({ suspend: true }).look({ afterMs: 60_000 });
    expect(looks.state()).toBe('Recovering/Probe');
    looks.edit({}).look();
    expect(looks.state()).toBe('Unhealthy/Probe');
    expect(looks.active).toBe('sonnet');
  });
});
