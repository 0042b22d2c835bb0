// One watch, from its opening to its end. It never rejects: how it ended is its result.
import type { Clock } from '../clock.ts';
import { asError } from './log.ts';
import type { KubeObject, ObjectCache } from './object-cache.ts';
import type { Query, Transport } from './transport.ts';
import { readWatchEvent } from './watch-event.ts';
import type { WatchEvent } from './watch-event.ts';

/** What does not change between the watches of one list. */
export interface WatchSource {
  readonly transport: Transport;
  readonly clock: Clock;
  readonly path: string;
  readonly query: Query;
  readonly random: () => number;
  readonly inactivityMs: number;
}

/** Where a watch begins and who hears of it. */
export interface WatchTask<T extends KubeObject> {
  readonly version: string;
  readonly stop: AbortSignal;
  readonly cache: ObjectCache<T>;
  onOpen(): void;
  /** The server has sent anything at all. */
  onLine(): void;
  /** Everything up to this resource version is in the cache. */
  onVersion(version: string): void;
}

/** How a watch ended. */
export interface WatchEnd {
  /** Absent when the server ended it as it had been asked to, or when it was only silent or old. */
  readonly error?: Error;
  /** It was open, and then nothing came for too long. */
  readonly silent?: boolean;
  /** Changes that it brought. */
  readonly events: number;
}

const MIN_TIMEOUT_S = 300;
/** The server ends a watch by its own timer; one that does not is dead. */
const GRACE_MS = 10_000;

/** Watches once. */
export async function watchOnce<T extends KubeObject>(source: WatchSource, task: WatchTask<T>): Promise<WatchEnd> {
  const { transport, clock, path, query } = source;
  const timeoutSeconds = MIN_TIMEOUT_S + Math.floor(source.random() * MIN_TIMEOUT_S);
  const guard = openGuard(clock, { inactivityMs: source.inactivityMs, deadlineMs: timeoutSeconds * 1000 + GRACE_MS });
  const signal = AbortSignal.any([task.stop, guard.signal]);
  const asked = { ...query, watch: 'true', allowWatchBookmarks: 'true', timeoutSeconds, resourceVersion: task.version };
  const progress: Progress = { open: false, events: 0 };
  const heard = () => {
    guard.alive();
    task.onLine();
    if (!progress.open) task.onOpen();
    progress.open = true;
  };
  try {
    const error = await follow(transport.stream(path, asked, signal), { task, progress, heard, signal });
    return { events: progress.events, ...(error && { error }) };
  } catch (thrown) {
    if (task.stop.aborted) return { events: progress.events };
    if (progress.open && guard.signal.aborted) return { events: progress.events, silent: guard.isSilent() };
    return { error: asError(thrown), events: progress.events };
  } finally {
    guard.close();
  }
}

interface Progress {
  open: boolean;
  events: number;
}

/** Takes line after line. Resolves to the error that the server sent in the stream, or to undefined at its end. */
async function follow<T extends KubeObject>(
  lines: AsyncIterable<string>,
  on: {
    readonly task: WatchTask<T>;
    readonly progress: Progress;
    readonly heard: () => void;
    readonly signal: AbortSignal;
  },
): Promise<Error | undefined> {
  const { task, progress } = on;
  for await (const line of lines) {
    on.heard();
    if (line === '') continue;
    const event = readWatchEvent<T>(line);
    if (event.kind === 'failed') return event.error;
    if (event.kind !== 'bookmark') progress.events += 1;
    task.onVersion(take(event, task.cache) ?? task.version);
    if (on.signal.aborted) break;
  }
  return undefined;
}

/** Brings the event into the cache. Returns the resource version that the cache is at now. */
function take<T extends KubeObject>(
  event: Exclude<WatchEvent<T>, { kind: 'failed' }>,
  cache: ObjectCache<T>,
): string | undefined {
  switch (event.kind) {
    case 'put':
      cache.put(event.object);
      return event.object.metadata.resourceVersion;
    case 'remove':
      cache.remove(event.object);
      return event.object.metadata.resourceVersion;
    case 'bookmark':
      return event.resourceVersion;
  }
}

interface Guard {
  readonly signal: AbortSignal;
  alive(): void;
  isSilent(): boolean;
  close(): void;
}

/** Ends a watch that is silent for too long or older than it may be. One timer looks after the last line, not one per line. */
function openGuard(clock: Clock, limits: { readonly inactivityMs: number; readonly deadlineMs: number }): Guard {
  const controller = new AbortController();
  const { inactivityMs, deadlineMs } = limits;
  let lastLineAt = clock.now();
  const look = () => {
    const leftMs = lastLineAt + inactivityMs - clock.now();
    if (leftMs <= 0) controller.abort(new Error('the watch went silent'));
    else silence = clock.after(leftMs, look);
  };
  let silence = clock.after(inactivityMs, look);
  const deadline = clock.after(deadlineMs, () => controller.abort(new Error('the watch is too old')));
  return {
    signal: controller.signal,
    isSilent: () => clock.now() - lastLineAt >= inactivityMs,
    alive: () => void (lastLineAt = clock.now()),
    close() {
      silence.cancel();
      deadline.cancel();
    },
  };
}
