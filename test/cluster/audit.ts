// Who wrote what to the API server, from its own audit log: how a test asserts that nothing was written.

import { readFileSync } from 'node:fs';

/** One finished write request. */
export interface WriteRecord {
  readonly user: string;
  readonly verb: string;
  readonly apiGroup: string;
  /** With the subresource, such as `mcpworkflows/status`. */
  readonly resource: string;
  readonly namespace: string;
  readonly name: string;
  readonly code: number;
  readonly userAgent: string;
  /** When it was received, epoch milliseconds. */
  readonly at: number;
}

/** Logs each write once, when it is answered, and no read. */
export const auditPolicy = JSON.stringify({
  apiVersion: 'audit.k8s.io/v1',
  kind: 'Policy',
  omitStages: ['RequestReceived', 'ResponseStarted'],
  omitManagedFields: true,
  rules: [{ level: 'Metadata', verbs: ['create', 'update', 'patch', 'delete', 'deletecollection'] }, { level: 'None' }],
});

interface AuditEvent {
  readonly user: { readonly username: string };
  readonly verb: string;
  readonly userAgent?: string;
  readonly objectRef?: {
    readonly apiGroup?: string;
    readonly resource?: string;
    readonly subresource?: string;
    readonly namespace?: string;
    readonly name?: string;
  };
  readonly responseStatus?: { readonly code?: number };
  readonly requestReceivedTimestamp: string;
}

/** Every write that has been answered so far, in the order of the log. */
export function readWrites(auditLog: string): readonly WriteRecord[] {
  return readFileSync(auditLog, 'utf8')
    .split('\n')
    .slice(0, -1) // what follows the last line end is nothing, or a line still being written
    .map((line) => toRecord(JSON.parse(line) as AuditEvent));
}

function toRecord({ user, verb, userAgent, objectRef = {}, responseStatus, ...event }: AuditEvent): WriteRecord {
  const { resource = '', subresource } = objectRef;
  return {
    user: user.username,
    verb,
    apiGroup: objectRef.apiGroup ?? '',
    resource: subresource === undefined ? resource : `${resource}/${subresource}`,
    namespace: objectRef.namespace ?? '',
    name: objectRef.name ?? '',
    code: responseStatus?.code ?? 0,
    userAgent: userAgent ?? '',
    at: Date.parse(event.requestReceivedTimestamp),
  };
}
