import { beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import * as pulumi from '@pulumi/pulumi';
import { MCPWorkflow } from '../../../lib/pulumi/index.ts';

/** By name, what the engine was asked for. */
const asked = new Map<string, { readonly type: string; readonly inputs: unknown; readonly id: string | undefined }>();

beforeAll(() =>
  pulumi.runtime.setMocks({
    newResource({ type, name, inputs, id }) {
      asked.set(name, { type, inputs, id });
      const { metadata: given } = inputs as { readonly metadata?: object };
      const metadata = { name: 'triage-bot', namespace: 'support', ...given };
      return { id: id ?? name, state: { ...inputs, metadata, status: { phase: 'Rerouted' } } as object };
    },
    call: () => ({}),
  }),
);
beforeEach(() => asked.clear());

const valueOf = <T>(value: pulumi.Output<T>) =>
  new Promise((resolve) => {
    value.apply(resolve);
  });

const spec = { models: { primary: 'claude-opus-4-8' } };

describe('a workflow', () => {
  test('is the object as it was written, and waits until it is Ready', async () => {
    await valueOf(new MCPWorkflow('bot', { metadata: { labels: { team: 'support' } }, spec }).urn);
    expect(asked.get('bot')).toEqual({
      type: 'kubernetes:ai.example.com/v1alpha1:MCPWorkflow',
      id: '',
      inputs: {
        apiVersion: 'ai.example.com/v1alpha1',
        kind: 'MCPWorkflow',
        metadata: { labels: { team: 'support' }, annotations: { 'pulumi.com/waitFor': 'condition=Ready' } },
        spec,
      },
    });
  });

  test('does not wait when it is told not to', async () => {
    await valueOf(new MCPWorkflow('bot', { metadata: { name: 'x' }, spec, waitFor: false }).urn);
    expect(asked.get('bot')?.inputs).toMatchObject({ metadata: { name: 'x' } });
    expect(JSON.stringify(asked.get('bot')?.inputs)).not.toContain('pulumi.com/waitFor');
  });

  test('gives its status, field by field', async () => {
    expect(await valueOf(new MCPWorkflow('bot', { spec }).status.phase)).toBe('Rerouted');
  });

  test('that exists already is looked up, and sends nothing', async () => {
    const found = MCPWorkflow.get('bot', { id: 'support/triage-bot', gateway: { namespace: 'ai-platform' } });
    expect(await valueOf(found.status)).toEqual({ phase: 'Rerouted' });
    expect(await valueOf(found.gatewayUrl('OpenAI'))).toBe(
      'http://mcpworkflow-gateway.ai-platform.svc:4000/support/triage-bot/openai/v1',
    );
    expect([...asked.keys()]).toEqual(['bot']);
    expect(asked.get('bot')).toEqual({
      type: 'kubernetes:ai.example.com/v1alpha1:MCPWorkflow',
      id: 'support/triage-bot',
      inputs: {},
    });
  });
});
