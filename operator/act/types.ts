// The ports that act writes through. kube/ implements them for a cluster, dev/ for files.
import type { Workflow } from '../../lib/api/workflow.ts';
import type { WorkflowStatus } from '../../lib/api/status.ts';
import type { WorkflowEvent } from '../decide/types.ts';

/** Writes a status, conflict-safe. */
export interface StatusStore {
  /**
   * Writes the whole status with the resourceVersion of `workflow`, never forced. Resolves to the new resourceVersion.
   * Throws a TransientError (conflict, throttled, unreachable) or a TerminalError (the API server rejects the status).
   */
  write(workflow: Workflow, status: WorkflowStatus, urgent: boolean): Promise<string>;
}

/** Tells people. Never throws; what cannot be delivered is counted and dropped. */
export interface EventSink {
  record(workflow: Workflow, event: WorkflowEvent): void;
}
