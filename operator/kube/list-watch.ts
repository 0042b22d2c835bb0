// A copy of a list on the API server that is kept up to date for as long as the program runs. It never stops for good and
// never goes quiet: every end of a watch, in whatever form, leads to the next one, and a watch on which nothing arrives is
// taken for dead. It never asks in a hot loop either.
import type { Clock } from '../clock.ts';
import { ApiTerminalError, ApiTransientError, httpStatusOf } from './api-errors.ts';
import { NO_BACKOFF, nextBackoff } from './backoff.ts';
import { isOlder, listAll } from './list-pages.ts';
import type { Freshness } from './list-pages.ts';
import { asError } from './log.ts';
import type { KubeLog } from './log.ts';
import { objectCache } from './object-cache.ts';
import type { KubeObject, OnChange } from './object-cache.ts';
import { pause } from './pause.ts';
import type { Query, Transport } from './transport.ts';
import { watchOnce } from './watch-once.ts';
import type { WatchEnd } from './watch-once.ts';

/** What is listed and watched, and who is told. */
export interface ListWatchOptions<T extends KubeObject> {
  readonly transport: Transport;
  readonly clock: Clock;
  readonly log: KubeLog;
  /** The path of the list, such as `/api/v1/namespaces/default/secrets`. */
  readonly path: string;
  /** Selectors. */
  readonly query?: Query;
  /** Told of each change, the first list included. What it throws is logged. */
  readonly onChange?: OnChange<T>;
  /** Told after each whole list. */
  readonly onListed?: () => void;
  /** Told when a list or a watch failed, before the wait. */
  readonly onFailure?: (error: Error) => void;
  /** A watch on which nothing arrives for so long is given up. @default 90 s */
  readonly inactivityMs?: number;
  /** Between 0 and 1. @default Math.random */
  readonly random?: () => number;
}

/** A live copy of a list. */
export interface ListWatch<T extends KubeObject> {
  get(key: string): T | undefined;
  keys(): readonly string[];
  list(): readonly T[];
  /** Resolves after the first whole list. */
  readonly synced: Promise<void>;
  isSynced(): boolean;
  /** When the API server last sent anything; undefined before it ever did. */
  lastEventAt(): number | undefined;
  /** How long the copy may have been out of date: 0 while a watch is open. */
  staleSinceMs(): number;
  stop(): void;
}

const DEFAULT_INACTIVITY_MS = 90_000;
const MAX_RETRY_AFTER_MS = 120_000;
/** A watch that ends sooner counts as failed unless it brought something. */
const VERY_SHORT_MS = 1_000;
/** A watch that was open for so long has proved the server well: what failed before it makes nobody wait any longer. */
const PROVEN_MS = 10_000;
/** After so many failed watches in a row from one version, that version is no longer trusted. */
const RELIST_AFTER_FAILURES = 5;
/** A list is asked for again after so many silent watches in a row: what is broken may be the server's side of the watch. */
const RELIST_AFTER_SILENCES = 4;

/** Starts to list and watch at once. */
export function listWatch<T extends KubeObject>(options: ListWatchOptions<T>): ListWatch<T> {
  const { transport, clock, log, path, query = {}, onFailure } = options;
  const random = options.random ?? Math.random;
  const cache = objectCache<T>((key, object) => options.onChange?.(key, object), log);
  const stopping = new AbortController();
  const sync = Promise.withResolvers<void>();
  const startedAt = clock.now();
  const state = {
    synced: false,
    open: false,
    lastEventAt: undefined as number | undefined,
    version: undefined as string | undefined,
  };
  let mustList = true;
  let freshness: Freshness = { kind: 'any' };
  let backoff = NO_BACKOFF;
  let watchFailures = 0;
  let silences = 0;

  const heard = () => void (state.lastEventAt = clock.now());

  async function relist(): Promise<void> {
    const listed = await listAll<T>({ transport, path, query, signal: stopping.signal }, freshness);
    if (stopping.signal.aborted) return;
    if (freshness.kind === 'notOlderThan' && isOlder(listed.resourceVersion, freshness.version)) {
      freshness = { kind: 'newest' };
      throw new Error('the API server sent a list from the past');
    }
    heard();
    state.version = listed.resourceVersion;
    mustList = false;
    watchFailures = 0;
    cache.replaceAll(listed.objects);
    state.synced = true;
    callSafely(options.onListed, log);
    sync.resolve();
  }

  /** Resolves to the wait before the next round. */
  async function watchNext(version: string): Promise<number> {
    const openedAt = clock.now();
    const end = await watchOnce<T>(
      { transport, clock, path, query, random, inactivityMs: options.inactivityMs ?? DEFAULT_INACTIVITY_MS },
      {
        version,
        stop: stopping.signal,
        cache,
        onOpen: () => void (state.open = true),
        onLine: heard,
        onVersion: (latest) => void (state.version = latest),
      },
    );
    const livedMs = clock.now() - openedAt;
    if (state.open && livedMs >= PROVEN_MS) backoff = NO_BACKOFF;
    state.open = false;
    return afterWatch(end, livedMs);
  }

  function afterWatch(end: WatchEnd, livedMs: number): number {
    if (end.events > 0) watchFailures = 0;
    silences = end.silent ? silences + 1 : 0;
    if (end.error === undefined) {
      if (silences >= RELIST_AFTER_SILENCES) distrust();
      if (livedMs >= VERY_SHORT_MS) return 0;
      if (end.events > 0) return VERY_SHORT_MS;
    }
    watchFailures += 1;
    return afterFailure(end.error ?? new Error('the watch ended at once and brought nothing'));
  }

  function afterFailure(error: Error): number {
    if (stopping.signal.aborted) return 0;
    judge(error);
    try {
      onFailure?.(error);
    } catch (thrown) {
      log.error('a handler of a watch threw', { path, error: asError(thrown) });
    }
    const next = nextBackoff(backoff, clock.now(), random());
    backoff = next.backoff;
    const asked = error instanceof ApiTransientError ? error.retryAfterMs : undefined;
    const delayMs =
      asked === undefined ? next.delayMs : Math.min(MAX_RETRY_AFTER_MS, asked + Math.round(random() * 500));
    log.warn('a list or watch failed and will be tried again', {
      path,
      delayMs,
      relist: mustList,
      cause: error.message,
    });
    return delayMs;
  }

  /** Decides what the next round begins with. */
  function judge(error: Error): void {
    const status = httpStatusOf(error);
    const tooLarge = error instanceof ApiTransientError && error.reason === 'ResourceVersionTooLarge';
    if (status === 410 || tooLarge) {
      mustList = true;
      freshness = { kind: 'newest' };
    } else if (!mustList && (error instanceof ApiTerminalError || watchFailures >= RELIST_AFTER_FAILURES)) {
      distrust();
    }
  }

  function distrust(): void {
    mustList = true;
    silences = 0;
    freshness = state.version === undefined ? { kind: 'newest' } : { kind: 'notOlderThan', version: state.version };
  }

  async function round(): Promise<number> {
    try {
      if (mustList) await relist();
      if (stopping.signal.aborted || state.version === undefined) return 0;
      return await watchNext(state.version);
    } catch (thrown) {
      return afterFailure(asError(thrown));
    }
  }

  async function run(): Promise<void> {
    while (!stopping.signal.aborted) {
      const delayMs = await round();
      if (delayMs > 0) await pause(delayMs, clock, stopping.signal);
    }
  }
  void run();

  return {
    get: (key) => cache.get(key),
    keys: () => cache.keys(),
    list: () => cache.list(),
    synced: sync.promise,
    isSynced: () => state.synced,
    lastEventAt: () => state.lastEventAt,
    staleSinceMs: () => (state.open ? 0 : clock.now() - (state.lastEventAt ?? startedAt)),
    stop: () => stopping.abort(),
  };
}

function callSafely(callback: (() => void) | undefined, log: KubeLog): void {
  try {
    callback?.();
  } catch (thrown) {
    log.error('a handler of a watch threw', { error: asError(thrown) });
  }
}
