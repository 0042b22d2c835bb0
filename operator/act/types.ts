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
  write(workflow: Workflow, status: WorkflowStatus): Promise<string>;
}

/**
 * Who may write a status, and when. Nothing that waits to be written is kept: when its turn comes the workflow is looked at
 * anew, and what is written is true then. Meanwhile its looks go on.
 */
export interface WriteTurns {
  /**
   * True when this workflow's status may be written now. If not, it has a place in line, and `onTurn` is called when it may;
   * to ask again while it waits can only move it ahead, and the latest `onTurn` counts.
   */
  take(uid: string, urgent: boolean, onTurn: () => void): boolean;
  /** The workflow has nothing to write any more. */
  leave(uid: string): void;
}

/** Tells people. Never throws; what cannot be delivered is counted and dropped. */
export interface EventSink {
  record(workflow: Workflow, event: WorkflowEvent): void;
}
