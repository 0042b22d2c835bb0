// Who may call a workflow. What is said to those who may not is the same whether or not there is such a workflow.
import type { IncomingHttpHeaders } from 'node:http';
import type { WorkflowRoute } from '../routes/types.ts';
import { isOneOfKeys } from './api-key.ts';
import type { OwnError } from './errors.ts';

/** Where the official SDKs send their key: both headers are read in both dialects. */
function shownKeys({ authorization, 'x-api-key': apiKey }: IncomingHttpHeaders): readonly string[] {
  const bearer = /^Bearer +(\S+)$/i.exec(authorization ?? '')?.[1];
  return [apiKey, bearer].filter((key) => typeof key === 'string');
}

const UNPROVEN: OwnError = {
  status: 401,
  code: 'invalid_api_key',
  message: 'send a key of this workflow as API key; `mcpworkflow key` makes one, and spec.access.apiKeys has its hash',
  shouldRetry: false,
};

/**
 * Undefined when the caller may call. With `mustProve` everybody needs a key; without it only the callers of workflows that
 * have keys do, and what is not there is told by whoever looks for it.
 */
export function refuseAccess(
  route: WorkflowRoute | undefined,
  headers: IncomingHttpHeaders,
  mustProve: boolean,
): OwnError | undefined {
  const hashes = route?.keyHashes ?? [];
  if (hashes.length === 0) return mustProve ? UNPROVEN : undefined;
  return shownKeys(headers).some((key) => isOneOfKeys(key, hashes)) ? undefined : UNPROVEN;
}
