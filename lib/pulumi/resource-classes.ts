// Which class of Pulumi's SDK stands for a kind of object. A kind of the core group has another type token as a generic
// CustomResource, so that state and code of others would not agree about it; and only what is typed is awaited properly.
import * as k8s from '@pulumi/kubernetes';
import type * as pulumi from '@pulumi/pulumi';
import type { Manifest } from '../manifests/manifest.ts';

/** An object of Kubernetes, whatever its kind. */
export type KubernetesResource = pulumi.CustomResource & {
  readonly metadata: pulumi.Output<k8s.types.output.meta.v1.ObjectMeta>;
};

type ResourceClass = new (name: string, args: never, opts?: pulumi.CustomResourceOptions) => KubernetesResource;

/** Classes are looked up only when they are needed: the SDK loads each on its first use. */
const CLASSES: Readonly<Record<string, () => ResourceClass>> = {
  'v1/ConfigMap': () => k8s.core.v1.ConfigMap,
  'v1/Namespace': () => k8s.core.v1.Namespace,
  'v1/Secret': () => k8s.core.v1.Secret,
  'v1/Service': () => k8s.core.v1.Service,
  'v1/ServiceAccount': () => k8s.core.v1.ServiceAccount,
  'apiextensions.k8s.io/v1/CustomResourceDefinition': () => k8s.apiextensions.v1.CustomResourceDefinition,
  'apps/v1/Deployment': () => k8s.apps.v1.Deployment,
  'networking.k8s.io/v1/NetworkPolicy': () => k8s.networking.v1.NetworkPolicy,
  'policy/v1/PodDisruptionBudget': () => k8s.policy.v1.PodDisruptionBudget,
  'rbac.authorization.k8s.io/v1/ClusterRole': () => k8s.rbac.v1.ClusterRole,
  'rbac.authorization.k8s.io/v1/ClusterRoleBinding': () => k8s.rbac.v1.ClusterRoleBinding,
  'rbac.authorization.k8s.io/v1/Role': () => k8s.rbac.v1.Role,
  'rbac.authorization.k8s.io/v1/RoleBinding': () => k8s.rbac.v1.RoleBinding,
};

/** Registers the object that a manifest describes. A kind that is not built into Kubernetes becomes a CustomResource. */
export function register(name: string, manifest: Manifest, opts: pulumi.CustomResourceOptions): KubernetesResource {
  const { apiVersion, kind } = manifest;
  const typed = CLASSES[`${apiVersion}/${kind}`]?.();
  // The manifest is what this class takes: the table says so by its keys.
  return typed ? new typed(name, manifest as never, opts) : new k8s.apiextensions.CustomResource(name, manifest, opts);
}
