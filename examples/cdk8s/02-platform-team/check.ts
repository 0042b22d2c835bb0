// The environments differ in what they should, and in nothing that would make one of them unsafe.
import assert from 'node:assert/strict';
import { synthesize } from '../synthesize.ts';
import type { Applied } from '../synthesize.ts';

const objects = await synthesize(import.meta.dirname);
const of = (environment: string) => objects.filter(({ metadata }) => metadata.labels?.['environment'] === environment);
const find = (all: readonly Applied[], kind: string, name: string): Applied => {
  const found = all.find((each) => each.kind === kind && each.metadata.name === name);
  assert.ok(found, `expected a ${kind} ${name}`);
  return found;
};

const staging = of('staging');
const production = of('production');
assert.equal(staging.length + production.length, objects.length, 'every object says which environment it is of');

const clusterWide = ['Namespace', 'ClusterRole', 'ClusterRoleBinding', 'CustomResourceDefinition'];
for (const { kind, metadata } of objects)
  assert.equal(metadata.namespace, clusterWide.includes(kind) ? undefined : 'ai-platform', `${kind} ${metadata.name}`);

const replicas = (all: readonly Applied[]) => find(all, 'Deployment', 'mcpworkflow-gateway').spec?.['replicas'];
assert.deepEqual([replicas(staging), replicas(production)], [1, 4]);
assert.match(JSON.stringify(find(production, 'Deployment', 'mcpworkflow-gateway')), /"secretName":"gateway-tls"/);
assert.match(JSON.stringify(find(production, 'NetworkPolicy', 'mcpworkflow-gateway')), /ai-platform\/callers/);

const monitors = (all: readonly Applied[]) => all.filter(({ apiVersion }) => apiVersion.startsWith('monitoring.'));
assert.equal(monitors(staging).length, 0);
assert.ok(monitors(production).some(({ kind }) => kind === 'PrometheusRule'));

const crd = find(production, 'CustomResourceDefinition', 'mcpworkflows.ai.example.com');
assert.equal(crd.metadata.annotations?.['argocd.argoproj.io/sync-options'], 'Prune=false');
