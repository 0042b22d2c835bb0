// A platform and a workflow, in one program.
import * as pulumi from '@pulumi/pulumi';
import { MCPOperator, MCPWorkflow, MCPWorkflowCRD } from 'mcpworkflow/pulumi';

const config = new pulumi.Config();

const crd = new MCPWorkflowCRD('crd');
const operator = new MCPOperator(
  'operator',
  { namespace: 'ai-platform', operator: { replicas: config.getNumber('replicas') ?? 1 } },
  { dependsOn: [crd] },
);
const workflow = new MCPWorkflow(
  'triage-bot',
  {
    metadata: { name: 'triage-bot', namespace: 'support' },
    spec: { models: { primary: 'claude-opus-4-8', fallbacks: [pulumi.output('claude-sonnet-4-6')] } },
    gateway: operator.gateway,
  },
  { dependsOn: [operator] },
);

export const url = workflow.gatewayUrl('Anthropic');
