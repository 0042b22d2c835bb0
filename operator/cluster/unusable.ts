// Says in status that a workflow has no spec that could ever be used: there is nothing to decide about it, but its author has
// to see why nothing happens.
import type { WorkflowKey } from '../../lib/api/workflow.ts';
import type { Condition, ConditionType, WorkflowStatus } from '../../lib/api/status.ts';
import { sameValue } from '../act/same-status.ts';
import type { Clock } from '../clock.ts';
import { setCondition } from '../decide/conditions.ts';
import type { Transport } from '../kube/transport.ts';
import { asError } from '../kube/log.ts';
import type { KubeLog } from '../kube/log.ts';
import { workflowsPath } from '../kube/workflows.ts';
import type { KnownWorkflow, WorkflowSource } from '../kube/workflows.ts';

/** Writes `Stalled` for workflows that cannot be used. */
export interface StalledWriter {
  changed(key: WorkflowKey): void;
}

type Unusable = Extract<KnownWorkflow, { readonly kind: 'unusable' }>;

/** What the status of such a workflow has to say. */
function stalledStatus({ metadata, invalid, status: before }: Unusable, now: number): WorkflowStatus {
  const { generation } = metadata;
  const condition = (type: ConditionType, status: Condition['status']) =>
    setCondition(before?.conditions, type, { status, reason: 'InvalidSpec', message: invalid }, { generation, now });
  return {
    observedGeneration: generation,
    phase: 'Unavailable',
    reason: 'InvalidSpec',
    message: invalid,
    conditions: [condition('Ready', 'False'), condition('Stalled', 'True')],
  };
}

/** Writes when the status does not say so already, once per generation, and only while this replica leads. */
export function createStalledWriter(ports: {
  readonly transport: Transport;
  readonly workflows: Pick<WorkflowSource, 'get'>;
  readonly isLeader: () => boolean;
  readonly clock: Clock;
  readonly log: KubeLog;
}): StalledWriter {
  const told = new Map<WorkflowKey, string>();

  async function tell(key: WorkflowKey): Promise<void> {
    const known = ports.workflows.get(key);
    if (known?.kind !== 'unusable') return void told.delete(key);
    const { metadata } = known;
    const version = `${metadata.uid}/${metadata.generation}`;
    if (!ports.isLeader() || told.get(key) === version) return;
    told.set(key, version);
    const status = stalledStatus(known, ports.clock.now());
    if (sameValue(known.status, status)) return;
    const path = `${workflowsPath(metadata.namespace)}/${encodeURIComponent(metadata.name)}/status`;
    const body = { metadata: { resourceVersion: metadata.resourceVersion }, status };
    await ports.transport.request('PATCH', path, { body, contentType: 'application/merge-patch+json' });
  }

  return {
    changed(key) {
      tell(key).catch((error: unknown) => {
        told.delete(key);
        ports.log.warn('an invalid workflow could not be told so', { workflow: key, error: asError(error) });
      });
    },
  };
}
