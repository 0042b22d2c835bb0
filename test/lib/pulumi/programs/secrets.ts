// Workflows whose providers have Secrets: of plain names, of names that other resources give, and none.
import { MCPOperator, MCPWorkflow } from 'mcpworkflow/pulumi';
import type { MCPWorkflowArgs } from 'mcpworkflow/pulumi';
import * as k8s from '@pulumi/kubernetes';
import * as pulumi from '@pulumi/pulumi';
import { Late } from './late-resource.ts';

const late = (name: string, value: string) => new Late(name, value).value;

const provider = (name: string, secret?: pulumi.Input<string>, baseURL: pulumi.Input<string> = 'http://a.svc/v1') => ({
  name,
  protocol: 'OpenAI' as const,
  baseURL,
  models: ['llama-*'],
  ...(secret !== undefined && { auth: { secretRef: { name: secret, key: 'api-key' } } }),
});
const spec = (providers: MCPWorkflowProviders): MCPWorkflowArgs['spec'] => ({
  models: { primary: 'llama-4', providers },
});
type MCPWorkflowProviders = pulumi.Input<ReturnType<typeof provider>[]>;

const cluster = new k8s.Provider('cluster', { kubeconfig: 'not a real one' });
const { gateway } = new MCPOperator('ai', { namespace: late('namespace', 'ai-platform') });
const metadata = { name: 'plain', namespace: 'support' };

new MCPWorkflow(
  'plain',
  { metadata, spec: spec([provider('b', 'two'), provider('a', 'one'), provider('c', 'two')]) },
  { provider: cluster, protect: true, ignoreChanges: ['spec.pin'], aliases: [{ name: 'old' }, { parent: cluster }] },
);
new MCPWorkflow('nameless', { spec: spec([provider('a', 'one')]) });
new MCPWorkflow('late', {
  metadata: { name: late('name', 'late-name'), namespace: late('team', 'late-team') },
  spec: spec([
    provider('a', late('secret', 'late-secret')),
    provider('b', 'early', pulumi.secret('http://secret.svc/v1')),
  ]),
  gateway,
});
new MCPWorkflow('later', {
  metadata: pulumi.output({ name: 'of-output', namespace: late('other-team', 'other') }),
  spec: spec(late('secrets', 'z,a').apply((names) => names.split(',').map((name) => provider(name, name)))),
  gateway: pulumi.output(gateway),
});
new MCPWorkflow('late-open', {
  metadata: { name: 'late-open' },
  spec: spec(late('none', '').apply(() => [provider('open')])),
});
new MCPWorkflow('open', { metadata: { name: 'open' }, spec: spec([provider('a')]) });
new MCPWorkflow('without', { metadata: { name: 'without' }, spec: spec([provider('a', 'one')]), secretsRole: false });
