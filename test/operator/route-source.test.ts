// The wiring from workflows to tables and targets: what is shared by embedded mode, the operator and the gateway.
import { describe, expect, it } from '@jest/globals';
import { catalogSchema } from '../../lib/api/catalog.ts';
import type { Workflow } from '../../lib/api/workflow.ts';
import type { Clock } from '../../operator/clock.ts';
import { fileAndEnvCredentials } from '../../operator/credentials.ts';
import type { RouteTable } from '../../operator/routes/types.ts';
import { createRouteSource } from '../../operator/route-source.ts';
import { createResolver } from '../../operator/targets.ts';
import type { Surroundings } from '../../operator/targets.ts';
import { workflow } from '../builders/workflow.ts';
import { steppedClock } from '../fakes/clock.ts';

const CATALOG = catalogSchema.parse({
  providers: [
    {
      name: 'anthropic',
      protocol: 'Anthropic',
      baseURL: 'https://api.example.com',
      models: ['claude-*'],
      auth: { env: 'KEY' },
      canary: { maxTokens: 7, timeout: '4s' },
    },
  ],
});

function setup(env: Record<string, string> = { KEY: 'sk-1' }, redirect?: Surroundings['redirect']) {
  const clock = steppedClock();
  const credentials = fileAndEnvCredentials({ env, clock, onChange: () => {} });
  const surroundings: Surroundings = {
    catalog: () => CATALOG,
    credentials,
    allowUpstream: [],
    inCluster: false,
    ...(redirect && { redirect }),
  };
  return { clock, resolver: createResolver(surroundings) };
}

describe('what a workflow is resolved to', () => {
  it('for decide: the target and the version of its credential', () => {
    const { models } = setup().resolver.resolve(workflow());
    expect(models).toMatchObject([
      { name: 'claude-opus-4-8', kind: 'target', provider: 'anthropic', protocol: 'Anthropic', credentialVersion: 1 },
      { name: 'claude-sonnet-4-6', kind: 'target' },
    ]);
  });

  it('for observe: what to ask, with the canary of the catalog and a credential that is looked up at each call', () => {
    const [target] = setup().resolver.resolve(workflow()).probes;
    expect(target).toMatchObject({
      upstreamModel: 'claude-opus-4-8',
      canary: { prompt: 'Reply with OK.', maxTokens: 7, timeoutMs: 4_000 },
    });
    expect(target?.credential()).toBe('sk-1');
    expect(JSON.stringify(target)).not.toContain('sk-1');
  });

  it('without the key: why it is not served, and what to do', () => {
    const { models, probes } = setup({}).resolver.resolve(workflow());
    expect(models[0]).toMatchObject({
      kind: 'notServing',
      reason: 'SecretNotFound',
      message: expect.stringContaining('KEY is not set'),
    });
    expect(probes).toEqual([]);
  });

  it("an own provider's Secret, outside a cluster: stalled, with the way out", () => {
    const own = {
      name: 'local',
      protocol: 'Anthropic' as const,
      baseURL: 'http://127.0.0.1:1',
      models: ['claude-*'],
      auth: { secretRef: { name: 's', key: 'k' } },
    };
    const parts = { primary: 'claude-opus-4-8', spec: { models: { providers: [own] } } };
    expect(setup().resolver.resolve(workflow(parts)).models[0]).toMatchObject({
      reason: 'SecretNotFound',
      message: expect.stringContaining('--providers'),
    });
  });

  it('a redirect leads elsewhere and keeps the identity', () => {
    const plain = setup();
    const broken = setup({ KEY: 'sk-1' }, (name, target) =>
      name === 'claude-opus-4-8' ? { ...target, baseURL: 'http://127.0.0.1:9' } : target,
    );
    const [before, after] = [plain, broken].map(({ resolver }) => resolver.resolve(workflow()).probes);
    expect(after?.map(({ baseURL }) => baseURL)).toEqual(['http://127.0.0.1:9', 'https://api.example.com']);
    expect(after?.map(({ id, credentialVersion }) => [id, credentialVersion])).toEqual(
      before?.map(({ id, credentialVersion }) => [id, credentialVersion]),
    );
  });
});

describe('resolving again', () => {
  it('is done only after something around it changed, and a status is nothing', () => {
    const { resolver } = setup();
    const first = workflow();
    const resolution = resolver.resolve(first);
    expect(resolver.resolve({ ...first, status: { phase: 'Healthy' } })).toBe(resolution);
    expect(resolver.resolve(workflow())).not.toBe(resolution);
    resolver.changed();
    expect(resolver.resolve(first)).not.toBe(resolution);
    expect(resolver.resolve(first).models).toEqual(resolution.models);
  });
});

describe('the source of route tables', () => {
  function source(initial: readonly Workflow[], publishFails = false) {
    const { clock, resolver } = setup();
    const workflows = new Map(initial.map((one) => [`${one.metadata.namespace}/${one.metadata.name}`, one]));
    const tables: RouteTable[] = [];
    const errors: unknown[] = [];
    const routes = createRouteSource({
      resolver,
      clock,
      workflows: { get: (key) => workflows.get(key), list: () => workflows.values() },
      publish(table) {
        if (publishFails) throw new Error('no');
        tables.push(table);
      },
      onError: (error) => errors.push(error),
    });
    return { clock, workflows, tables, errors, routes };
  }

  it('is whole at the start', () => {
    const { tables, routes } = source([workflow({ name: 'a' }), workflow({ name: 'b' })]);
    routes.rebuildAll();
    expect(Object.keys(tables[0]?.workflows ?? {})).toEqual(['default/a', 'default/b']);
  });

  it('gathers a storm of changes into one table, and forgets what is gone', async () => {
    const { clock, workflows, tables, routes } = source([workflow({ name: 'a' }), workflow({ name: 'b' })]);
    routes.rebuildAll();
    const [before] = tables;
    workflows.set('default/a', workflow({ name: 'a', primary: 'claude-new' }));
    workflows.delete('default/b');
    routes.workflowChanged('default/a');
    routes.workflowChanged('default/a');
    routes.workflowChanged('default/b');
    expect(tables).toHaveLength(1);
    await clock.advance(10);
    expect(tables).toHaveLength(2);
    expect(Object.keys(tables[1]?.workflows ?? {})).toEqual(['default/a']);
    expect(tables[1]?.workflows['default/a']?.primary).toBe('claude-new');
    expect(before?.workflows['default/b']).toBeDefined();
  });

  it('builds a costly table less often, so that a herd leaves the gateway nine tenths of its time', async () => {
    const base = steppedClock();
    let spentMs = 0;
    const clock: Clock = { now: () => base.now() + spentMs, after: (ms, task) => base.after(ms, task) };
    const one = workflow();
    let tables = 0;
    const routes = createRouteSource({
      resolver: setup().resolver,
      clock,
      workflows: { get: () => one, list: () => [one] },
      publish() {
        tables += 1;
        spentMs += 20;
      },
      onError: () => {},
    });
    routes.rebuildAll();
    for (let elapsedMs = 0; elapsedMs < 2_000; elapsedMs += 5) {
      routes.workflowChanged('default/triage-bot');
      await base.advance(5);
    }
    expect(tables).toBeGreaterThanOrEqual(10);
    expect(tables).toBeLessThanOrEqual(11);
    routes.stop();
  });

  it('says so when a table is refused, and goes on', async () => {
    const { clock, errors, routes } = source([workflow()], true);
    routes.rebuildAll();
    routes.workflowChanged('default/triage-bot');
    await clock.advance(10);
    expect(errors).toHaveLength(2);
  });

  it('publishes nothing after it was stopped', async () => {
    const { clock, tables, routes } = source([workflow()]);
    routes.workflowChanged('default/triage-bot');
    routes.stop();
    await clock.advance(100);
    expect(tables).toEqual([]);
  });
});
