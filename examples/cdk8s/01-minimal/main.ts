// Everything in one chart: what a cluster needs once, and one workflow.
import { App, Chart } from 'cdk8s';
import { MCPOperator, MCPWorkflow, MCPWorkflowCRD } from 'mcpworkflow/cdk8s';

const app = new App();
const chart = new Chart(app, 'mcpworkflow');

new MCPWorkflowCRD(chart, 'crd');
new MCPOperator(chart, 'operator');
new MCPWorkflow(chart, 'triage-bot', {
  metadata: { name: 'triage-bot', namespace: 'default' },
  spec: { models: { primary: 'claude-opus-4-8', fallbacks: ['claude-sonnet-4-6'] } },
});

app.synth();
