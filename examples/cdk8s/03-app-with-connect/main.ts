// An application and its workflow. Platform and keys are others' business: only the gateway's place is said here.
import { App, Chart } from 'cdk8s';
import { Deployment } from 'cdk8s-plus-33';
import { MCPWorkflow } from 'mcpworkflow/cdk8s';

const app = new App();
const chart = new Chart(app, 'triage', { namespace: 'support' });

const workflow = new MCPWorkflow(chart, 'workflow', {
  metadata: { name: 'triage-bot' },
  gateway: { namespace: 'ai-platform' },
  spec: {
    models: { primary: 'claude-opus-4-8', fallbacks: ['claude-sonnet-4-6'] },
    access: {
      // What `mcpworkflow key triage-key` prints beside the Secret. A hash may live in Git.
      apiKeys: [{ name: 'triage-key', sha256: 'eaf100a4a457438652c1bef259db5c2ded1a458a281e01c388617cb7866321d8' }],
    },
  },
});

const deployment = new Deployment(chart, 'app', {
  replicas: 1,
  containers: [{ name: 'app', image: 'registry.example.com/triage:1.4.2', portNumber: 8080 }],
});

// The code in the image is the same as ever: `new Anthropic()`.
workflow.connect(deployment, { keySecret: { name: 'triage-key' }, dialects: ['Anthropic'], egressPolicy: true });

app.synth();
