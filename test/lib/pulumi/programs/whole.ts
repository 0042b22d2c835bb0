// The common case, with everything plain, and a Deployment that needs what the workflow gives.
import { MCPPlatform } from 'mcpworkflow/pulumi';

const platform = new MCPPlatform('ai', {
  workflows: {
    'triage-bot': {
      metadata: { namespace: 'support' },
      spec: { models: { primary: 'claude-opus-4-8', fallbacks: ['claude-sonnet-4-6'] } },
    },
  },
});

export const activeModel = platform.workflows['triage-bot']?.status.activeModel;
export const namespace = platform.operator.namespace;
