// Events as the API server takes them.
import type { ObjectMeta } from '../../lib/api/workflow.ts';
import { API_VERSION, GROUP, KIND } from '../../lib/api/workflow.ts';
import type { EventSink } from '../act/types.ts';
import { microTime } from './lease-record.ts';
import type { LeaseName } from './lease-record.ts';

/** What act tells. */
export type Told = Parameters<EventSink['record']>[1];

/** An object that an Event is about. */
export interface Regarding {
  readonly apiVersion: string;
  readonly kind: string;
  readonly namespace: string;
  readonly name: string;
  readonly uid?: string;
  readonly resourceVersion?: string;
}

export const regardingWorkflow = (metadata: ObjectMeta): Regarding => ({
  apiVersion: API_VERSION,
  kind: KIND,
  namespace: metadata.namespace,
  name: metadata.name,
  uid: metadata.uid,
  resourceVersion: metadata.resourceVersion,
});

export const regardingLease = (lease: LeaseName): Regarding => ({
  apiVersion: 'coordination.k8s.io/v1',
  kind: 'Lease',
  namespace: lease.namespace,
  name: lease.name,
});

export const eventsPath = (namespace: string) =>
  `/apis/events.k8s.io/v1/namespaces/${encodeURIComponent(namespace)}/events`;

const MAX_NOTE_BYTES = 1024;
const MAX_INSTANCE = 128;
const MAX_NAME = 253;
export const REPORTING_CONTROLLER = `${GROUP}/operator`;

/** A new Event. `serial` tells apart those of one object within one millisecond. */
export function eventObject(
  about: Regarding,
  told: Told,
  at: { readonly now: number; readonly serial: number; readonly instance: string },
) {
  return {
    apiVersion: 'events.k8s.io/v1',
    kind: 'Event',
    metadata: { name: eventName(about.name, at.now, at.serial), namespace: about.namespace },
    eventTime: microTime(at.now),
    reportingController: REPORTING_CONTROLLER,
    reportingInstance: at.instance.slice(0, MAX_INSTANCE),
    regarding: about,
    type: told.type,
    reason: told.reason,
    action: told.action,
    note: clipped(told.note),
  };
}

/** `<object>.<nanoseconds in hex>`: a generated name with a dot at the end is refused. */
function eventName(object: string, now: number, serial: number): string {
  const nanos = (BigInt(now) * 1_000_000n + BigInt(serial % 1_000_000)).toString(16);
  const stem = object.slice(0, MAX_NAME - nanos.length - 1).replace(/[-.]+$/, '');
  return `${stem}.${nanos}`;
}

/** The server counts bytes. */
function clipped(note: string): string {
  const bytes = Buffer.from(note);
  if (bytes.length <= MAX_NOTE_BYTES) return note;
  let end = MAX_NOTE_BYTES;
  while (((bytes[end] ?? 0) & 0xc0) === 0x80) end -= 1; // not in the middle of a character
  return bytes.toString('utf8', 0, end);
}
