// One cluster, one workflow: the CRD, operator and gateway, the key of a provider, and who should answer.
import * as k8s from '@pulumi/kubernetes';
import * as pulumi from '@pulumi/pulumi';
import { MCPPlatform } from 'mcpworkflow/pulumi';

const platform = new MCPPlatform('ai', {
  workflows: {
    'triage-bot': {
      spec: { models: { primary: 'claude-opus-4-8', fallbacks: ['claude-sonnet-4-6'] } },
    },
  },
});

// Operator and gateway find it while they run, and the workflow becomes Ready.
new k8s.core.v1.Secret('keys', {
  metadata: { namespace: platform.operator.namespace, name: 'mcpworkflow-provider-keys' },
  stringData: { anthropic: new pulumi.Config().requireSecret('anthropicKey') },
});

const triageBot = platform.workflows['triage-bot'];
export const activeModel = triageBot.status.activeModel;
export const anthropicBaseURL = triageBot.gatewayUrl('Anthropic');
