// An application: its workflow, and a Deployment whose unmodified SDK calls it.
import * as k8s from '@pulumi/kubernetes';
import * as pulumi from '@pulumi/pulumi';
import { MCPWorkflow } from 'mcpworkflow/pulumi';
import type { GatewayArgs } from 'mcpworkflow/pulumi';

const config = new pulumi.Config();
const platform = new pulumi.StackReference(config.require('platform'));

const workflow = new MCPWorkflow('triage-bot', {
  metadata: { name: 'triage-bot', namespace: 'support' },
  spec: {
    models: { primary: 'claude-opus-4-8', fallbacks: ['claude-sonnet-4-6'] },
    recovery: { failback: 'Manual' },
    // `mcpworkflow key triage-bot | kubectl apply -n support -f -` makes the Secret and prints this.
    access: { apiKeys: [{ name: 'triage-bot', sha256: config.require('keySha256') }] },
  },
  gateway: platform.requireOutput('gateway').apply((gateway) => gateway as GatewayArgs),
});

const labels = { app: 'triage-bot' };

// It is made when the workflow is Ready: its variables come from there.
new k8s.apps.v1.Deployment('triage-bot', {
  metadata: { namespace: 'support' },
  spec: {
    selector: { matchLabels: labels },
    template: {
      metadata: { labels },
      spec: {
        containers: [
          {
            name: 'bot',
            image: 'registry.example.com/support/triage-bot:1.4.2',
            env: workflow.connectEnv({ keySecret: { name: 'triage-bot' }, dialects: ['Anthropic'] }),
          },
        ],
      },
    },
  },
});

export const servedBy = workflow.status.activeModel;
