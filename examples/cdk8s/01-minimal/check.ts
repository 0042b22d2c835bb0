// The workflow comes out as a person would write it, after the CRD, and no key comes out at all.
import assert from 'node:assert/strict';
import { synthesize } from '../synthesize.ts';

const objects = await synthesize(import.meta.dirname);
const kinds = objects.map(({ kind }) => kind);
assert.equal(kinds[0], 'CustomResourceDefinition');
assert.deepEqual(objects.at(-1), {
  apiVersion: 'ai.example.com/v1alpha1',
  kind: 'MCPWorkflow',
  metadata: { name: 'triage-bot', namespace: 'default' },
  spec: { models: { primary: 'claude-opus-4-8', fallbacks: ['claude-sonnet-4-6'] } },
});
const deployments = objects.filter(({ kind }) => kind === 'Deployment').map(({ metadata }) => metadata.name);
assert.deepEqual(deployments.sort(), ['mcpworkflow-gateway', 'mcpworkflow-operator']);
assert.ok(!kinds.includes('Secret'), 'keys are not in Git: expected no Secret among the manifests');
