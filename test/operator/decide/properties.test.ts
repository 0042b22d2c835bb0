// What holds after any history.
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import type { Outcome } from '../../../operator/decide/types.ts';
import { decide } from '../../../operator/decide/decide.ts';
import { modelNames } from '../../../lib/api/spec.ts';
import { sameValue } from '../../../operator/act/same-status.ts';
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

const MODELS = ['opus', 'sonnet'];
const outcome = fc.constantFrom<Outcome>(answered, failed, rejected, silent, unasked);
const canaryOutcome = fc.oneof(
  fc.constantFrom<Outcome>(answered, failed, silent, invalidCanary, { kind: 'throttled' }),
  fc.record({ kind: fc.constant('throttled' as const), retryAfterMs: fc.integer({ min: 0, max: 900_000 }) }),
);
const perModel = <T>(value: fc.Arbitrary<T>) =>
  fc.dictionary(fc.constantFrom(...MODELS), value, { noNullPrototype: true });
const count = fc.integer({ min: 0, max: 6 });
const delta = fc.constantFrom(...MODELS).chain((model) =>
  fc
    .record({
      successes: count,
      failures: count,
      timeouts: count,
      throttles: count,
      gaveUp: count,
      unconfirmed: count,
    })
    .map((sums) => traffic(model, sums)),
);
const known = fc
  .record({ suspect: fc.boolean(), probeFailing: fc.boolean(), canaryInvalid: fc.boolean(), couldNotAskRun: count })
  .map((part) => facts(part));
const sight: fc.Arbitrary<Sight> = fc.record(
  {
    afterMs: fc.integer({ min: 1, max: 70_000 }),
    probes: perModel(fc.array(outcome, { maxLength: 3 })),
    canaries: perModel(fc.array(canaryOutcome, { maxLength: 2 })),
    traffic: fc.array(delta, { maxLength: 2 }),
    facts: perModel(known),
    blind: fc.boolean(),
  },
  { requiredKeys: ['afterMs'] },
);
type Turn = (looks: Looks) => unknown;
const turn: fc.Arbitrary<Turn> = fc.oneof(
  { weight: 8, arbitrary: sight.map((seen) => (looks: Looks) => looks.look(seen)) },
  fc.constant((looks: Looks) => looks.restart()),
  fc
    .constantFrom(
      {},
      { suspend: true },
      { pin: 'sonnet' },
      { recovery: { failback: 'Manual' as const } },
      { probes: { canary: 'Off' as const } },
    )
    .map((part) => (looks: Looks) => looks.edit(part)),
  fc.constantFrom(1, 2).map((version) => (looks: Looks) => {
    looks.targets = MODELS.map((name) => target(name, { credentialVersion: version }));
  }),
  fc.constant((looks: Looks) => {
    looks.targets = [
      { name: 'opus', kind: 'notServing' as const, reason: 'SecretNotFound' as const, message: 'gone' },
      target('sonnet'),
    ];
  }),
);
const history = fc.array(turn, { minLength: 1, maxLength: 25 });
const live = (turns: readonly Turn[]): Looks => {
  const looks = new Looks();
  looks.look();
  for (const step of turns) step(looks);
  return looks;
};

describe('after any history', () => {
  // proves status-follows-kstatus
  it('every status keeps the rules of kstatus and of the schema', () => {
    fc.assert(fc.property(history, (turns) => expect(live(turns).faults).toEqual([])));
  });

  it('the active model is one of the spec’s', () => {
    fc.assert(
      fc.property(history, (turns) => {
        const looks = live(turns);
        expect(modelNames(looks.spec)).toContain(looks.look().status.activeModel);
      }),
    );
  });

  it('the same input decides the same thing', () => {
    fc.assert(
      fc.property(history, sight, (turns, seen) => {
        const input = live(turns).input(seen);
        expect(decide(structuredClone(input))).toEqual(decide(input));
      }),
    );
  });

  it('the same now with no new evidence leaves the status equal', () => {
    fc.assert(
      fc.property(history, sight, (turns, seen) => {
        const looks = live(turns);
        looks.look(seen);
        const before = looks.previous;
        const again = looks.look({ afterMs: 0, blind: seen.blind ?? false, ...(seen.facts && { facts: seen.facts }) });
        expect(sameValue(before, again.status)).toBe(true);
        expect(again.events).toEqual([]);
      }),
    );
  });

  it('an event is told only when the status changes', () => {
    fc.assert(
      fc.property(history, sight, (turns, seen) => {
        const looks = live(turns);
        const before = looks.previous;
        const { status, events } = looks.look(seen);
        if (sameValue(before, status)) expect(events).toEqual([]);
      }),
    );
  });

  it('the next look is never later than the interval, and always ahead', () => {
    fc.assert(
      fc.property(history, sight, (turns, seen) => {
        const { requeueAfterMs } = live(turns).look(seen);
        expect(requeueAfterMs).toBeGreaterThan(0);
        expect(requeueAfterMs).toBeLessThanOrEqual(3_000);
      }),
    );
  });

  // proves proof-before-return
  it('no free probes heal an illness found by inference', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(outcome, fc.integer({ min: 1, max: 60_000 })), { maxLength: 40 }), (probes) => {
        const looks = new Looks().well().times(3, { canaries: { opus: [failed] } });
        for (const [seen, afterMs] of probes) looks.look({ afterMs, probes: { opus: [seen] } });
        expect(looks.state()).toBe('Unhealthy/Inference');
      }),
    );
  });

  it('a streak below its threshold never makes ill; a success of at least its rank clears it', () => {
    const run = fc.record({ failures: fc.integer({ min: 0, max: 2 }), byCanary: fc.boolean() });
    fc.assert(
      fc.property(fc.array(run, { maxLength: 15 }), (runs) => {
        const looks = new Looks().well();
        for (const { failures, byCanary } of runs) {
          const list = [...Array.from({ length: failures }, () => failed), answered];
          looks.look(byCanary ? { canaries: { opus: list } } : { probes: { opus: list } });
          expect(looks.state()).toBe('Healthy');
        }
      }),
    );
  });

  // proves throttled-is-not-ill
  it('being throttled never worsens or heals', () => {
    const throttles = fc.array(
      fc.oneof(
        fc.constant({ kind: 'throttled' as const }),
        canaryOutcome.filter(({ kind }) => kind === 'throttled'),
      ),
      { minLength: 1, maxLength: 5 },
    );
    fc.assert(
      fc.property(history, throttles, count, (turns, canaries, more) => {
        const looks = live(turns);
        looks.edit({ recovery: { stabilization: '10m' } }).look({ afterMs: 1 });
        const before = MODELS.map((name) => looks.state(name));
        looks.look({ afterMs: 1, canaries: { opus: canaries }, traffic: [traffic('opus', { throttles: more })] });
        expect(MODELS.map((name) => looks.state(name))).toEqual(before);
      }),
    );
  });

  it('once the primary only succeeds it is active again, or the reason says why not', () => {
    fc.assert(
      fc.property(history, (turns) => {
        const looks = live(turns);
        const good = { probes: { opus: [answered] }, canaries: { opus: [answered] } };
        for (let n = 0; n < 10; n += 1) looks.look(good);
        if (looks.active === 'opus') return;
        const { reason = '' } = looks.previous ?? {};
        expect([
          'Pinned',
          'Suspended',
          'AwaitingApproval',
          'Flapping',
          'RateLimited',
          'SecretNotFound',
          'AllThrottled',
        ]).toContain(reason);
      }),
    );
  });
});
