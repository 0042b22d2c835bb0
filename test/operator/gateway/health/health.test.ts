// Breaker, trials, counters and the budget of tries, by a clock that is stepped.
import { beforeEach, describe, expect, it } from '@jest/globals';
import { createBreakers } from '../../../../operator/gateway/health/breaker.ts';
import type { Breakers } from '../../../../operator/gateway/health/breaker.ts';
import { failureOf } from '../../../../operator/gateway/failures/classify.ts';
import type { Symptom } from '../../../../operator/gateway/failures/classify.ts';
import { createHealth } from '../../../../operator/gateway/health/health.ts';
import type { Health } from '../../../../operator/gateway/health/health.ts';
import { noMetrics } from '../../../../operator/gateway/health/metrics.ts';
import { createRetryBudget, retryWaitMs } from '../../../../operator/gateway/course/retry.ts';
import { createTrials } from '../../../../operator/gateway/health/trial.ts';
import { lineupOf } from '../../../../operator/gateway/upstream/candidate.ts';
import type { RouteModel } from '../../../../operator/routes/types.ts';
import { steppedClock } from '../../../fakes/clock.ts';
import type { SteppedClock } from '../../../fakes/clock.ts';
import { model, route, tableOf } from '../stage.ts';

let clock: SteppedClock;
beforeEach(() => {
  clock = steppedClock();
});
const half = () => 0.5;
const aModel = (change: Partial<RouteModel> = {}) => model('m', 0, 'http://127.0.0.1', change);

describe('breaker', () => {
  let breakers: Breakers;
  let alone = false;
  const fail = (times: number, of = aModel(), halfOpen = false) => {
    for (let i = 0; i < times; i += 1) breakers.failed('k', of, 3, halfOpen, 'Overloaded');
  };
  beforeEach(() => {
    alone = false;
    breakers = createBreakers({ clock, random: half, alone: () => alone });
  });

  it('opens after so many failures in a row, and only in a row', () => {
    fail(2);
    breakers.succeeded('k', false);
    fail(2);
    expect(breakers.look('k', aModel())).toBe('closed');
    fail(1);
    expect(breakers.look('k', aModel())).toBe('denied');
    expect(breakers.openState('k')).toEqual({ reason: 'Overloaded', remainingMs: 3000 });
  });

  it('half-opens for one request at a time', async () => {
    fail(3);
    await clock.advance(2999);
    expect(breakers.admit('k', aModel())).toBe('denied');
    await clock.advance(1);
    expect(breakers.admit('k', aModel())).toBe('halfOpen');
    expect(breakers.admit('k', aModel())).toBe('denied');
    breakers.released('k');
    expect(breakers.admit('k', aModel())).toBe('halfOpen');
    breakers.succeeded('k', true);
    expect(breakers.admit('k', aModel())).toBe('closed');
  });

  it('doubles its step up to 20 s', async () => {
    fail(3);
    const steps: number[] = [];
    for (let i = 0; i < 5; i += 1) {
      const remaining = breakers.openState('k')?.remainingMs ?? 0;
      steps.push(remaining);
      await clock.advance(remaining);
      expect(breakers.admit('k', aModel())).toBe('halfOpen');
      fail(1, aModel(), true);
    }
    expect(steps).toEqual([3000, 6000, 12_000, 20_000, 20_000]);
  });

  it.each([
    [0, 2400],
    [1, 3600],
  ])('spreads its step by a fifth: %d', (random, ms) => {
    const spread = createBreakers({ clock, random: () => random, alone: () => false });
    for (let i = 0; i < 3; i += 1) spread.failed('k', aModel(), 3, false, 'x');
    expect(spread.openState('k')?.remainingMs).toBeCloseTo(ms);
  });

  it.each([
    ['well', {}, false, 'halfOpen'],
    ['throttled', { standing: 'throttled' }, false, 'halfOpen'],
    ['ill', { standing: 'ill' }, false, 'denied'],
    ['ill, on trial', { standing: 'ill', trial: true }, false, 'halfOpen'],
    ['ill, and the gateway alone', { standing: 'ill' }, true, 'halfOpen'],
  ] as const)('after its step a model that the table calls %s', async (_name, change, isAlone, expected) => {
    fail(3);
    alone = isAlone;
    await clock.advance(60_000);
    expect(breakers.look('k', aModel(change))).toBe(expected);
  });

  it.each([
    ['a newer state that is not ill', { since: '2026-01-01T00:00:01Z' }, 'closed'],
    ['the same state', {}, 'denied'],
    ['a newer state that is ill', { since: '2026-01-01T00:00:01Z', standing: 'ill' }, 'denied'],
  ] as const)('follows %s', (_name, change, expected) => {
    fail(3);
    breakers.follow('k', aModel(change));
    expect(breakers.look('k', aModel(change))).toBe(expected);
  });

  it('learns nothing from requests that began before it opened', () => {
    fail(3);
    breakers.succeeded('k', false);
    fail(5);
    expect(breakers.openState('k')).toMatchObject({ remainingMs: 3000 });
  });
});

describe('trials', () => {
  it('are due one step after they began, one at a time, and back off', async () => {
    const trials = createTrials(clock);
    trials.follow('k', true);
    expect(trials.due('k')).toBe(false);
    await clock.advance(3000);
    expect(trials.due('k')).toBe(true);
    trials.begin('k');
    expect(trials.due('k')).toBe(false);
    trials.ended('k', false);
    await clock.advance(5999);
    expect(trials.due('k')).toBe(false);
    await clock.advance(1);
    expect(trials.due('k')).toBe(true);
    trials.begin('k');
    trials.ended('k', true);
    await clock.advance(3000);
    expect(trials.due('k')).toBe(true);
    trials.follow('k', false);
    expect(trials.due('k')).toBe(false);
    trials.follow('k', true);
    await clock.advance(3000);
    trials.keepOnly(() => false);
    expect(trials.due('k')).toBe(false);
  });
});

describe('health', () => {
  let health: Health;
  const primary = model('primary', 0, 'http://127.0.0.1');
  const aRoute = route([primary]);
  const candidate = lineupOf(aRoute, 'Anthropic').primary!;
  const entry = () => health.counters().entries[0];
  const fail = (...symptoms: Symptom[]) => {
    for (const symptom of symptoms) health.admit(candidate, 3)?.failed(failureOf(symptom, { retryAfterMs: 1000 }));
  };
  beforeEach(() => {
    health = createHealth({ clock, random: half, alone: () => false, metrics: noMetrics(), startId: 'start' });
    health.onTable(tableOf(aRoute));
  });

  it.each<[Symptom[], object]>([
    [['overloaded', 'serverError'], { failures: 2, trailingFailures: 2, lastFailure: 'ServerError' }],
    [['timeout', 'stalled'], { timeouts: 2, trailingTimeouts: 2, failures: 0, lastFailure: 'StreamStalled' }],
    [['throttled', 'throttled'], { throttles: 2, trailingThrottles: 2, failures: 0, retryAfterMs: 1000 }],
    [['throttled', 'overloaded'], { throttles: 1, trailingThrottles: 0, failures: 1 }],
    [['throttled', 'unreachable'], { trailingThrottles: 1, failures: 1 }],
    [['forbidden', 'notFound'], { unconfirmed: 2, failures: 0 }],
    [['credentialRejected', 'modelNotFound'], { unconfirmed: 0, failures: 2, lastFailure: 'ModelNotFound' }],
    [['incompatible', 'noCredential'], { failures: 0, timeouts: 0, throttles: 0, unconfirmed: 0 }],
    [['quota'], { failures: 1, throttles: 0, lastFailure: 'QuotaExhausted' }],
  ])('counts %j', (symptoms, expected) => {
    fail(...symptoms);
    expect(entry()).toMatchObject({ workflow: 'ns/wf', uid: 'uid-1', target: 'primary-Anthropic', ...expected });
  });

  it('ends every run with a success', () => {
    fail('overloaded', 'timeout');
    health.admit(candidate, 3)?.succeeded();
    expect(entry()).toMatchObject({ successes: 1, failures: 1, trailingFailures: 0, trailingTimeouts: 0 });
  });

  it('settles a ticket once', () => {
    const ticket = health.admit(candidate, 3);
    ticket?.succeeded();
    ticket?.failed(failureOf('overloaded'));
    expect(entry()).toMatchObject({ successes: 1, failures: 0 });
  });

  it.each<[Symptom, boolean]>([
    ['overloaded', false],
    ['timeout', false],
    ['throttled', true],
    ['forbidden', true],
    ['incompatible', true],
  ])('three times %s leave the model routable: %s', (symptom, routable) => {
    fail(symptom, symptom, symptom);
    expect(health.routable(candidate)).toBe(routable);
  });

  it('puts a due trial first, past its open breaker, and lets it decide nothing but its own timer', async () => {
    fail('overloaded', 'overloaded', 'overloaded');
    const ill = model('primary', 0, 'http://127.0.0.1', { standing: 'ill', trial: true });
    const other = model('other', 1, 'http://127.0.0.1');
    const next = route([other, ill]);
    health.onTable(tableOf(next));
    const { candidates } = lineupOf(next, 'Anthropic');
    const names = () => health.order(candidates).map(({ model: { name } }) => name);
    expect(names()).toEqual(['other', 'primary']);
    await clock.advance(3000);
    expect(names()).toEqual(['primary', 'other']);
    const ticket = health.admit(candidates[1]!, 3);
    expect(names()).toEqual(['other', 'primary']);
    ticket?.succeeded();
    expect(entry()).toMatchObject({ successes: 1 });
  });

  it('closes a breaker when a table brings the news, and keeps it while tables bring other news', () => {
    fail('overloaded', 'overloaded', 'overloaded');
    const other = { ...route([model('other', 0, 'http://127.0.0.1')]), key: 'ns/other' };
    health.onTable(tableOf(aRoute, other));
    expect(health.routable(candidate)).toBe(false);
    const proved = route([model('primary', 0, 'http://127.0.0.1', { since: '2026-01-01T01:00:00Z' })]);
    health.onTable(tableOf(proved, other));
    expect(health.routable(lineupOf(proved, 'Anthropic').primary!)).toBe(true);
  });

  it('forgets workflows that are gone', () => {
    fail('overloaded');
    health.onTable(tableOf());
    expect(health.counters()).toEqual({ startId: 'start', entries: [] });
  });
});

describe('further tries', () => {
  it('are paid from ten per ten seconds', async () => {
    const budget = createRetryBudget(clock);
    const taken = () => Array.from({ length: 11 }, () => budget.take('w')).filter(Boolean).length;
    expect(taken()).toBe(10);
    await clock.advance(9000);
    expect(taken()).toBe(0);
    await clock.advance(1000);
    expect(taken()).toBe(10);
  });

  it('or from a fifth of the requests, when that is more', () => {
    const budget = createRetryBudget(clock);
    for (let i = 0; i < 100; i += 1) budget.earn('w');
    expect(Array.from({ length: 30 }, () => budget.take('w')).filter(Boolean)).toHaveLength(20);
    expect(budget.take('other')).toBe(true);
  });

  it.each<[string, Symptom, number | undefined, boolean, number | undefined]>([
    ['a 500 is tried again soon', 'serverErrorOnce', undefined, true, 125],
    ['a reset is tried again soon', 'reset', undefined, false, 125],
    ['a 529 goes on', 'overloaded', undefined, true, undefined],
    ['a 429 with a wait goes on while another is left', 'throttled', 1000, true, undefined],
    ['a 429 with a wait is waited for when none is left', 'throttled', 1000, false, 1000],
    ['a long wait is not', 'throttled', 5001, false, undefined],
    ['a hang is never tried again', 'timeout', undefined, false, undefined],
    ['a spent quota has nothing to wait for', 'quota', 1000, false, undefined],
  ])('%s', (_name, symptom, retryAfterMs, othersLeft, expected) => {
    expect(retryWaitMs(failureOf(symptom, { retryAfterMs }), 0, othersLeft, () => 0)).toBe(expected);
  });

  it('wait longer each time, up to two seconds', () => {
    const waits = [0, 1, 2, 3, 9].map((tries) => retryWaitMs(failureOf('reset'), tries, true, () => 1));
    expect(waits).toEqual([250, 500, 1000, 2000, 2000]);
  });
});
