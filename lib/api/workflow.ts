// The MCPWorkflow resource as a whole: what the API server stores and what every part of the program passes around.
import type { WorkflowSpec } from './spec.ts';
import type { WorkflowStatus } from './status.ts';

export const GROUP = 'ai.example.com';
export const VERSION = 'v1alpha1';
export const API_VERSION = `${GROUP}/${VERSION}`;
export const KIND = 'MCPWorkflow';
export const PLURAL = 'mcpworkflows';

/** Approves one return to an earlier model under `recovery.failback: Manual`; its value is `status.activeSince`. */
export const FAILBACK_ANNOTATION = `${GROUP}/failback`;

/** On a Secret: the hosts (comma-separated) that its value may be sent to. */
export const ALLOWED_HOSTS_ANNOTATION = `${GROUP}/allowed-hosts`;

/** The part of Kubernetes' ObjectMeta that this project reads. */
export interface ObjectMeta {
  readonly name: string;
  readonly namespace: string;
  readonly uid: string;
  readonly generation: number;
  readonly resourceVersion: string;
  readonly annotations?: Readonly<Record<string, string>>;
  readonly labels?: Readonly<Record<string, string>>;
}

/** An MCPWorkflow whose spec has passed the schema, so that every default is filled in. */
export interface Workflow {
  readonly metadata: ObjectMeta;
  readonly spec: WorkflowSpec;
  readonly status?: WorkflowStatus;
}

/** `namespace/name`, the key that queues, tables and logs use. */
export type WorkflowKey = string;

export const keyOf = (metadata: Pick<ObjectMeta, 'name' | 'namespace'>): WorkflowKey =>
  `${metadata.namespace}/${metadata.name}`;
