// What a request through the gateway costs, beside a bare node:http + undici proxy in the same run. Absolute figures move with
// the machine; the ratios are what counts, and CPU per request is what noise moves least.
// Usage: npm run bench:gateway [-- [SECONDS] [--peers] | --long | --own | --traces]. With --long only memory is measured, up to a
// million requests; with --own only what of a request is this project's alone; with --traces only what traces cost.
import { middleOf, putLoad } from './gateway/closed-loop.ts';
import type { LoadFigures } from './gateway/closed-loop.ts';
import { reportMemory } from './gateway/memory.ts';
import { timesAtRate } from './gateway/open-loop.ts';
import { measureOwnShare } from './gateway/own-share.ts';
import { startPeers } from './gateway/peers.ts';
import { median, quantile } from './gateway/quantile.ts';
import { loadRows, printTable, streamRows } from './gateway/report.ts';
import { measureStreams, middleOfStreams } from './gateway/streams.ts';
import type { StreamFigures } from './gateway/streams.ts';
import { createCast } from './gateway/subjects.ts';
import type { Cast, Subject, Upstream } from './gateway/subjects.ts';
import { parseArgs } from 'node:util';

const { values: flags, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    long: { type: 'boolean', default: false },
    own: { type: 'boolean', default: false },
    peers: { type: 'boolean', default: false },
    traces: { type: 'boolean', default: false },
  },
});
const SECONDS = Number(positionals[0] ?? 4);
if (!(SECONDS > 0)) throw new Error(`SECONDS: expected a number above 0, got ${positionals[0]}`);
const ROUNDS = 5;
/** The more code there is, the longer its compilation goes on; it is no part of what a request costs. */
const WARM_UP_SECONDS = 8;
const CONNECTIONS = 16;
const RATE = 200;
const STREAMS = 500;
/** All that the bound over bodies lets in. */
const IMAGE_STREAMS = 62;
const STREAM_ROUNDS = 3;
const REQUESTS = flags.long ? 1_000_000 : 200_000;

const message = (prompt: string, stream = false) =>
  JSON.stringify({
    model: 'm',
    max_tokens: 64,
    ...(stream && { stream }),
    messages: [{ role: 'user', content: prompt }],
  });
const SMALL = message('x'.repeat(900));
const IMAGE = message('A'.repeat(4 << 20));
const STREAMED = message('x'.repeat(900), true);
const STREAMED_IMAGE = message('A'.repeat(4 << 20), true);

/** Every subject in turn, round by round, so that what disturbs the machine disturbs all alike. */
async function compare(subjects: readonly Subject[]): Promise<Map<string, LoadFigures>> {
  const load = { body: SMALL, connections: CONNECTIONS, seconds: SECONDS };
  const rounds = new Map(subjects.map(({ name }) => [name, [] as LoadFigures[]]));
  for (const subject of subjects) await putLoad(subject, { ...load, seconds: WARM_UP_SECONDS });
  for (let round = 0; round < ROUNDS; round += 1)
    for (const subject of subjects) rounds.get(subject.name)?.push(await putLoad(subject, load));
  return new Map([...rounds].map(([name, figures]) => [name, middleOf(figures)]));
}

async function reportLatency(direct: Subject, subjects: readonly Subject[]): Promise<void> {
  const times = new Map([direct, ...subjects].map(({ name }) => [name, [] as number[]]));
  for (let round = 0; round < ROUNDS; round += 1)
    for (const subject of [direct, ...subjects])
      times.get(subject.name)?.push(...(await timesAtRate(subject, SMALL, RATE, SECONDS)));
  const base = times.get(direct.name) ?? [];
  const rows = [...times].map(([name, all]) => [
    name,
    median(all).toFixed(2),
    (median(all) - median(base)).toFixed(2),
    quantile(all, 0.99).toFixed(2),
  ]);
  printTable(`Fixed ${RATE} requests per second, times from the moment each was due`, [
    ['', 'p50 ms', 'added p50 ms', 'p99 ms'],
    ...rows,
  ]);
}

async function reportImages(subjects: readonly Subject[]): Promise<void> {
  const figures = new Map<string, LoadFigures>();
  for (const subject of subjects) {
    const [small, image] = await Promise.all([
      putLoad(subject, { body: SMALL, connections: CONNECTIONS, seconds: SECONDS }),
      putLoad(subject, { body: IMAGE, connections: 2, seconds: SECONDS }),
    ]);
    // Both share one process, so its CPU time cannot be told apart.
    figures.set(`${subject.name}, 1 KiB`, { ...small, cpuMicros: NaN });
    figures.set(`${subject.name}, 4 MiB`, { ...image, cpuMicros: NaN });
  }
  printTable('4 MiB bodies (2 connections) beside 1 KiB ones (16 connections)', loadRows(figures, 'none'));
}

/** As Node has it, and with the bound on the room for young objects that docs/performance.md tells of. */
async function reportMemories(cast: Cast, upstream: Upstream): Promise<void> {
  for (const flag of [undefined, '--max-semi-space-size=16'])
    await reportMemory(await cast.gateway(upstream, flag === undefined ? {} : { nodeFlag: flag }), SMALL, REQUESTS);
}

/** The middle of several rounds, each with new processes: what an old one once needed is still its own. */
async function reportStreams(cast: Cast, body: string, streams: number, size: string): Promise<void> {
  const upstream = await cast.upstream('sse-upstream.ts');
  const rounds = new Map<string, StreamFigures[]>();
  for (let round = 0; round < STREAM_ROUNDS; round += 1)
    for (const subject of [await cast.bareProxy(upstream, STREAMS), await cast.gateway(upstream)]) {
      const figures = await measureStreams(subject, upstream, body, { streams, seconds: SECONDS });
      rounds.set(subject.name, [...(rounds.get(subject.name) ?? []), figures]);
    }
  const figures = new Map([...rounds].map(([name, each]) => [name, middleOfStreams(each)]));
  printTable(`${streams} streams at once, requests of ${size}`, streamRows(figures, [...figures.keys()][0] ?? ''));
}

const loadTitle = `1 KiB bodies, ${CONNECTIONS} connections, median of ${ROUNDS} rounds of ${SECONDS} s`;

async function reportOwnShare(): Promise<void> {
  const content = [{ type: 'text', text: 'x'.repeat(900) }];
  const answer = { id: 'msg_1', type: 'message', role: 'assistant', model: 'm', content, stop_reason: 'end_turn' };
  const { least, median: middle } = await measureOwnShare(SMALL, JSON.stringify(answer));
  printTable("What of a request is this project's alone, without sockets", [
    ['', 'least µs', 'median µs'],
    ['1 KiB, answered by the primary', least.toFixed(2), middle.toFixed(2)],
  ]);
}

async function reportTraces(cast: Cast, upstream: Upstream): Promise<void> {
  const collector = await cast.upstream('otlp-sink.ts');
  const bare = await cast.bareProxy(upstream);
  const subjects = [bare, await cast.gateway(upstream)];
  for (const share of [0, 0.1, 1]) subjects.push(await cast.gateway(upstream, { traces: { share, collector } }));
  printTable(loadTitle, loadRows(await compare(subjects), bare.name));
}

async function main(cast: Cast): Promise<void> {
  if (flags.own) return reportOwnShare();
  const upstream = await cast.upstream('upstream.ts');
  if (flags.traces) return reportTraces(cast, upstream);
  if (flags.long) return reportMemories(cast, upstream);
  const direct = { name: 'direct', url: `${upstream.origin}/v1/messages`, pid: upstream.pid };
  const [bare, ours] = [await cast.bareProxy(upstream, STREAMS), await cast.gateway(upstream)];
  const peers = await startPeers(cast, upstream, flags.peers);

  const figures = await compare([bare, ours, ...peers.subjects]);
  printTable(loadTitle, loadRows(figures, bare.name));
  for (const line of peers.leftOut) console.log(line);
  await reportLatency(direct, [bare, ours]);
  await reportStreams(cast, STREAMED, STREAMS, '1 KiB');
  await reportStreams(cast, STREAMED_IMAGE, IMAGE_STREAMS, '4 MiB');
  await reportImages([bare, ours]);
  await reportMemories(cast, upstream);
}

const cast = createCast();
try {
  await main(cast);
} finally {
  cast.stop();
}
