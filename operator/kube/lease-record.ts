// A Lease as the API server stores it.

/** The part of a Lease that leader election reads and writes; everything else in it is kept as it is. */
export interface LeaseObject {
  readonly metadata: {
    readonly name: string;
    readonly namespace: string;
    readonly uid?: string;
    readonly resourceVersion?: string;
  };
  readonly spec?: LeaseSpec;
}

export interface LeaseSpec {
  readonly holderIdentity?: string | null;
  readonly leaseDurationSeconds?: number | null;
  readonly acquireTime?: string | null;
  readonly renewTime?: string | null;
  readonly leaseTransitions?: number | null;
}

/** Which Lease. */
export interface LeaseName {
  readonly namespace: string;
  readonly name: string;
}

export const leasesPath = (namespace: string) =>
  `/apis/coordination.k8s.io/v1/namespaces/${encodeURIComponent(namespace)}/leases`;

/** A time as the API server takes it for a Lease or an Event: six digits after the second, never three. */
export const microTime = (ms: number) => new Date(ms).toISOString().replace('Z', '000Z');

/** The holder, or undefined when it was released or never held. */
export function holderOf(lease: LeaseObject): string | undefined {
  const holder = lease.spec?.holderIdentity;
  return holder === null || holder === '' ? undefined : holder;
}

/** How long the holder's promise lasts after it was last renewed. */
export const durationMsOf = (lease: LeaseObject) => (lease.spec?.leaseDurationSeconds ?? 0) * 1000;

/** The Lease with `identity` as its holder, renewed at `now`. Not held before by the same, it counts one transition more. */
export function heldBy(identity: string, now: number, durationMs: number, before: LeaseObject): LeaseObject {
  const stays = holderOf(before) === identity;
  return {
    ...before,
    spec: {
      ...before.spec,
      holderIdentity: identity,
      leaseDurationSeconds: Math.max(1, Math.ceil(durationMs / 1000)),
      acquireTime: (stays ? before.spec?.acquireTime : undefined) ?? microTime(now),
      renewTime: microTime(now),
      leaseTransitions: (before.spec?.leaseTransitions ?? 0) + (stays || before.spec === undefined ? 0 : 1),
    },
  };
}

/** The Lease without a holder. */
export function released(before: LeaseObject, now: number): LeaseObject {
  return {
    ...before,
    spec: {
      leaseTransitions: before.spec?.leaseTransitions ?? 0,
      leaseDurationSeconds: 1,
      acquireTime: microTime(now),
      renewTime: microTime(now),
    },
  };
}
