// A platform and a bot that calls it, in one app.
import type { Construct } from 'constructs';
import { App, Chart, JsonPatch } from 'cdk8s';
import type { ChartProps } from 'cdk8s';
import * as kplus from 'cdk8s-plus-33';
import { MCPOperator, MCPWorkflow, MCPWorkflowCRD } from 'mcpworkflow/cdk8s';

export class MyChart extends Chart {
  constructor(scope: Construct, id: string, props: ChartProps = {}) {
    super(scope, id, props);
    new MCPWorkflowCRD(this, 'crd');
    const operator = new MCPOperator(this, 'operator', { operator: { replicas: 1 } });
    const workflow = new MCPWorkflow(this, 'workflow', {
      metadata: { name: 'triage-bot', namespace: 'support' },
      spec: {
        models: { primary: 'claude-opus-4-8', fallbacks: ['claude-sonnet-4-6'] },
        access: { apiKeys: [{ name: 'bot', sha256: 'a'.repeat(64) }] },
      },
      gateway: operator.gateway,
    });
    workflow.addJsonPatch(JsonPatch.add('/spec/interval', '5s'));
    const deployment = new kplus.Deployment(this, 'bot', {
      metadata: { namespace: 'support' },
      containers: [{ image: 'registry.example.com/support/bot:1.0.0' }],
    });
    workflow.connect(deployment, { keySecret: { name: 'bot' } });
  }
}

const app = new App();
new MyChart(app, 'user');
app.synth();
