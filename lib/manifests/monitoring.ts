// What the Prometheus operator needs, made on demand: its kinds are not in every cluster.
import { alerts } from './alerts.ts';
import type { Alert } from './alerts.ts';
import type { Manifest, Manifests } from './manifest.ts';
import { metadataOf, podsOf } from './metadata.ts';
import { nameOf } from './names.ts';
import type { Platform } from './platform-defaults.ts';
import type { Program } from './rbac.ts';
import { VERSION } from './version.ts';

const API_VERSION = 'monitoring.coreos.com/v1';

/** Where the runbooks of a version of this package are. */
const runbooksOf = (version: string) => `https://github.com/mcpworkflow/mcpworkflow/blob/v${version}/docs/runbooks`;

const metadata = (platform: Platform, name: string, component: Program | 'platform') => {
  const own = metadataOf(platform, name, component);
  return { ...own, labels: { ...platform.monitoring.labels, ...own.labels } };
};

/** Scrapes every replica of a program. */
function serviceMonitor(platform: Platform, program: Program): Manifest {
  const overTls = program === 'gateway' && platform.gateway.tlsSecret !== undefined;
  return {
    apiVersion: API_VERSION,
    kind: 'ServiceMonitor',
    metadata: metadata(platform, nameOf(program), program),
    spec: {
      selector: podsOf(program),
      endpoints: [
        {
          port: program === 'gateway' ? 'http' : 'metrics',
          path: '/metrics',
          interval: '30s',
          // Pods are scraped by their address, which no certificate names. Metrics hold no secret and no name of a workflow.
          ...(overTls && { scheme: 'https', tlsConfig: { insecureSkipVerify: true } }),
        },
      ],
    },
  };
}

const ruleOf = ({ name, expr, holdsFor, severity, summary, runbook }: Alert, runbooks: string) => ({
  alert: name,
  expr,
  for: holdsFor,
  labels: { severity },
  annotations: { summary, runbook_url: `${runbooks}/${runbook}.md` },
});

function prometheusRule(platform: Platform): Manifest {
  const runbooks = (platform.monitoring.runbookURL ?? runbooksOf(VERSION)).replace(/\/+$/, '');
  return {
    apiVersion: API_VERSION,
    kind: 'PrometheusRule',
    metadata: metadata(platform, 'mcpworkflow', 'platform'),
    spec: { groups: [{ name: 'mcpworkflow', rules: alerts.map((alert) => ruleOf(alert, runbooks)) }] },
  };
}

/** Monitors and alerts, as far as they are wanted. */
export const monitoringManifests = (platform: Platform): Manifests => ({
  ...(platform.monitoring.serviceMonitor === true && {
    'operator-service-monitor': serviceMonitor(platform, 'operator'),
    'gateway-service-monitor': serviceMonitor(platform, 'gateway'),
  }),
  ...(platform.monitoring.prometheusRule === true && { 'prometheus-rule': prometheusRule(platform) }),
});
