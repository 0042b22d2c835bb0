// How the pods are reached, and how many of them may be away at once.
import { metadataOf, podsOf } from './metadata.ts';
import type { Component } from './metadata.ts';
import type { Manifest } from './manifest.ts';
import { COUNTERS_SERVICE, GATEWAY_SERVICE, nameOf, PORTS, selectorOf } from './names.ts';
import type { Platform } from './platform-defaults.ts';
import type { Program } from './rbac.ts';

interface ServiceParts {
  readonly name: string;
  readonly component: Component;
  readonly program: Program;
  readonly port: keyof typeof PORTS;
  readonly spec?: Readonly<Record<string, unknown>>;
  readonly appProtocol?: string;
  readonly annotations?: Readonly<Record<string, string>>;
}

function service(platform: Platform, parts: ServiceParts): Manifest {
  const { name, component, program, port, spec, appProtocol = 'http', annotations } = parts;
  return {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { ...metadataOf(platform, name, component), ...(annotations !== undefined && { annotations }) },
    spec: {
      ...spec,
      selector: { ...selectorOf(program) },
      ports: [{ name: port, port: PORTS[port], targetPort: port, protocol: 'TCP', appProtocol }],
    },
  };
}

/** Where callers go. */
export function gatewayService(platform: Platform): Manifest {
  const { tlsSecret, serviceAnnotations } = platform.gateway;
  return service(platform, {
    name: GATEWAY_SERVICE,
    component: 'gateway',
    program: 'gateway',
    port: 'http',
    spec: { type: 'ClusterIP' },
    ...(tlsSecret !== undefined && { appProtocol: 'https' }),
    ...(serviceAnnotations !== undefined && { annotations: serviceAnnotations }),
  });
}

/**
 * Where the operator finds every gateway. A Service of its own, so that callers do not see the port; and gateways that are
 * draining are in it, for what happens to their last streams counts like everything else.
 */
export const countersService = (platform: Platform): Manifest =>
  service(platform, {
    name: COUNTERS_SERVICE,
    component: 'gateway-counters',
    program: 'gateway',
    port: 'counters',
    spec: { clusterIP: 'None', publishNotReadyAddresses: true },
  });

/** Where metrics of every replica of the operator are found; nobody calls it. */
export const operatorService = (platform: Platform): Manifest =>
  service(platform, {
    name: nameOf('operator'),
    component: 'operator',
    program: 'operator',
    port: 'metrics',
    spec: { clusterIP: 'None', publishNotReadyAddresses: true },
  });

/** Lets nodes be emptied of one pod of a program at a time, and blocks none for good: not by a single replica, nor by an ill one. */
export const disruptionBudget = (platform: Platform, program: Program): Manifest => ({
  apiVersion: 'policy/v1',
  kind: 'PodDisruptionBudget',
  metadata: metadataOf(platform, nameOf(program), program),
  spec: { maxUnavailable: 1, unhealthyPodEvictionPolicy: 'AlwaysAllow', selector: podsOf(program) },
});
