// Everything that runs in a cluster, as plain objects: what the front ends and the `manifests` command have in common.
import { catalogText } from './catalog-text.ts';
import { gatewayDeployment, operatorDeployment } from './deployments.ts';
import { peopleAccess, programAccess, workflowSecretAccess } from './access.ts';
import { checkPlatformOptions } from './check-options.ts';
import type { Manifest, Manifests } from './manifest.ts';
import { labelsOf, metadataOf } from './metadata.ts';
import { monitoringManifests } from './monitoring.ts';
import { CATALOG, FILES } from './names.ts';
import { gatewayPolicy, operatorPolicy } from './network-policies.ts';
import { withDefaults } from './platform-defaults.ts';
import type { Platform } from './platform-defaults.ts';
import type { PlatformOptions } from './platform-options.ts';
import { countersService, disruptionBudget, gatewayService, operatorService } from './services.ts';

/** Leaves that are computed from options, for front ends in which those are known only later. */
export interface PlatformLeaves {
  /** What `catalogText(options.providers)` will give. @default it is computed at once */
  readonly catalogText?: string;
}

const LEVELS = ['enforce', 'audit', 'warn'] as const;

/** The namespace, with the labels that hold its pods to Pod Security `restricted`. */
const namespaceManifest = (platform: Platform): Manifest => ({
  apiVersion: 'v1',
  kind: 'Namespace',
  metadata: {
    name: platform.namespace,
    labels: {
      ...labelsOf(platform, 'platform'),
      ...Object.fromEntries(LEVELS.map((level) => [`pod-security.kubernetes.io/${level}`, 'restricted'])),
    },
  },
});

const catalogManifest = (platform: Platform, text: string): Manifest => ({
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata: metadataOf(platform, CATALOG, 'platform'),
  data: { [FILES.catalog]: text },
});

/**
 * Operator and gateway of one cluster, with all that they need but the CRD: manifests by id, in the order in which they may be
 * applied. Throws a PlatformOptionsError that says everything that is wrong with the options.
 */
export function platformManifests(options: PlatformOptions = {}, leaves: PlatformLeaves = {}): Manifests {
  checkPlatformOptions(options);
  const platform = withDefaults(options);
  const text = leaves.catalogText ?? catalogText(platform.providers);
  return {
    ...(platform.createNamespace && { namespace: namespaceManifest(platform) }),
    ...programAccess(platform),
    ...workflowSecretAccess(platform),
    ...peopleAccess(platform),
    'provider-catalog': catalogManifest(platform, text),
    'gateway-service': gatewayService(platform),
    'gateway-counters-service': countersService(platform),
    'operator-service': operatorService(platform),
    ...(platform.networkPolicy.enabled !== false && {
      'operator-network-policy': operatorPolicy(platform),
      'gateway-network-policy': gatewayPolicy(platform),
    }),
    'operator-disruption-budget': disruptionBudget(platform, 'operator'),
    'gateway-disruption-budget': disruptionBudget(platform, 'gateway'),
    'operator-deployment': operatorDeployment(platform),
    'gateway-deployment': gatewayDeployment(platform),
    ...monitoringManifests(platform),
  };
}
