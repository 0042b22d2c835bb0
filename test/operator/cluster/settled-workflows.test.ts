import { describe, expect, it } from '@jest/globals';
import type { Workflow } from '../../../lib/api/workflow.ts';
import { createSecretNeeds } from '../../../operator/cluster/secret-needs.ts';
import { settledWorkflows } from '../../../operator/cluster/settled-workflows.ts';
import type { SecretName } from '../../../operator/kube/secrets.ts';
import type { KnownWorkflow } from '../../../operator/kube/workflows.ts';
import { workflow } from '../../builders/workflow.ts';

const KEY = 'default/triage-bot';

/** The workflow with an own provider for each of these Secrets. */
const naming = (...secrets: readonly string[]): Workflow =>
  workflow({
    spec: {
      models: {
        providers: secrets.map((name, index) => ({
          name: `of-${name}-${index}`,
          protocol: 'Anthropic' as const,
          baseURL: 'http://vllm.default.svc:8000',
          models: ['claude-*'],
          auth: { secretRef: { name, key: 'api-key' } },
        })),
      },
    },
  });

function setUp() {
  const held: string[] = [];
  const asked = new Set<string>();
  const objects = new Map<string, KnownWorkflow>();
  const told: string[] = [];
  const sync = Promise.withResolvers<void>();
  const store = {
    hold: ({ name }: SecretName) => void held.push(name),
    release: ({ name }: SecretName) => void held.splice(held.indexOf(name), 1),
    asked: ({ name }: SecretName) => asked.has(name),
  };
  const view = settledWorkflows({
    source: { get: (key) => objects.get(key), synced: sync.promise },
    needs: createSecretNeeds(store),
    onChange: (key) => told.push(key),
    onSecret: (_workflow, key) => told.push(`secret of ${key}`),
  });
  const put = (object: Workflow | undefined) => {
    if (object) objects.set(KEY, { kind: 'usable', workflow: object });
    else objects.delete(KEY);
    view.changed(KEY);
  };
  const answer = (name: string) => {
    asked.add(name);
    view.secretChanged({ namespace: 'default', name });
  };
  const shown = () => {
    const known = view.get(KEY);
    return known?.kind === 'usable' ? known.workflow : undefined;
  };
  return { held, objects, told, sync, view, put, answer, shown };
}

describe('a workflow comes into view', () => {
  it('at once when it names no Secret', () => {
    const { put, shown, told, held } = setUp();
    put(workflow());
    expect(shown()).toBeDefined();
    expect(told).toEqual([KEY]);
    expect(held).toEqual([]);
  });

  it('only when every Secret that it names has been asked for', () => {
    const { put, answer, shown, told, held } = setUp();
    put(naming('one', 'two', 'one'));
    expect(held).toEqual(['one', 'two']);
    answer('one');
    expect(shown()).toBeUndefined();
    answer('two');
    expect(shown()).toBeDefined();
    expect(told).toEqual([KEY]);
  });

  it('with an edit, which stays out of view until its new Secret has been read', () => {
    const { put, answer, shown, held } = setUp();
    const before = workflow();
    put(before);
    put(naming('late'));
    expect(shown()).toBe(before);
    answer('late');
    expect(shown()?.spec.models.providers).toHaveLength(1);
    expect(held).toEqual(['late']);
  });

  it('and goes with its Secrets', () => {
    const { put, answer, shown, held, view } = setUp();
    put(naming('one'));
    answer('one');
    put(undefined);
    expect(shown()).toBeUndefined();
    expect(view.keys()).toEqual([]);
    expect(held).toEqual([]);
  });

  it('even if it is gone before its Secret was read', () => {
    const { put, held, view, sync } = setUp();
    put(naming('never'));
    put(undefined);
    sync.resolve();
    expect(held).toEqual([]);
    return view.settled;
  });
});

describe('a Secret that changes', () => {
  it('is told of those who name it, and of nobody else', () => {
    const { put, answer, told } = setUp();
    put(naming('one'));
    answer('one');
    told.length = 0;
    answer('one');
    answer('another');
    expect(told).toEqual([`secret of ${KEY}`]);
  });

  it('keeps its watch over an edit that names it still', () => {
    const { put, answer, held } = setUp();
    put(naming('one'));
    answer('one');
    put(naming('one', 'two'));
    expect(held).toEqual(['one', 'two']);
    put(naming('two'));
    expect(held).toEqual(['two']);
  });
});

describe('the first list', () => {
  it('is settled when it is whole and every workflow of it is in view', async () => {
    const { put, answer, sync, view } = setUp();
    put(naming('one'));
    sync.resolve();
    await sync.promise;
    expect(view.isSettled()).toBe(false);
    answer('one');
    expect(view.isSettled()).toBe(true);
    await view.settled;
    put(naming('one', 'later'));
    expect(view.isSettled()).toBe(true);
  });
});
