// What may talk to what. Probes of the kubelet come from the node, which policies let through.
import { metadataOf, podsOf } from './metadata.ts';
import type { Manifest } from './manifest.ts';
import { nameOf, PORTS } from './names.ts';
import type { Platform } from './platform-defaults.ts';
import type { Program } from './rbac.ts';

type Peers = readonly Readonly<Record<string, unknown>>[];
type Rule = Readonly<Record<string, unknown>>;

const tcp = (...ports: readonly number[]) => ports.map((port) => ({ protocol: 'TCP', port }));

const from = (peers: Peers, port: number): Rule => ({ from: peers, ports: tcp(port) });

const podsOfProgram = (program: Program) => ({ podSelector: podsOf(program) });

/** Where the API server is unless it was said: nothing in a cluster tells its address beforehand, but these are the ports. */
const PRIVATE_ADDRESSES: Peers = ['10.0.0.0/8', '172.16.0.0/12', '192.168.0.0/16', '100.64.0.0/10', 'fc00::/7'].map(
  (cidr) => ({ ipBlock: { cidr } }),
);

/** Where a program may call, or undefined if everywhere. */
function egressOf({ networkPolicy: { egress } }: Platform, own: readonly Rule[]): readonly Rule[] | undefined {
  if (egress === undefined) return undefined;
  return [
    // To any address: where names are resolved differs, and may be a link-local address of the node.
    { ports: [{ protocol: 'UDP', port: 53 }, ...tcp(53)] },
    { to: egress.apiServer ?? PRIVATE_ADDRESSES, ports: tcp(443, 6443) },
    ...own,
    ...egress.to,
  ];
}

function policy(
  platform: Platform,
  program: Program,
  rules: { readonly ingress: readonly Rule[]; readonly egress: readonly Rule[] | undefined },
): Manifest {
  const { ingress, egress } = rules;
  return {
    apiVersion: 'networking.k8s.io/v1',
    kind: 'NetworkPolicy',
    metadata: metadataOf(platform, nameOf(program), program),
    spec: {
      podSelector: podsOf(program),
      policyTypes: egress ? ['Ingress', 'Egress'] : ['Ingress'],
      ingress: [...ingress],
      ...(egress && { egress: [...egress] }),
    },
  };
}

/** The operator is asked for its metrics only. */
export const operatorPolicy = (platform: Platform): Manifest =>
  policy(platform, 'operator', {
    ingress: [from(platform.networkPolicy.scrapers, PORTS.metrics)],
    egress: egressOf(platform, [{ to: [podsOfProgram('gateway')], ports: tcp(PORTS.counters) }]),
  });

/** The gateway serves callers and metrics on one port, and its counters to the operator alone. */
export const gatewayPolicy = (platform: Platform): Manifest =>
  policy(platform, 'gateway', {
    ingress: [
      from(platform.networkPolicy.callers, PORTS.http),
      from(platform.networkPolicy.scrapers, PORTS.http),
      from([podsOfProgram('operator')], PORTS.counters),
    ],
    egress: egressOf(platform, []),
  });
