// The application's container gets what an unmodified Anthropic client reads, and the workflow knows its key.
import assert from 'node:assert/strict';
import { runWithMocks } from '../run-with-mocks.ts';

const { objects, outputs } = await runWithMocks(new URL('index.ts', import.meta.url), {
  project: 'triage',
  stack: 'staging',
  config: { 'triage:platform': 'my-org/ai-platform/staging', 'triage:keySha256': 'a'.repeat(64) },
  referred: { gateway: { namespace: 'ai-platform', tls: false, insecureNoAuth: false } },
});

interface Deployment {
  readonly template: { readonly spec: { readonly containers: readonly { readonly env: unknown }[] } };
}

const deployment = objects.find(({ type }) => type === 'kubernetes:apps/v1:Deployment');
assert.deepEqual((deployment?.inputs['spec'] as Deployment).template.spec.containers[0]?.env, [
  {
    name: 'ANTHROPIC_BASE_URL',
    value: 'http://mcpworkflow-gateway.ai-platform.svc:4000/support/triage-bot/anthropic',
  },
  { name: 'ANTHROPIC_API_KEY', valueFrom: { secretKeyRef: { name: 'triage-bot', key: 'api-key' } } },
]);
assert.deepEqual(outputs, { servedBy: 'claude-opus-4-8' });
