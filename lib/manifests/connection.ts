// What a workload needs to call a workflow with an unmodified SDK: variables of its containers and, where policies shut it in
// or out, policies that let this one call through.
import { PROTOCOLS } from '../api/protocol.ts';
import type { Protocol } from '../api/protocol.ts';
import { gatewayNamespace, gatewayUrl } from './gateway-url.ts';
import type { GatewayReference } from './gateway-url.ts';
import { PORTS } from './names.ts';
import { podsOf } from './metadata.ts';

/** The Secret with the key of a caller, in the namespace of the workload. */
export interface KeySecret {
  readonly name: string;
  /** The key in it. @default 'api-key', as `mcpworkflow key` makes it */
  readonly key?: string;
}

/** One variable, as a container of Kubernetes has it. */
export interface EnvironmentVariable {
  readonly name: string;
  readonly value?: string;
  readonly valueFrom?: Readonly<Record<string, Readonly<Record<string, string>>>>;
}

/** A call from a workload to a workflow. */
export interface Connection {
  readonly gateway: GatewayReference;
  /** Without a namespace it is the one that the workload runs in. */
  readonly workflow: { readonly name: string; readonly namespace?: string };
  /** @default no key: the gateway asks nobody */
  readonly keySecret?: KeySecret;
  /** Which SDKs are told. @default both */
  readonly dialects?: readonly Protocol[];
}

/** The variables that the official SDKs read. */
const VARIABLES: Readonly<Record<Protocol, { readonly url: string; readonly key: string }>> = {
  Anthropic: { url: 'ANTHROPIC_BASE_URL', key: 'ANTHROPIC_API_KEY' },
  OpenAI: { url: 'OPENAI_BASE_URL', key: 'OPENAI_API_KEY' },
};

const NAMESPACE_VARIABLE = 'MCPWORKFLOW_NAMESPACE';

/** What SDKs that insist on a key show to a gateway that asks for none. */
const NO_KEY = 'not-needed';

/** The variables, in an order that matters: the kubelet expands `$(NAME)` only from variables above. */
export function connectionVariables(connection: Connection): readonly EnvironmentVariable[] {
  const { gateway, workflow, keySecret, dialects = PROTOCOLS } = connection;
  const namespace = workflow.namespace ?? `$(${NAMESPACE_VARIABLE})`;
  return [
    ...(workflow.namespace === undefined ? [ownNamespace()] : []),
    ...dialects.flatMap((dialect): EnvironmentVariable[] => [
      { name: VARIABLES[dialect].url, value: gatewayUrl(gateway, { namespace, name: workflow.name }, dialect) },
      { name: VARIABLES[dialect].key, ...keyOf(keySecret) },
    ]),
  ];
}

const ownNamespace = (): EnvironmentVariable => ({
  name: NAMESPACE_VARIABLE,
  valueFrom: { fieldRef: { fieldPath: 'metadata.namespace' } },
});

const keyOf = (secret: KeySecret | undefined): Omit<EnvironmentVariable, 'name'> =>
  secret === undefined
    ? { value: NO_KEY }
    : { valueFrom: { secretKeyRef: { name: secret.name, key: secret.key ?? 'api-key' } } };

/** A NetworkPolicy without its metadata: front ends name it. */
export interface NetworkPolicy {
  readonly apiVersion: 'networking.k8s.io/v1';
  readonly kind: 'NetworkPolicy';
  readonly spec: Readonly<Record<string, unknown>>;
}

/** The pods of a workload. */
export interface WorkloadPods {
  /** Labels that they have and others do not; at least one, for none would mean every pod of the namespace. */
  readonly labels: Readonly<Record<string, string>>;
}

const tcp = (port: number) => ({ protocol: 'TCP', port });

/** Whose namespace it is: the API server puts this label on each. */
const inNamespace = (namespace: string) => ({
  namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': namespace } },
});

/**
 * A policy of the workload's namespace: its pods may resolve names and call the gateway. As with every policy of egress, they
 * may call nobody else from then on whom no other policy allows.
 */
export function callPolicy(pods: WorkloadPods, gateway: GatewayReference): NetworkPolicy {
  return networkPolicy({
    podSelector: { matchLabels: { ...pods.labels } },
    policyTypes: ['Egress'],
    egress: [
      // To any address: where names are resolved differs, and may be a link-local address of the node.
      { ports: [{ protocol: 'UDP', port: 53 }, tcp(53)] },
      {
        to: [{ ...inNamespace(gatewayNamespace(gateway)), podSelector: podsOf('gateway') }],
        ports: [tcp(PORTS.http)],
      },
    ],
  });
}

/**
 * A policy of the gateway's namespace: it may be called by the pods of the workload, beside those that the platform's own policy
 * lets in. Needed only where `networkPolicy.callers` leaves them out.
 */
export function callerPolicy(pods: WorkloadPods & { readonly namespace: string }): NetworkPolicy {
  return networkPolicy({
    podSelector: podsOf('gateway'),
    policyTypes: ['Ingress'],
    ingress: [
      {
        from: [{ ...inNamespace(pods.namespace), podSelector: { matchLabels: { ...pods.labels } } }],
        ports: [tcp(PORTS.http)],
      },
    ],
  });
}

const networkPolicy = (spec: NetworkPolicy['spec']): NetworkPolicy => ({
  apiVersion: 'networking.k8s.io/v1',
  kind: 'NetworkPolicy',
  spec,
});
