// What the objects are called, on which ports they are reached, and by which labels they are found. Programs, policies and
// monitors refer to each other by these, so each is written once.
import type { Program } from './rbac.ts';

/** The namespace, unless another one is chosen. */
export const DEFAULT_NAMESPACE = 'mcpworkflow-system';

/** The Service that callers reach the gateway by. */
export const GATEWAY_SERVICE = 'mcpworkflow-gateway';

/** The headless Service whose EndpointSlices tell the operator where the counters of each gateway are. */
export const COUNTERS_SERVICE = 'mcpworkflow-gateway-counters';

/** The ConfigMap with the provider catalog. */
export const CATALOG = 'mcpworkflow-providers';

/** The Secret with the keys of the default providers. */
export const DEFAULT_KEY_SECRET = 'mcpworkflow-provider-keys';

/** Ports of the pods by their names; Services have the same numbers. */
export const PORTS = {
  /** Of the operator: health and metrics. */
  metrics: 8080,
  /** Of the gateway: callers, health and metrics. */
  http: 4000,
  /** Of the gateway: what only the operator may read. */
  counters: 4001,
} as const;

/** The files that are mounted into the pods. */
export const FILES = {
  catalogFolder: '/etc/mcpworkflow/catalog',
  catalog: 'providers.yaml',
  keyFolder: '/etc/mcpworkflow/keys',
  tlsFolder: '/etc/mcpworkflow/tls',
} as const;

/** What the Deployment, the ServiceAccount and the like of a program are called. */
export const nameOf = (program: Program): string => `mcpworkflow-${program}`;

/** Labels that belong to the project: they may not be set by options. */
export const OWN_LABELS = [
  'app.kubernetes.io/name',
  'app.kubernetes.io/component',
  'app.kubernetes.io/part-of',
  'app.kubernetes.io/version',
] as const;

/** The labels by which the pods of a program are found. They never change: a Deployment's selector cannot. */
export const selectorOf = (program: Program): Readonly<Record<string, string>> => ({
  'app.kubernetes.io/name': 'mcpworkflow',
  'app.kubernetes.io/component': program,
});
