// What a request asks of the API server, in the words of a role: how a test compares what was done with what was allowed.

import type { SeenRequest } from './fault.ts';

/** A verb on a resource. */
export interface MadeCall {
  readonly verb: string;
  /** `''` is the core group. */
  readonly apiGroup: string;
  /** With the subresource, such as `mcpworkflows/status`. */
  readonly resource: string;
  /** Absent when all namespaces are meant, or the resource is in none. */
  readonly namespace?: string;
}

const RESOURCE_PATH =
  /^\/(?:api|apis\/(?<apiGroup>[^/]+))\/[^/]+\/(?:namespaces\/(?<namespace>[^/]+)\/)?(?<resource>[^/]+)(?:\/(?<name>[^/]+)(?:\/(?<subresource>[^/]+))?)?$/;

const WRITES: Readonly<Record<string, string>> = { POST: 'create', PUT: 'update', PATCH: 'patch', DELETE: 'delete' };

/** The call behind a request; undefined when its path is no resource's. */
export function callOf({ method, path, watch }: SeenRequest): MadeCall | undefined {
  const groups = RESOURCE_PATH.exec(path.replace(/\?.*$/, ''))?.groups;
  if (groups === undefined) return undefined;
  const { apiGroup = '', namespace, resource = '', name, subresource } = groups;
  const read = watch ? 'watch' : name === undefined ? 'list' : 'get';
  return {
    verb: method === 'GET' ? read : (WRITES[method] ?? method),
    apiGroup,
    resource: subresource === undefined ? resource : `${resource}/${subresource}`,
    ...(namespace !== undefined && { namespace }),
  };
}
