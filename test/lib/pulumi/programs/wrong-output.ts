// A spec that is wrong in an Output whose value every preview knows.
import * as pulumi from '@pulumi/pulumi';
import { MCPWorkflow } from 'mcpworkflow/pulumi';

new MCPWorkflow('triage-bot', {
  spec: { pin: pulumi.secret('gpt-5-sesame'), models: { primary: 'claude-opus-4-8' } },
});
