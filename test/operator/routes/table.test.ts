import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import type { WorkflowSpecInput } from '../../../lib/api/spec.ts';
import type { ModelStatus, WorkflowStatus } from '../../../lib/api/status.ts';
import { egressPolicy } from '../../../operator/routes/egress.ts';
import { resolveModels } from '../../../operator/routes/resolve.ts';
import type { ResolvePolicy } from '../../../operator/routes/resolve.ts';
import { buildRouteTable, routeOf } from '../../../operator/routes/table.ts';
import { catalog, workflow } from '../../builders/workflow.ts';

const providers = catalog();
const policy: ResolvePolicy = {
  egress: egressPolicy(providers, { allowUpstream: [], inCluster: true }),
  credential: () => 'ok',
};
const NAMES = ['claude-a', 'claude-b', 'claude-c', 'claude-d'];
const SINCE = '2026-01-01T00:00:00Z';

type Entry = Partial<ModelStatus> & { readonly name: string };
interface Case {
  readonly active?: string | undefined;
  readonly entries?: readonly Entry[];
  readonly lags?: boolean;
  readonly pin?: string | undefined;
  readonly status?: Partial<WorkflowStatus>;
  readonly spec?: Partial<WorkflowSpecInput>;
  readonly names?: readonly string[];
}

/** The route of a workflow whose status entries are current unless they bring a target of their own. */
function routed(
  { active, entries = [], lags = false, pin, status, spec, names = NAMES }: Case,
  credential = policy.credential,
) {
  const [primary, ...fallbacks] = names;
  const bare = workflow({
    primary: primary!,
    fallbacks,
    generation: 2,
    spec: { ...spec, models: { ...spec?.models }, ...(pin !== undefined && { pin }) },
  });
  const resolved = resolveModels(bare, providers, { ...policy, credential });
  const current = (name: string) => {
    const served = resolved.find((model) => model.name === name)?.served;
    return served?.kind === 'target' ? served.target.id : undefined;
  };
  const models = entries.map((entry) => {
    const target = 'target' in entry ? entry.target : current(entry.name);
    return { state: 'Healthy', since: SINCE, ...entry, ...(target !== undefined && { target }) };
  });
  const whole = {
    observedGeneration: lags ? 1 : 2,
    ...(active !== undefined && { activeModel: active }),
    models,
    ...status,
  };
  return routeOf({ ...bare, status: whole }, resolved);
}
const order = (one: Case) =>
  routed(one)
    .models.map(({ name }) => name.replace('claude-', ''))
    .join('');
const ill = (name: string): Entry => ({ name, state: 'Unhealthy', rank: 'Inference', reason: 'Overloaded' });
const throttled = (name: string): Entry => ({ name, throttledUntil: '2026-01-01T00:10:00Z' });
const [a, b, c, d] = NAMES as [string, string, string, string];

describe('the order of attempts', () => {
  it.each<[string, Case, string]>([
    ['is spec order without a status', { status: { observedGeneration: -1 } }, 'abcd'],
    ['starts with the active model', { active: c }, 'cabd'],
    ['puts throttled after well and ill last', { active: d, entries: [ill(a), throttled(b)] }, 'dcba'],
    ['takes Recovering as ill', { active: b, entries: [{ name: a, state: 'Recovering' }] }, 'bcda'],
    [
      'takes an ill model that is throttled as ill',
      { active: d, entries: [{ ...ill(a), throttledUntil: SINCE }, throttled(b)] },
      'dcba',
    ],
    [
      'starts with the active model even when it is ill, for then it was chosen so',
      { active: a, entries: NAMES.map(ill) },
      'abcd',
    ],
    [
      'reads an unknown state as Unknown, which may serve',
      { active: a, entries: [{ name: b, state: 'Drowsy' }] },
      'abcd',
    ],
    [
      'reads an entry of another target as Unknown',
      { active: b, entries: [{ ...ill(a), target: 'elsewhere' }] },
      'bacd',
    ],
    ['reads an entry without a target as Unknown', { active: b, entries: [{ ...ill(a), target: undefined }] }, 'bacd'],
    ['ignores an active model that is not listed', { active: 'claude-z' }, 'abcd'],

    [
      'while the generation lags, starts with the pin',
      { lags: true, pin: c, active: b, entries: [{ name: a }] },
      'cabd',
    ],
    [
      'while it lags, starts with the pin even when that is ill',
      { lags: true, pin: c, entries: [{ name: a }, ill(c)] },
      'cabd',
    ],
    ['once it does not lag, follows the decision about the pin', { pin: c, active: b, entries: [{ name: a }] }, 'bacd'],
    [
      'while it lags, keeps the active model when the primary is the same',
      { lags: true, active: b, entries: [{ name: a }] },
      'bacd',
    ],
    [
      'while it lags, is spec order when the primary is another',
      { lags: true, active: b, entries: [{ name: b }, { name: a }] },
      'abcd',
    ],
    [
      "while it lags, is spec order when the primary's target is another",
      { lags: true, active: b, entries: [{ name: a, target: 'old' }] },
      'abcd',
    ],
    ['while it lags, is spec order when nothing is known', { lags: true, active: b, entries: [] }, 'abcd'],
    [
      'while it lags, puts ill models last, the active one too',
      { lags: true, active: a, entries: [ill(a), ill(b)] },
      'cdab',
    ],
    [
      'while it lags, ignores an active model that is no longer listed',
      { lags: true, active: 'claude-z', entries: [{ name: a }] },
      'abcd',
    ],
    ['starts with the pin before there is any status', { pin: d, status: { observedGeneration: -1 } }, 'dabc'],
  ])('%s', (_, one, expected) => expect(order(one)).toBe(expected));
});

describe('trials', () => {
  const off = { probes: { canary: 'Off' } } as const;
  const trials = (one: Case) =>
    routed(one)
      .models.filter(({ trial }) => trial)
      .map(({ name }) => name);

  it.each<[string, Case, readonly string[]]>([
    ['an ill model is on trial when canaries are off', { spec: off, active: b, entries: [ill(a)] }, [a]],
    [
      'an ill model is on trial when its canary was refused as invalid',
      { active: b, entries: [{ ...ill(a), reason: 'CanaryInvalid' }] },
      [a],
    ],
    ['an ill model that canaries can prove is not on trial', { active: b, entries: [ill(a)] }, []],
    ['a well model is never on trial', { spec: off, active: a, entries: [{ name: a }] }, []],
    ['a suspended workflow tries nothing', { spec: { ...off, suspend: true }, active: b, entries: [ill(a)] }, []],
  ])('%s', (_, one, expected) => expect(trials(one)).toEqual(expected));
});

describe('a route', () => {
  it('tells the gateway who is active and why it is not the primary', () =>
    expect(
      routed({ active: b, entries: [ill(a)], status: { reason: 'Overloaded', message: 'awaits a canary' } }),
    ).toMatchObject({
      key: 'default/triage-bot',
      dialect: 'Anthropic',
      primary: a,
      activeModel: b,
      reason: 'Overloaded',
      message: 'awaits a canary',
    }));
  it('gives no reason while the primary serves', () =>
    expect(routed({ active: a, status: { reason: 'Recovered' } })).not.toHaveProperty('reason'));
  it('says Pinned at once, before status does', () =>
    expect(routed({ lags: true, pin: b, active: a, status: { reason: 'Recovered' } })).toMatchObject({
      activeModel: b,
      reason: 'Pinned',
    }));
  it('says why the primary cannot serve, before status does', () =>
    expect(routed({ lags: true, names: ['typo', b] })).toMatchObject({
      activeModel: b,
      reason: 'ProviderNotFound',
      notServing: [{ name: 'typo', reason: 'ProviderNotFound' }],
    }));
  it('lists a model of the other dialect, for the other path, and says that it does not serve in its own', () => {
    const route = routed({ names: [a, 'gpt-5'], active: a });
    expect(route.models.map(({ targets }) => Object.keys(targets))).toEqual([['Anthropic'], ['OpenAI']]);
    expect(route.notServing).toMatchObject([{ name: 'gpt-5', reason: 'DialectMismatch' }]);
  });
  it('has no models, and says why, when no credential is there', () => {
    const route = routed({ names: [a] }, () => 'missing');
    expect(route).toMatchObject({
      models: [],
      notServing: [{ name: a, reason: 'SecretNotFound' }],
      dialect: 'Anthropic',
    });
    expect(route).not.toHaveProperty('activeModel');
  });
  it('has timeouts as milliseconds or Auto', () =>
    expect(
      routed({ spec: { detection: { requestTimeout: '1m30s', retries: 0, consecutiveFailures: 7 } } }),
    ).toMatchObject({
      requestTimeout: 90_000,
      firstTokenTimeout: 'Auto',
      streamIdleTimeout: 'Auto',
      retries: 0,
      consecutiveFailures: 7,
    }));
  it('says since when a model is in its state, so that a breaker can close', () =>
    expect(routed({ active: a, entries: [{ name: a }] }).models[0]).toMatchObject({
      since: SINCE,
      standing: 'well',
      specIndex: 0,
    }));
});

describe('buildRouteTable', () => {
  const routes = ['b', 'a', 'c'].map((name) => {
    const one = workflow({ name, fallbacks: [] });
    return routeOf(one, resolveModels(one, providers, policy));
  });
  it('is the same bytes whatever the order of the routes', () =>
    expect(JSON.stringify(buildRouteTable(routes))).toBe(JSON.stringify(buildRouteTable(routes.toReversed()))));
  it('has the version and each workflow by its key', () =>
    expect(buildRouteTable(routes)).toMatchObject({ version: 1, workflows: { 'default/a': { key: 'default/a' } } }));
});

describe('whatever the status says', () => {
  const name = fc.constantFrom(...NAMES);
  const entry = fc.record<Entry>(
    {
      name,
      state: fc.constantFrom('Unknown', 'Healthy', 'Unhealthy', 'Recovering', 'NotServing', 'Drowsy'),
      throttledUntil: fc.constant(SINCE),
      target: fc.constantFrom('elsewhere', ''),
      reason: fc.constantFrom('Overloaded', 'CanaryInvalid'),
    },
    { requiredKeys: ['name', 'state'] },
  );
  const anyCase: fc.Arbitrary<Case> = fc.record({
    active: fc.option(fc.oneof(name, fc.constant('gone')), { nil: undefined }),
    entries: fc.uniqueArray(entry, { selector: (one) => one.name }),
    lags: fc.boolean(),
    pin: fc.option(name, { nil: undefined }),
  });

  it('every model that the spec can serve is listed once', () =>
    fc.assert(
      fc.property(anyCase, (one) => {
        expect(
          routed(one)
            .models.map((model) => model.name)
            .toSorted(),
        ).toEqual(NAMES);
      }),
    ));

  it('after the first, models are well, then throttled, then ill, each in spec order', () =>
    fc.assert(
      fc.property(anyCase, (one) => {
        const rank = { well: 0, throttled: 10, ill: 20 };
        const ranks = routed(one)
          .models.slice(1)
          .map(({ standing, specIndex }) => rank[standing] + specIndex);
        expect(ranks).toEqual(ranks.toSorted((x, y) => x - y));
      }),
    ));

  it('the same objects give the same table', () =>
    fc.assert(
      fc.property(anyCase, (one) => {
        expect(JSON.stringify(routed(one))).toBe(JSON.stringify(routed(structuredClone(one))));
      }),
    ));

  it('a stale entry never makes ill or throttled', () =>
    fc.assert(
      fc.property(anyCase, (one) => {
        const stale = one.entries!.map((each) => ({ ...each, target: 'elsewhere' }));
        expect(routed({ ...one, entries: stale }).models.every(({ standing }) => standing === 'well')).toBe(true);
      }),
    ));
});
