// As many requests as so many connections can have answered, one after the other on each.
import autocannon from 'autocannon';
import { median } from './quantile.ts';
import type { Subject } from './subjects.ts';
import { cpuSeconds } from './usage.ts';

/** What is sent, and how. */
export interface Load {
  readonly body: string;
  readonly connections: number;
  readonly seconds: number;
}

/** What one subject made of a load. */
export interface LoadFigures {
  readonly perSecond: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly cpuMicros: number;
  readonly failed: number;
}

const HEADERS = { 'content-type': 'application/json', 'anthropic-version': '2023-06-01' };

/** Puts a load on a subject. */
export async function putLoad(
  { url, pid, headers }: Subject,
  { body, connections, seconds }: Load,
): Promise<LoadFigures> {
  const before = cpuSeconds(pid);
  const options = {
    url,
    method: 'POST',
    headers: { ...HEADERS, ...headers },
    body,
    connections,
    duration: seconds,
  } as const;
  const result = await autocannon(options);
  const total = result['2xx'] + result.non2xx;
  return {
    perSecond: total / result.duration,
    p50Ms: result.latency.p50,
    p99Ms: result.latency.p99,
    cpuMicros: ((cpuSeconds(pid) - before) / total) * 1e6,
    failed: result.non2xx + result.errors,
  };
}

/** Sends a number of requests as fast as they are answered. */
export async function putRequests(
  { url, headers }: Subject,
  body: string,
  amount: number,
  connections: number,
): Promise<number> {
  const options = { url, method: 'POST', headers: { ...HEADERS, ...headers }, body, connections, amount } as const;
  const result = await autocannon(options);
  return result.non2xx + result.errors;
}

/** The middle of several rounds, figure by figure; failures are summed. */
export function middleOf(rounds: readonly LoadFigures[]): LoadFigures {
  const middle = (of: (round: LoadFigures) => number) => median(rounds.map(of));
  return {
    perSecond: middle((round) => round.perSecond),
    p50Ms: middle((round) => round.p50Ms),
    p99Ms: middle((round) => round.p99Ms),
    cpuMicros: middle((round) => round.cpuMicros),
    failed: rounds.reduce((sum, round) => sum + round.failed, 0),
  };
}
