// Writes statuses to the API server: whole, with the resource version that they were computed from, and only while we lead.
import { API_VERSION, KIND } from '../../lib/api/workflow.ts';
import type { Workflow } from '../../lib/api/workflow.ts';
import type { StatusStore } from '../act/types.ts';
import { TransientError } from '../errors.ts';
import { ApiTransientError } from './api-errors.ts';
import type { KubeObject } from './object-cache.ts';
import type { Transport } from './transport.ts';
import { workflowsPath } from './workflows.ts';
import type { WriteLane } from './write-lane.ts';

/** What a store writes through. */
export interface StatusStoreOptions {
  readonly transport: Transport;
  /** Is told of what is under way and of 429. Whose turn it is was asked before. */
  readonly lane: Pick<WriteLane, 'during' | 'slowDown'>;
  /** Asked before every write. */
  readonly isLeader: () => boolean;
}

/** A conflict, like every other thing that a later visit can mend, is a TransientError: nothing is ever forced. */
export function statusStore({ transport, lane, isLeader }: StatusStoreOptions): StatusStore {
  return {
    async write(workflow, status) {
      if (!isLeader()) throw new TransientError('this replica does not lead, so it does not write');
      try {
        const answer = await lane.during(() =>
          transport.request('PUT', statusPath(workflow), { body: bodyOf(workflow, status) }),
        );
        return versionOf(answer.body);
      } catch (error) {
        if (error instanceof ApiTransientError && error.httpStatus === 429) lane.slowDown(error.retryAfterMs);
        throw error;
      }
    },
  };
}

const statusPath = ({ metadata }: Workflow) =>
  `${workflowsPath(metadata.namespace)}/${encodeURIComponent(metadata.name)}/status`;

function bodyOf({ metadata }: Workflow, status: unknown): object {
  // A whole PUT, for a merge patch could not take a field away. The server ignores everything but the status; the uid keeps
  // us from writing to a namesake.
  const { name, namespace, uid, resourceVersion } = metadata;
  return { apiVersion: API_VERSION, kind: KIND, metadata: { name, namespace, uid, resourceVersion }, status };
}

function versionOf(body: unknown): string {
  const version = (body as Partial<KubeObject> | undefined)?.metadata?.resourceVersion;
  if (version === undefined)
    throw new TransientError('the API server answered a status write without a resource version');
  return version;
}
