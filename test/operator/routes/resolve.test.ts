import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import type { WorkflowSpecInput } from '../../../lib/api/spec.ts';
import { matches } from '../../../operator/routes/choose.ts';
import { egressPolicy } from '../../../operator/routes/egress.ts';
import { resolveModels } from '../../../operator/routes/resolve.ts';
import type { CredentialState, ResolvePolicy } from '../../../operator/routes/resolve.ts';
import { targetId } from '../../../operator/routes/target.ts';
import type { CredentialRef } from '../../../operator/routes/types.ts';
import { catalog, workflow } from '../../builders/workflow.ts';

type Models = Partial<WorkflowSpecInput['models']>;
type Own = NonNullable<Models['providers']>[number];

const everything = catalog();
const policyOf = (
  credential: CredentialState | ((ref: CredentialRef) => CredentialState) = 'ok',
  inCluster = true,
): ResolvePolicy => ({
  egress: egressPolicy(everything, { allowUpstream: [], inCluster }),
  credential: (ref) => (typeof credential === 'string' ? credential : credential(ref)),
});
const resolved = (models: Models, policy = policyOf(), providers = everything) =>
  resolveModels(workflow({ namespace: 'ml', fallbacks: [], spec: { models } }), providers, policy);
const own = (parts: Partial<Own> = {}): Own => ({
  name: 'vllm',
  protocol: 'OpenAI',
  baseURL: 'http://vllm.ml.svc:8000/v1',
  models: ['llama-*'],
  ...parts,
});
const providerOf = (models: Models, providers = everything) => {
  const served = resolved(models, policyOf(), providers)[0]?.served;
  return served?.kind === 'target' ? served.target.provider : served?.reason;
};

describe('the choice of a provider', () => {
  const anthropic = { protocol: 'Anthropic' as const, baseURL: 'http://a.ml.svc' };

  it.each<[string, Models, string]>([
    ['comes from the catalog', { primary: 'claude-x' }, 'anthropic'],
    [
      'is an own one before the catalog, even with the shorter prefix',
      { primary: 'claude-x', providers: [own({ ...anthropic, models: ['*'] })] },
      'vllm',
    ],
    [
      'is what the override names',
      {
        primary: 'claude-x',
        providers: [own({ ...anthropic, models: ['*'] })],
        overrides: [{ model: 'claude-x', provider: 'anthropic' }],
      },
      'anthropic',
    ],
    [
      'may be named although its patterns do not fit',
      { primary: 'x', overrides: [{ model: 'x', provider: 'openai' }] },
      'openai',
    ],
    [
      'is the exact name before a prefix',
      { primary: 'llama-3', providers: [own(), own({ name: 'exact', models: ['llama-3'] })] },
      'exact',
    ],
    [
      'is the longest literal prefix',
      {
        primary: 'llama-3-70b',
        providers: [own({ models: ['llama-*'] }), own({ name: 'longer', models: ['llama-3*'] })],
      },
      'longer',
    ],
    [
      'counts a prefix up to the first star only',
      {
        primary: 'llama-3-70b',
        providers: [own({ models: ['lla*-70b'] }), own({ name: 'longer', models: ['llam*'] })],
      },
      'longer',
    ],
    [
      'is the first of the list when all else is equal',
      { primary: 'llama-3', providers: [own(), own({ name: 'second' })] },
      'vllm',
    ],
    ['is nobody when none fits', { primary: 'mistral' }, 'ProviderNotFound'],
    [
      'is nobody when the override names none that exists',
      { primary: 'claude-x', overrides: [{ model: 'claude-x', provider: 'azure' }] },
      'ProviderNotFound',
    ],
    [
      'is refused for an own one with a name of the catalog',
      { primary: 'claude-x', providers: [own({ ...anthropic, name: 'anthropic', models: ['claude-*'] })] },
      'InvalidSpec',
    ],
    [
      'is refused, not the catalog, when the override names such a one',
      {
        primary: 'claude-x',
        providers: [own({ name: 'anthropic', models: ['other'] })],
        overrides: [{ model: 'claude-x', provider: 'anthropic' }],
      },
      'InvalidSpec',
    ],
  ])('%s', (_, models, expected) => expect(providerOf(models)).toBe(expected));
});

describe('matches', () => {
  it.each([
    ['claude-*', 'claude-', true],
    ['claude-*', 'claud', false],
    ['*', '', true],
    ['a*b*c', 'abc', true],
    ['a*b*c', 'axbxbc', true],
    ['a*b*c', 'acb', false],
    ['ab*ba', 'aba', false],
    ['a.c', 'abc', false],
    ['(a+)+*', '(a+)+x', true],
  ])('%s and %s: %s', (pattern, name, expected) => expect(matches(pattern, name)).toBe(expected));

  it('agrees with a regular expression', () => {
    const word = fc.string({ unit: fc.constantFrom('a', 'b', '*'), maxLength: 7 });
    const name = fc.string({ unit: fc.constantFrom('a', 'b'), maxLength: 9 });
    fc.assert(
      fc.property(word, name, (pattern, text) => {
        expect(matches(pattern, text)).toBe(new RegExp(`^${pattern.replaceAll('*', '.*')}$`).test(text));
      }),
      { numRuns: 2000 },
    );
  });
});

describe('refusals say what to do', () => {
  const secret = { auth: { secretRef: { name: 'keys', key: 'vllm' } } };
  it.each<[string, Models, ResolvePolicy, string, RegExp]>([
    [
      'a misspelled model',
      { primary: 'cluade' },
      policyOf(),
      'ProviderNotFound',
      /no provider serves cluade: correct the name.*anthropic, openai/,
    ],
    [
      'a misspelled provider',
      { primary: 'claude-x', overrides: [{ model: 'claude-x', provider: 'antropic' }] },
      policyOf(),
      'ProviderNotFound',
      /names provider antropic, which does not exist/,
    ],
    [
      'a missing variable',
      { primary: 'claude-x' },
      policyOf('missing'),
      'SecretNotFound',
      /variable ANTHROPIC_API_KEY is not set: set it/,
    ],
    [
      'a missing Secret',
      { primary: 'llama-3', providers: [own(secret)] },
      policyOf('missing'),
      'SecretNotFound',
      /Secret ml\/keys has no key vllm: create/,
    ],
    [
      'a Secret where there is no cluster',
      { primary: 'llama-3', providers: [own(secret)] },
      policyOf('missing', false),
      'SecretNotFound',
      /file of --providers/,
    ],
    [
      'a forbidden Secret',
      { primary: 'llama-3', providers: [own(secret)] },
      policyOf('forbidden'),
      'SecretForbidden',
      /allowed-hosts: vllm\.ml\.svc:8000/,
    ],
    [
      'a foreign host',
      { primary: 'llama-3', providers: [own({ baseURL: 'https://x.example' })] },
      policyOf(),
      'EgressDenied',
      /provider vllm: x\.example:443 is neither/,
    ],
    [
      'a port that does not exist',
      { primary: 'llama-3', providers: [own({ baseURL: 'http://vllm.ml.svc:99999' })] },
      policyOf(),
      'InvalidSpec',
      /correct it/,
    ],
  ])('%s', (_, models, policy, reason, message) =>
    expect(resolved(models, policy)[0]?.served).toMatchObject({
      kind: 'refusal',
      reason,
      message: expect.stringMatching(message),
    }),
  );

  it('does not ask for the credential of a host that may not be called', () => {
    const asked: CredentialRef[] = [];
    const policy = policyOf((ref) => (asked.push(ref), 'ok'));
    resolved({ primary: 'llama-3', providers: [own({ ...secret, baseURL: 'https://x.example' })] }, policy);
    expect(asked).toEqual([]);
  });

  it('knows a missing file by its path', () => {
    const providers = catalog({ providers: [{ auth: { file: '/etc/keys/anthropic' } }] });
    expect(resolved({ primary: 'claude-x' }, policyOf('missing'), providers)[0]?.served).toMatchObject({
      message: expect.stringContaining('/etc/keys/anthropic'),
    });
  });
});

describe('the dialect', () => {
  it("is that of the primary's provider; a model of the other one is not served in it, but in its own", () => {
    const [primary, fallback] = resolved({ primary: 'claude-x', fallbacks: ['gpt-5'] });
    expect(primary).toMatchObject({ dialect: 'Anthropic', served: { kind: 'target' } });
    expect(fallback).toMatchObject({
      dialect: 'Anthropic',
      served: {
        reason: 'DialectMismatch',
        message: expect.stringMatching(/provider openai, which speaks OpenAI.*speaks Anthropic/),
      },
      targets: { OpenAI: { provider: 'openai' } },
    });
  });

  it('is that of the first model with a provider while the primary has none', () => {
    const [primary, fallback] = resolved({ primary: 'typo', fallbacks: ['gpt-5'] });
    expect(primary).toMatchObject({ served: { reason: 'ProviderNotFound' }, targets: {} });
    expect(fallback).toMatchObject({ dialect: 'OpenAI', served: { kind: 'target' } });
  });

  it('may be both for a model that two providers serve', () => {
    const both = own({ name: 'vllm-a', protocol: 'Anthropic', baseURL: 'http://vllm.ml.svc:8000' });
    const [model] = resolved({ primary: 'llama-3', providers: [own(), both] });
    expect(model).toMatchObject({
      dialect: 'OpenAI',
      targets: { OpenAI: { provider: 'vllm' }, Anthropic: { provider: 'vllm-a' } },
    });
  });
});

describe('a target', () => {
  const targetOf = (models: Models, providers = everything) => {
    const served = resolved(models, policyOf(), providers)[0]?.served;
    return served?.kind === 'target' ? served.target : undefined;
  };

  it('carries what the override says', () => {
    const override = {
      model: 'claude-x',
      upstreamModel: 'claude-eu',
      maxOutputTokens: 5,
      parameters: { set: { temperature: 0 }, remove: ['top_k'] },
    };
    const [model] = resolved({ primary: 'claude-x', overrides: [override] });
    expect(model).toMatchObject({
      maxOutputTokens: 5,
      set: { temperature: 0 },
      remove: ['top_k'],
      served: { target: { upstreamModel: 'claude-eu', credential: { kind: 'env', name: 'ANTHROPIC_API_KEY' } } },
    });
  });

  it('thinks when the catalog says so, and an own one never by the catalog', () => {
    const thinking = catalog({ providers: [{ reasoning: ['claude-*'] }] });
    expect(targetOf({ primary: 'claude-x' }, thinking)?.reasoning).toBe(true);
    expect(targetOf({ primary: 'claude-x' })?.reasoning).toBe(false);
    const mine = own({ protocol: 'Anthropic', models: ['claude-*'] });
    expect(targetOf({ primary: 'claude-x', providers: [mine] }, thinking)?.reasoning).toBe(false);
  });

  // proves own-provider-inherits-nothing
  it('of an own provider never has the credential of the catalog', () => {
    const models = {
      primary: 'claude-x',
      providers: [own({ protocol: 'Anthropic', baseURL: 'https://api.anthropic.com', models: ['*'] })],
    };
    expect(targetOf(models)).not.toHaveProperty('credential');
    expect(targetOf(models)?.id).not.toBe(targetOf({ primary: 'claude-x' })?.id);
  });

  it('has a header of its own when auth says so', () => {
    const auth = { secretRef: { name: 's', key: 'k' }, header: 'x-key' };
    expect(targetOf({ primary: 'llama-3', providers: [own({ auth })] })).toMatchObject({
      authHeader: 'x-key',
      credential: { kind: 'secret', namespace: 'ml', name: 's', key: 'k' },
    });
  });
});

describe('targetId', () => {
  const identity = { baseURL: 'https://api.example.com/v1', protocol: 'OpenAI', upstreamModel: 'm' } as const;
  const env = { kind: 'env', name: 'KEY' } as const;

  it.each([
    ['a slash at the end', { baseURL: 'https://api.example.com/v1/' }],
    ['the default port', { baseURL: 'https://api.example.com:443/v1' }],
    ['capitals in the host', { baseURL: 'https://API.example.com/v1' }],
  ])('does not change with %s', (_, part) => expect(targetId({ ...identity, ...part })).toBe(targetId(identity)));

  it('changes with every part of the identity', () => {
    const ids = [
      identity,
      { ...identity, baseURL: 'https://api.example.com/v2' },
      { ...identity, protocol: 'Anthropic' as const },
      { ...identity, upstreamModel: 'n' },
      { ...identity, credential: env },
      { ...identity, credential: { kind: 'file', path: 'KEY' } as const },
      { ...identity, credential: { kind: 'secret', namespace: 'a', name: 'b', key: 'c' } as const },
      { ...identity, namespace: 'ml' },
    ].map(targetId);
    expect(new Set(ids).size).toBe(ids.length);
  });

  it('is short', () => expect(targetId(identity)).toMatch(/^[0-9a-f]{16}$/));
});
