// The metadata of each object: its name, its namespace and the labels of the app.kubernetes.io convention.
import type { ManifestMetadata } from './manifest.ts';
import { DEFAULT_NAMESPACE, selectorOf } from './names.ts';
import type { Platform } from './platform-defaults.ts';
import type { Program } from './rbac.ts';
import { VERSION } from './version.ts';

/** Which program an object belongs to; `platform` if to both, `workflow` if to one workflow. */
export type Component = Program | 'gateway-counters' | 'platform' | 'workflow';

/** The labels of an object. What a program is found by is among them. */
export function labelsOf(platform: Pick<Platform, 'labels'>, component: Component): Readonly<Record<string, string>> {
  return {
    ...platform.labels,
    'app.kubernetes.io/name': 'mcpworkflow',
    'app.kubernetes.io/component': component,
    'app.kubernetes.io/part-of': 'mcpworkflow',
    'app.kubernetes.io/version': VERSION,
  };
}

/** The metadata of an object of the platform's namespace. */
export const metadataOf = (platform: Platform, name: string, component: Component): ManifestMetadata => ({
  name,
  namespace: platform.namespace,
  labels: labelsOf(platform, component),
});

/**
 * The name of an object that is outside of the platform's namespace. Two platforms of one cluster must not share it, so it ends
 * in the namespace, unless that is the default one or is not known yet: such a namespace must not be looked into.
 */
export function nameBeyond(namespace: string, name: string): string {
  const known = typeof namespace === 'string' && namespace !== DEFAULT_NAMESPACE;
  return known ? `${name}-${namespace}` : name;
}

/** The labels by which the pods of a program are found, as a fresh object. */
export const podsOf = (program: Program) => ({ matchLabels: { ...selectorOf(program) } });
