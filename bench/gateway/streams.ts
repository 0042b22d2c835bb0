// Many streams at once: what an idle one holds, and what an event costs.
import { Agent } from 'undici';
import type { Dispatcher } from 'undici';
import { setTimeout as sleep } from 'node:timers/promises';
import { median } from './quantile.ts';
import type { StreamCommand } from './sse-upstream.ts';
import type { Subject, Upstream } from './subjects.ts';
import { collectedMemory, cpuSeconds } from './usage.ts';

const GAP_MS = 250;
const OPENING_LIMIT_MS = 20_000;

/** What one subject made of the streams. */
export interface StreamFigures {
  /** Without V8's room for young objects: one step of that is more than all streams hold. */
  readonly kibPerIdleStream: number;
  readonly eventsPerSecond: number;
  readonly cpuMicrosPerEvent: number;
  /** Streams that did not end as their provider ended them. */
  readonly broken: number;
}

interface Reading {
  readonly begun: Promise<void>;
  /** Whether the end came with the terminal event. */
  readonly ended: Promise<boolean>;
}

const DELTA = 'event: content_block_delta';

/** Reads one stream, and counts its deltas into `tally`. */
function readStream(dispatcher: Dispatcher, { url }: Subject, body: string, tally: { events: number }): Reading {
  const { origin, pathname } = new URL(url);
  const begun = Promise.withResolvers<void>();
  const ended = Promise.withResolvers<boolean>();
  let last = '';
  const give = (whole: boolean) => {
    begun.resolve();
    ended.resolve(whole);
  };
  const headers = { 'content-type': 'application/json', 'anthropic-version': '2023-06-01' };
  dispatcher.dispatch(
    { origin, path: pathname, method: 'POST', headers, body },
    {
      onRequestStart() {},
      onResponseStart() {},
      onResponseData(_controller, part) {
        last = part.toString('latin1');
        tally.events += last.split(DELTA).length - 1;
        begun.resolve();
      },
      onResponseEnd: () => give(last.includes('event: message_stop')),
      onResponseError: () => give(false),
    },
  );
  return { begun: begun.promise, ended: ended.promise };
}

async function allWithin(begun: readonly Promise<void>[]): Promise<void> {
  const late = new AbortController();
  const limit = sleep(OPENING_LIMIT_MS, undefined, { signal: late.signal }).then(() => {
    throw new Error(`expected every stream to begin within ${OPENING_LIMIT_MS / 1_000} s`);
  });
  await Promise.race([Promise.all(begun), limit]);
  late.abort();
  await limit.catch(() => {});
}

/** What lasts of a process's memory. */
async function lastingBytes({ pid }: Subject): Promise<number> {
  const { rss, young } = await collectedMemory(pid);
  return rss - young;
}

/** Opens the streams, lets them be idle, lets them flow, and ends them. */
export async function measureStreams(
  subject: Subject,
  upstream: Upstream,
  body: string,
  { streams, seconds }: { readonly streams: number; readonly seconds: number },
): Promise<StreamFigures> {
  const dispatcher = new Agent({ headersTimeout: 0, bodyTimeout: 0, connections: streams });
  const tell = (command: StreamCommand) => upstream.tell(command);
  const tally = { events: 0 };
  // What the start of the program leaves behind goes with the second collection.
  await lastingBytes(subject);
  const emptyBytes = await lastingBytes(subject);
  const readings = Array.from({ length: streams }, () => readStream(dispatcher, subject, body, tally));
  await allWithin(readings.map(({ begun }) => begun));
  const idleBytes = await lastingBytes(subject);

  const [eventsBefore, cpuBefore] = [tally.events, cpuSeconds(subject.pid)];
  tell({ kind: 'flow', gapMs: GAP_MS });
  await sleep(seconds * 1_000);
  const events = tally.events - eventsBefore;
  const cpu = cpuSeconds(subject.pid) - cpuBefore;
  tell({ kind: 'end' });
  const whole = await Promise.all(readings.map(({ ended }) => ended));
  await dispatcher.close();
  return {
    kibPerIdleStream: (idleBytes - emptyBytes) / 1024 / streams,
    eventsPerSecond: events / seconds,
    cpuMicrosPerEvent: (cpu / events) * 1e6,
    broken: whole.filter((each) => !each).length,
  };
}

/** The middle of several rounds, figure by figure; broken streams are summed. */
export const middleOfStreams = (rounds: readonly StreamFigures[]): StreamFigures => ({
  kibPerIdleStream: median(rounds.map((round) => round.kibPerIdleStream)),
  eventsPerSecond: median(rounds.map((round) => round.eventsPerSecond)),
  cpuMicrosPerEvent: median(rounds.map((round) => round.cpuMicrosPerEvent)),
  broken: rounds.reduce((sum, { broken }) => sum + broken, 0),
});
