// An API server in memory, as far as kube/ needs one: lists, watches, resource versions, conflicts, and faults on demand.
import type { Clock } from '../../../operator/clock.ts';
import { apiError, ApiTransientError } from '../../../operator/kube/api-errors.ts';
import type { KubeLog } from '../../../operator/kube/log.ts';
import type { Method, Query, RequestOptions, Transport } from '../../../operator/kube/transport.ts';

export interface FakeObject {
  readonly metadata: {
    readonly name: string;
    readonly namespace?: string;
    readonly uid?: string;
    readonly resourceVersion?: string;
    readonly managedFields?: unknown;
  };
  readonly [field: string]: unknown;
}

/** One request that arrived. */
export interface Seen {
  readonly method: Method | 'WATCH';
  readonly path: string;
  readonly query: Query;
  readonly body?: unknown;
  readonly contentType?: string;
  readonly at: number;
}

/** Thrown, or waited for, before a request is answered. */
export type Fault = (seen: Seen) => Error | Promise<unknown> | undefined;

export interface FakeApi extends Transport {
  readonly seen: Seen[];
  /** Requests that match. */
  count(method: Seen['method'], part?: string): number;
  /** Writes an object as another client would. Returns its resource version. */
  put(list: string, object: FakeObject): string;
  remove(list: string, name: string): void;
  get(list: string, name: string): FakeObject | undefined;
  /** Asked before every request; undefined lets it through. */
  fault: Fault | undefined;
  /** Ends the watches that are open: in peace, or with an error. */
  endWatches(error?: Error): void;
  /** Open watches go silent; events in the meantime are lost to them. */
  stallWatches(): void;
  /** Sends a line to all open watches. */
  sendLine(line: string): void;
  openWatches(): number;
  /** Forgets the past: watches from before now get 410, in the stream or as a status. */
  compact(how: 'inStream' | 'asStatus'): void;
}

interface Change {
  readonly list: string;
  readonly type: 'ADDED' | 'MODIFIED' | 'DELETED';
  readonly object: FakeObject;
  readonly version: number;
}

interface OpenWatch {
  readonly list: string;
  readonly query: Query;
  send(line: string): void;
  end(error?: Error): void;
  stalled: boolean;
}

export const transientFailure = (httpStatus?: number, retryAfterMs?: number): Error =>
  httpStatus === undefined ? new ApiTransientError('no answer') : apiError('test', httpStatus, {}, retryAfterMs);

export const quietLog: KubeLog = { error: () => {}, warn: () => {}, info: () => {} };

export function fakeApi(clock: Clock): FakeApi {
  const lists = new Map<string, Map<string, FakeObject>>();
  const history: Change[] = [];
  const watches = new Set<OpenWatch>();
  const seen: Seen[] = [];
  let version = 100;
  let oldest = 0;
  let goneHow: 'inStream' | 'asStatus' = 'inStream';

  const listOf = (path: string) => lists.get(path) ?? lists.set(path, new Map()).get(path)!;
  const copy = <T>(object: T): T => structuredClone(object);
  const selected = (object: FakeObject, query: Query) => {
    const selector = query['fieldSelector'];
    return typeof selector !== 'string' || selector === `metadata.name=${object.metadata.name}`;
  };

  function change(list: string, type: Change['type'], object: FakeObject): void {
    const entry: Change = { list, type, object, version };
    history.push(entry);
    for (const watch of watches) {
      if (watch.list === list && !watch.stalled && selected(object, watch.query)) watch.send(eventLine(entry));
    }
  }

  function store(list: string, object: FakeObject): FakeObject {
    version += 1;
    const before = listOf(list).get(object.metadata.name);
    const uid = before?.metadata.uid ?? object.metadata.uid ?? `uid-${version}`;
    const stored = copy({ ...object, metadata: { ...object.metadata, uid, resourceVersion: String(version) } });
    listOf(list).set(object.metadata.name, stored);
    change(list, before ? 'MODIFIED' : 'ADDED', stored);
    return stored;
  }

  async function arrive(entry: Seen): Promise<void> {
    seen.push(entry);
    const fault = api.fault?.(entry);
    if (fault instanceof Error) throw fault;
    await fault;
  }

  function answerGet(path: string, query: Query): unknown {
    if (/\/namespaces\/[^/]+\/[^/]+\/[^/]+$/.test(path)) {
      const [list, name] = split(path);
      const found = lists.get(list)?.get(name);
      if (!found) throw apiError(path, 404, { reason: 'NotFound' });
      return copy(found);
    }
    const items = [...listOf(path).values()].filter((object) => selected(object, query));
    return copy({ metadata: { resourceVersion: String(version) }, items });
  }

  function answerWrite(method: Method, path: string, body: FakeObject): FakeObject {
    if (method === 'POST') {
      if (listOf(path).has(body.metadata.name)) throw apiError(path, 409, { reason: 'AlreadyExists' });
      return store(path, body);
    }
    const [list, name] = split(path.replace(/\/status$/, ''));
    const before = lists.get(list)?.get(name);
    if (!before) throw apiError(path, 404, { reason: 'NotFound' });
    if (method === 'PATCH') return store(list, { ...before, ...body, metadata: before.metadata });
    if (body.metadata.resourceVersion !== before.metadata.resourceVersion)
      throw apiError(path, 409, { reason: 'Conflict' });
    return store(list, path.endsWith('/status') ? { ...before, status: body['status'] } : body);
  }

  async function request(method: Method, path: string, options: RequestOptions = {}) {
    const { query = {}, body, contentType } = options;
    await arrive({
      method,
      path,
      query,
      at: clock.now(),
      ...(body === undefined ? {} : { body }),
      ...(contentType === undefined ? {} : { contentType }),
    });
    const answer = method === 'GET' ? answerGet(path, query) : answerWrite(method, path, body as FakeObject);
    return { status: 200, body: copy(answer), headers: {} };
  }

  async function* stream(path: string, query: Query, signal: AbortSignal): AsyncGenerator<string> {
    await arrive({ method: 'WATCH', path, query, at: clock.now() });
    const from = Number(query['resourceVersion']);
    if (from < oldest && goneHow === 'asStatus') throw apiError(path, 410, { reason: 'Expired' });
    const lines: string[] = ['']; // open
    let wake = () => {};
    let ended: { readonly error: Error | undefined } | undefined;
    const watch: OpenWatch = {
      list: path,
      query,
      stalled: false,
      send: (line) => {
        lines.push(line);
        wake();
      },
      end: (error) => {
        watches.delete(watch); // nothing that comes later may still get through
        ended = { error };
        wake();
      },
    };
    signal.addEventListener('abort', () => watch.end(new Error('aborted')));
    if (from < oldest) {
      lines.push(JSON.stringify({ type: 'ERROR', object: { kind: 'Status', code: 410, reason: 'Expired' } }));
      ended = { error: undefined };
    } else {
      watches.add(watch);
      lines.push(
        ...history
          .filter((entry) => entry.list === path && entry.version > from && selected(entry.object, query))
          .map(eventLine),
      );
    }
    try {
      for (;;) {
        while (lines.length > 0) yield lines.shift()!;
        if (ended?.error) throw ended.error;
        if (ended) return;
        await new Promise<void>((resolve) => (wake = resolve));
      }
    } finally {
      watches.delete(watch);
    }
  }

  const api: FakeApi = {
    seen,
    fault: undefined,
    request,
    stream,
    count: (method, part = '') => seen.filter((entry) => entry.method === method && entry.path.includes(part)).length,
    put: (list, object) => store(list, object).metadata.resourceVersion!,
    remove(list, name) {
      const before = listOf(list).get(name);
      if (!before) return;
      version += 1;
      listOf(list).delete(name);
      change(list, 'DELETED', copy({ ...before, metadata: { ...before.metadata, resourceVersion: String(version) } }));
    },
    get: (list, name) => lists.get(list)?.get(name),
    endWatches: (error) => [...watches].forEach((watch) => watch.end(error)),
    stallWatches: () => [...watches].forEach((watch) => (watch.stalled = true)),
    sendLine: (line) => [...watches].forEach((watch) => watch.send(line)),
    openWatches: () => watches.size,
    compact(how) {
      version += 1;
      oldest = version;
      goneHow = how;
    },
  };
  return api;
}

const eventLine = ({ type, object }: Change) => JSON.stringify({ type, object });

function split(path: string): readonly [string, string] {
  const at = path.lastIndexOf('/');
  return [path.slice(0, at), path.slice(at + 1)];
}
