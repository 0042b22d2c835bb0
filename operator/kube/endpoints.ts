// The addresses behind a Service, from its EndpointSlices.
import type { Clock } from '../clock.ts';
import { listWatch } from './list-watch.ts';
import type { KubeLog } from './log.ts';
import type { KubeObject } from './object-cache.ts';
import type { Transport } from './transport.ts';

/** Which Service, and which of its ports. */
export interface ServicePort {
  readonly namespace: string;
  readonly service: string;
  /** The port's name. @default the first port of each slice */
  readonly portName?: string;
}

/** What is ready behind a Service. */
export interface EndpointSource {
  /** `host:port` of each ready endpoint, sorted, each once. */
  addresses(): readonly string[];
  readonly synced: Promise<void>;
  isSynced(): boolean;
  stop(): void;
}

interface EndpointSlice extends KubeObject {
  readonly endpoints?:
    | readonly {
        readonly addresses?: readonly string[];
        readonly conditions?: { readonly ready?: boolean | null };
      }[]
    | null;
  readonly ports?: readonly { readonly name?: string | null; readonly port?: number | null }[] | null;
}

/** Starts to watch at once. */
export function watchEndpoints(options: {
  readonly transport: Transport;
  readonly clock: Clock;
  readonly log: KubeLog;
  readonly port: ServicePort;
  readonly onChange?: () => void;
}): EndpointSource {
  const { transport, clock, log, port } = options;
  const watch = listWatch<EndpointSlice>({
    transport,
    clock,
    log,
    path: `/apis/discovery.k8s.io/v1/namespaces/${encodeURIComponent(port.namespace)}/endpointslices`,
    query: { labelSelector: `kubernetes.io/service-name=${port.service}` },
    onChange: () => options.onChange?.(),
  });
  return {
    addresses: () => [...new Set(watch.list().flatMap((slice) => addressesOf(slice, port.portName)))].sort(),
    synced: watch.synced,
    isSynced: () => watch.isSynced(),
    stop: () => watch.stop(),
  };
}

function addressesOf(slice: EndpointSlice, portName: string | undefined): readonly string[] {
  const ports = slice.ports ?? [];
  const port = (portName === undefined ? ports[0] : ports.find(({ name }) => name === portName))?.port;
  if (typeof port !== 'number') return [];
  return (slice.endpoints ?? [])
    .filter(({ conditions }) => conditions?.ready !== false) // unknown is to be read as ready
    .flatMap(({ addresses }) =>
      (addresses ?? []).map((host) => (host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`)),
    );
}
