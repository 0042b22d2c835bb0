// A container that shows no key to a gateway of which another program says, too late, that it asks for one.
import * as k8s from '@pulumi/kubernetes';
import * as pulumi from '@pulumi/pulumi';
import { MCPWorkflow } from 'mcpworkflow/pulumi';

const workflow = new MCPWorkflow('triage-bot', {
  spec: { models: { primary: 'claude-opus-4-8' } },
  gateway: pulumi.output({ insecureNoAuth: false }),
});

new k8s.core.v1.Pod('bot', { spec: { containers: [{ name: 'bot', image: 'bot:1', env: workflow.connectEnv() }] } });
