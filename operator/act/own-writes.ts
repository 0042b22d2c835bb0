// The last status that this replica wrote for each workflow, until the cache has caught up with it. Without it a look
// that comes before the watch event would take the old status for the newest, and undo or repeat its own write.
import type { WorkflowStatus } from '../../lib/api/status.ts';
import type { Workflow } from '../../lib/api/workflow.ts';

export interface OwnWrites {
  /** A status was written and got this resourceVersion. */
  wrote(uid: string, resourceVersion: string, status: WorkflowStatus): void;
  /** The status as last read or, when newer, as last written. */
  latestStatus(workflow: Workflow): WorkflowStatus | undefined;
  /** The workflow with the newest resourceVersion and status that are known, to write against. */
  latest(workflow: Workflow): Workflow;
  forget(uid: string): void;
}

interface OwnWrite {
  readonly resourceVersion: string;
  readonly status: WorkflowStatus;
}

/** resourceVersions of one resource are decimal numbers that rise; they may be longer than a double is exact. */
function isNewer(a: string, b: string): boolean {
  return a.length === b.length ? a > b : a.length > b.length;
}

/** Nothing was written yet. */
export function createOwnWrites(): OwnWrites {
  const writes = new Map<string, OwnWrite>();

  function newerThanCache({ metadata }: Workflow): OwnWrite | undefined {
    const own = writes.get(metadata.uid);
    if (own === undefined) return undefined;
    if (isNewer(own.resourceVersion, metadata.resourceVersion)) return own;
    writes.delete(metadata.uid);
    return undefined;
  }

  return {
    wrote: (uid, resourceVersion, status) => void writes.set(uid, { resourceVersion, status }),
    latestStatus: (workflow) => (newerThanCache(workflow) ?? workflow).status,
    latest(workflow) {
      const own = newerThanCache(workflow);
      if (own === undefined) return workflow;
      const { resourceVersion, status } = own;
      return { ...workflow, metadata: { ...workflow.metadata, resourceVersion }, status };
    },
    forget: (uid) => void writes.delete(uid),
  };
}
