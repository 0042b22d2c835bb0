// Where the gateway of a cluster serves a workflow: what an SDK takes as base URL.
import type { Protocol } from '../api/protocol.ts';
import { DEFAULT_NAMESPACE, GATEWAY_SERVICE, PORTS } from './names.ts';

/** The gateway of a cluster, as those see it who call it. */
export interface GatewayReference {
  /** The namespace of operator and gateway. @default 'mcpworkflow-system' */
  readonly namespace?: string;
  /** Whether it has a certificate (`gateway.tlsSecret`), so that its URLs are https. @default false */
  readonly tls?: boolean;
  /** Whether only workflows with `access.apiKeys` ask for a key (`gateway.insecureNoAuth`). @default false */
  readonly insecureNoAuth?: boolean;
}

/** A workflow, as a URL names it. */
export interface WorkflowAddress {
  readonly namespace: string;
  readonly name: string;
}

/** What stands behind the workflow: each SDK puts the rest of the path behind it by itself. */
const BASES: Readonly<Record<Protocol, string>> = { Anthropic: 'anthropic', OpenAI: 'openai/v1' };

/** The namespace of a gateway. */
export const gatewayNamespace = (gateway: GatewayReference): string => gateway.namespace ?? DEFAULT_NAMESPACE;

/** The base URL of a workflow for the SDK of a dialect: an `ANTHROPIC_BASE_URL` or an `OPENAI_BASE_URL`, from inside the cluster. */
export function gatewayUrl(gateway: GatewayReference, workflow: WorkflowAddress, dialect: Protocol): string {
  const scheme = gateway.tls === true ? 'https' : 'http';
  const host = `${GATEWAY_SERVICE}.${gatewayNamespace(gateway)}.svc:${PORTS.http}`;
  return `${scheme}://${host}/${workflow.namespace}/${workflow.name}/${BASES[dialect]}`;
}
