// The SDK in the container finds the workflow, with a key from the Secret, and its pods can reach nothing but the gateway.
import assert from 'node:assert/strict';
import { synthesize } from '../synthesize.ts';

interface Template {
  readonly metadata: { readonly labels: object };
  readonly spec: { readonly containers: readonly { readonly env?: readonly object[] }[] };
}

const objects = await synthesize(import.meta.dirname);
const specOf = (kind: string) => objects.find((each) => each.kind === kind)?.spec;
const template = specOf('Deployment')?.['template'] as Template;

assert.deepEqual(template.spec.containers[0]?.env, [
  {
    name: 'ANTHROPIC_BASE_URL',
    value: 'http://mcpworkflow-gateway.ai-platform.svc:4000/support/triage-bot/anthropic',
  },
  { name: 'ANTHROPIC_API_KEY', valueFrom: { secretKeyRef: { name: 'triage-key', key: 'api-key' } } },
]);
const policy = specOf('NetworkPolicy');
assert.deepEqual(policy?.['policyTypes'], ['Egress']);
assert.deepEqual(policy?.['podSelector'], { matchLabels: template.metadata.labels });
