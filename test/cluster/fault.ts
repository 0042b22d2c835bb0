// What can go wrong between a client and the API server, and which requests it happens to. Plain data for fault-proxy.ts.

import type { PlaneUser } from './plane-access.ts';

/** One request as the proxy saw it. */
export interface SeenRequest {
  readonly method: string;
  /** With its query. */
  readonly path: string;
  readonly watch: boolean;
  /** Whose token it carried; absent for a token that the plane does not know. */
  readonly user?: PlaneUser;
  /** When it arrived, epoch milliseconds. */
  readonly at: number;
  /** What the API server itself answered, once it has. */
  readonly status?: number;
}

/** Which requests are meant; every field that is there must agree. */
export interface RequestMatch {
  readonly method?: string;
  /** A part of the path or query. */
  readonly path?: string;
  readonly watch?: boolean;
  readonly user?: PlaneUser;
}

/** What happens to a request that matches. */
export type Fault =
  /** An answer of the proxy's own, as a Kubernetes Status: 401, 410, 429, 500, 503. */
  | { readonly kind: 'status'; readonly status: number; readonly retryAfterSeconds?: number; readonly reason?: string }
  /** 200, then an ERROR event with this code in the watch stream, then its end. */
  | { readonly kind: 'errorEvent'; readonly code: number }
  /** Passes some whole lines, half of the next one, and breaks the connection. */
  | { readonly kind: 'cut'; readonly afterLines: number }
  /** Passes some whole lines and then nothing for ever, with the connection open. */
  | { readonly kind: 'stall'; readonly afterLines: number }
  /** Asks the API server, but the client never gets a byte of an answer. */
  | { readonly kind: 'noAnswer' }
  /** Takes longer, and then goes on to the next fault or to the API server. */
  | { readonly kind: 'delay'; readonly delayMs: number }
  /** Breaks the connection without an answer. */
  | { readonly kind: 'reset' };

/** Faults that end the search for another one. */
export type FinalFault = Exclude<Fault, { kind: 'delay' }>;

/** Does the request agree with every field of the match? */
export function isMatch(match: RequestMatch, seen: SeenRequest): boolean {
  return (
    (match.method ?? seen.method) === seen.method &&
    (match.watch ?? seen.watch) === seen.watch &&
    (match.user ?? seen.user) === seen.user &&
    seen.path.includes(match.path ?? '')
  );
}

/** A Kubernetes Status object, as the API server words its errors. */
export function statusObject(code: number, reason: string): Record<string, unknown> {
  return {
    kind: 'Status',
    apiVersion: 'v1',
    metadata: {},
    status: 'Failure',
    message: `injected by the test: ${reason}`,
    reason,
    code,
  };
}

const reasons: Readonly<Record<number, string>> = {
  401: 'Unauthorized',
  403: 'Forbidden',
  404: 'NotFound',
  409: 'Conflict',
  410: 'Expired',
  429: 'TooManyRequests',
  500: 'InternalError',
  503: 'ServiceUnavailable',
  504: 'Timeout',
};

/** The reason that the API server gives with a status code. */
export function reasonOf(code: number): string {
  return reasons[code] ?? 'Unknown';
}

/** Faults that are waiting for requests, in the order in which they were added. */
export interface FaultBook {
  /** Adds a fault for the next `times` requests that match, or for all of them. Returns a handle that takes it back. */
  add(fault: Fault, match?: RequestMatch, times?: number): AddedFault;
  clear(): void;
  /** The delay and the fault for a request; uses them up. */
  take(seen: SeenRequest): { readonly delayMs: number; readonly fault?: FinalFault };
}

/** A fault that was added. */
export interface AddedFault {
  /** How many requests it has happened to. */
  hits(): number;
  remove(): void;
}

interface Entry {
  readonly fault: Fault;
  readonly match: RequestMatch;
  readonly times: number;
  hits: number;
}

/** An empty book. */
export function faultBook(): FaultBook {
  const entries = new Set<Entry>();
  return {
    add(fault, match = {}, times = Number.POSITIVE_INFINITY) {
      const entry: Entry = { fault, match, times, hits: 0 };
      entries.add(entry);
      return { hits: () => entry.hits, remove: () => void entries.delete(entry) };
    },
    clear: () => entries.clear(),
    take(seen) {
      let delayMs = 0;
      for (const entry of entries) {
        if (entry.hits >= entry.times || !isMatch(entry.match, seen)) continue;
        entry.hits += 1;
        if (entry.fault.kind !== 'delay') return { delayMs, fault: entry.fault };
        delayMs += entry.fault.delayMs;
      }
      return { delayMs };
    },
  };
}
