// What the builders make: plain objects, as they are applied.

/**
 * One Kubernetes object. A builder decides about structure only and never looks into a leaf that it was handed: what a
 * front end puts there, such as a token of its own, comes out as it went in.
 */
export interface Manifest {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: ManifestMetadata;
  readonly [field: string]: unknown;
}

/** The part of Kubernetes' ObjectMeta that manifests carry. Objects of the whole cluster have no namespace. */
export interface ManifestMetadata {
  readonly name: string;
  readonly namespace?: string;
  readonly labels?: Readonly<Record<string, string>>;
  readonly annotations?: Readonly<Record<string, string>>;
}

/**
 * Objects by a short name that stays the same whatever the options are, in the order in which they may be applied. Front
 * ends make their own names of it: the id of a construct, the name of a resource.
 */
export type Manifests = Readonly<Record<string, Manifest>>;
