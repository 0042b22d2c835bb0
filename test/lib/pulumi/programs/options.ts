// Everything that Pulumi lets one say of a resource beside its arguments.
import * as k8s from '@pulumi/kubernetes';
import type * as pulumi from '@pulumi/pulumi';
import { MCPOperator, MCPWorkflow, MCPWorkflowCRD } from 'mcpworkflow/pulumi';
import { Late } from './late-resource.ts';

const cluster = new k8s.Provider('cluster', { kubeconfig: 'not a real one' });
const first = new Late('first', 'x');

const owned: pulumi.ResourceTransform = ({ props, opts, type }) => {
  const { metadata, ...rest } = props as { metadata: { labels?: object } };
  if (!type.startsWith('kubernetes:')) return undefined;
  return { props: { ...rest, metadata: { ...metadata, labels: { ...metadata.labels, owner: 'ml' } } }, opts };
};

const crd = new MCPWorkflowCRD('crd', {}, { provider: cluster, protect: true });
const operator = new MCPOperator(
  'ai',
  {},
  { providers: { kubernetes: cluster }, dependsOn: [first, crd], protect: true, transforms: [owned] },
);
new MCPWorkflow(
  'triage-bot',
  { spec: { models: { primary: 'claude-opus-4-8' } } },
  { parent: operator, dependsOn: [first], ignoreChanges: ['spec.pin'] },
);
