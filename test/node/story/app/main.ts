// What the people of the story keep in Git: a platform team's chart and an application team's chart, in one program. It is run by
// `cdk8s synth`, and knows of this project what is published.

import { App, Chart, Size } from 'cdk8s';
import { ConfigMap, Cpu, Deployment, ImagePullPolicy, Volume } from 'cdk8s-plus-33';
import { MCPOperator, MCPWorkflow, MCPWorkflowCRD } from 'mcpworkflow/cdk8s';
import { CLIENT, IMAGE, KEY_SECRET, MODELS, NAMESPACES, PROGRAMS, PROVIDERS } from '../names.ts';

const app = new App();

const platform = new Chart(app, 'platform');
new MCPWorkflowCRD(platform, 'crd');
const operator = new MCPOperator(platform, 'mcpworkflow', {
  namespace: NAMESPACES.platform,
  image: IMAGE,
  providers: Object.values(PROVIDERS).map(({ name, baseURL, models }) => ({
    name,
    protocol: 'Anthropic' as const,
    baseURL,
    models: [models],
    auth: { secret: KEY_SECRET, key: name },
  })),
});

const shop = new Chart(app, 'shop', { namespace: NAMESPACES.shop });
const triage = new MCPWorkflow(shop, 'triage-bot', {
  gateway: operator.gateway,
  metadata: { name: 'triage-bot' },
  spec: {
    models: { primary: MODELS.primary, fallbacks: [MODELS.fallback] },
    access: { apiKeys: [{ name: CLIENT, sha256: process.env['STORY_KEY_SHA256'] ?? '' }] },
  },
});
const client = new Deployment(shop, 'client', { metadata: { name: CLIENT }, replicas: 1 });
const container = client.addContainer({
  name: 'client',
  image: IMAGE,
  imagePullPolicy: ImagePullPolicy.IF_NOT_PRESENT,
  command: ['node', '/story/client.mjs', 'load'],
  securityContext: { user: 65_532, group: 65_532 },
  resources: {
    cpu: { request: Cpu.millis(50), limit: Cpu.units(1) },
    memory: { request: Size.mebibytes(64), limit: Size.mebibytes(512) },
  },
});
const programs = ConfigMap.fromConfigMapName(shop, 'programs', PROGRAMS);
container.mount('/story', Volume.fromConfigMap(shop, 'programs-volume', programs));
triage.connect(client, { keySecret: { name: CLIENT, key: 'api-key' } });

app.synth();
