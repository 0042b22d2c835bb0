// Whether an operator is alive, as a gateway sees it.
import type { Clock } from '../clock.ts';
import { durationMsOf, leasesPath } from './lease-record.ts';
import type { LeaseName, LeaseObject } from './lease-record.ts';
import { listWatch } from './list-watch.ts';
import type { KubeLog } from './log.ts';
import type { Transport } from './transport.ts';

/** The operator's Lease from afar. */
export interface LeaseWatch {
  /** When the Lease was last seen to be renewed; undefined while none was ever seen. */
  lastRenewSeenAt(): number | undefined;
  /** For how long no operator has held a valid Lease: 0 while one does. */
  aloneForMs(): number;
  /** Resolves once the API server has answered. */
  readonly synced: Promise<void>;
  stop(): void;
}

/** Watches one Lease by its name, so that a Role for that one name is enough. */
export function watchLease(options: {
  readonly transport: Transport;
  readonly clock: Clock;
  readonly log: KubeLog;
  readonly lease: LeaseName;
  readonly inactivityMs?: number;
}): LeaseWatch {
  const { clock, lease: name, transport, log } = options;
  const startedAt = clock.now();
  let seen: { readonly renewTime: string; readonly at: number; readonly durationMs: number } | undefined;

  const onChange = (_key: string, lease: LeaseObject | undefined) => {
    const renewTime = lease?.spec?.renewTime;
    if (!lease || typeof renewTime !== 'string' || renewTime === seen?.renewTime) return;
    // At first sight a Lease may be hours old, and its own word is all there is. Later only our own clock counts.
    const claimed = Date.parse(renewTime);
    const at = seen || Number.isNaN(claimed) ? clock.now() : Math.min(clock.now(), claimed);
    seen = { renewTime, at, durationMs: durationMsOf(lease) };
  };
  const watch = listWatch<LeaseObject>({
    transport,
    clock,
    log,
    path: leasesPath(name.namespace),
    query: { fieldSelector: `metadata.name=${name.name}` },
    onChange,
    ...(options.inactivityMs === undefined ? {} : { inactivityMs: options.inactivityMs }),
  });
  return {
    lastRenewSeenAt: () => seen?.at,
    aloneForMs: () => Math.max(0, clock.now() - (seen ? seen.at + seen.durationMs : startedAt)),
    synced: watch.synced,
    stop: () => watch.stop(),
  };
}
