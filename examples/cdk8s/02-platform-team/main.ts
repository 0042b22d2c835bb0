// One platform, two environments. What both have in common is written once; each chart is applied to a cluster of its own.
import { App, Chart } from 'cdk8s';
import type { Construct } from 'constructs';
import { MCPOperator, MCPWorkflowCRD } from 'mcpworkflow/cdk8s';
import type { MCPOperatorProps, ProviderOptions } from 'mcpworkflow/cdk8s';

const anthropic: ProviderOptions = {
  name: 'anthropic',
  protocol: 'Anthropic',
  baseURL: 'https://api.anthropic.com',
  models: ['claude-*'],
  auth: { secret: 'provider-keys', key: 'anthropic' },
};

/** Served in the cluster itself, so that something answers whatever happens outside. */
const vllm: ProviderOptions = {
  name: 'vllm',
  protocol: 'OpenAI',
  baseURL: 'http://vllm.ml.svc:8000/v1',
  models: ['llama-*'],
};

class Platform extends Chart {
  constructor(scope: Construct, id: string, props: MCPOperatorProps) {
    super(scope, id, { namespace: 'ai-platform', labels: { environment: id } });
    // A GitOps tool that prunes would delete every workflow with it.
    new MCPWorkflowCRD(this, 'crd', { annotations: { 'argocd.argoproj.io/sync-options': 'Prune=false' } });
    new MCPOperator(this, 'operator', props);
  }
}

const app = new App();

new Platform(app, 'staging', {
  providers: [anthropic, vllm],
  operator: { replicas: 1 },
  gateway: { replicas: 1, logLevel: 'debug' },
});

new Platform(app, 'production', {
  providers: [anthropic, vllm],
  gateway: { replicas: 4, tlsSecret: 'gateway-tls' },
  networkPolicy: {
    callers: [{ namespaceSelector: { matchLabels: { 'ai-platform/callers': 'true' } } }],
    egress: {
      to: [
        { ports: [{ protocol: 'TCP', port: 443 }] },
        { to: [{ namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': 'ml' } } }] },
      ],
    },
  },
  monitoring: { serviceMonitor: true, prometheusRule: true, labels: { release: 'prometheus' } },
});

app.synth();
