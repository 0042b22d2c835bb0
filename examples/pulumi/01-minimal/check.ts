// The first example comes up as its README says.
import assert from 'node:assert/strict';
import { parseWorkflow } from 'mcpworkflow';
import { runWithMocks } from '../run-with-mocks.ts';

const { objects, outputs } = await runWithMocks(new URL('index.ts', import.meta.url), {
  project: 'mcpworkflow-minimal',
  stack: 'dev',
  config: { 'mcpworkflow-minimal:anthropicKey': 'sk-ant-example' },
});

const workflows = objects.filter(({ type }) => type.endsWith(':MCPWorkflow'));
assert.equal(workflows.length, 1, 'one workflow');
const read = parseWorkflow(workflows[0]?.inputs, { strict: true });
assert.deepEqual(read.ok ? read.workflow.spec.models.fallbacks : read.errors, ['claude-sonnet-4-6']);
assert.deepEqual(outputs, {
  activeModel: 'claude-opus-4-8',
  anthropicBaseURL: 'http://mcpworkflow-gateway.mcpworkflow-system.svc:4000/default/triage-bot/anthropic',
});

const holders = objects.filter(({ inputs }) => JSON.stringify(inputs).includes('sk-ant-example'));
assert.deepEqual(
  holders.map(({ type }) => type),
  ['kubernetes:core/v1:Secret'],
  'the key is in its Secret and nowhere else',
);
