// The platform team's program: one stack for each environment. Applications are other programs, with a stack reference to this.
import * as pulumi from '@pulumi/pulumi';
import { MCPOperator, MCPWorkflowCRD } from 'mcpworkflow/pulumi';

const config = new pulumi.Config();
const replicas = config.requireNumber('replicas');
const monitoring = config.getBoolean('monitoring') ?? false;

// Deleting the kind would delete the workflows of every team.
const crd = new MCPWorkflowCRD('crd', {}, { protect: true });

const operator = new MCPOperator(
  'ai',
  {
    namespace: 'ai-platform',
    providers: [
      {
        name: 'anthropic',
        protocol: 'Anthropic',
        baseURL: config.require('anthropicURL'),
        models: ['claude-*'],
        auth: { secret: 'provider-keys', key: 'anthropic', optional: true },
        canary: { maxPerHour: 60 },
      },
      { name: 'vllm', protocol: 'OpenAI', baseURL: 'http://vllm.models.svc:8000/v1', models: ['llama-*'] },
    ],
    operator: { replicas },
    gateway: { replicas, drainLimit: '5m' },
    // Only the namespaces of applications may call.
    networkPolicy: { callers: [{ namespaceSelector: { matchLabels: { 'ai.example.com/calls-models': 'true' } } }] },
    monitoring: { serviceMonitor: monitoring, prometheusRule: monitoring },
    labels: { team: 'platform', environment: pulumi.getStack() },
  },
  { dependsOn: crd },
);

/** What an application has to know. */
export const gateway = operator.gateway;
