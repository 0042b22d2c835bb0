// Requests at a fixed rate, whether or not those before were answered. Each one's time counts from when it was to be sent,
// so a subject that stands still cannot hide it.
import { Pool } from 'undici';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Subject } from './subjects.ts';

/** Times of all answers, in milliseconds. */
export async function timesAtRate(
  { url }: Subject,
  body: string,
  perSecond: number,
  seconds: number,
): Promise<number[]> {
  const { origin, pathname } = new URL(url);
  const pool = new Pool(origin, { connections: 64 });
  const times: number[] = [];
  const ask = async (dueAt: number) => {
    const headers = { 'content-type': 'application/json' };
    const answer = await pool.request({ method: 'POST', path: pathname, headers, body });
    await answer.body.dump();
    if (answer.statusCode !== 200) throw new Error(`expected 200, got ${answer.statusCode}`);
    times.push(performance.now() - dueAt);
  };
  const startedAt = performance.now();
  const all: Promise<void>[] = [];
  for (let sent = 0; sent < perSecond * seconds; sent += 1) {
    const dueAt = startedAt + (sent * 1_000) / perSecond;
    // A timer may come up to a millisecond early.
    for (let waitMs = dueAt - performance.now(); waitMs > 0; waitMs = dueAt - performance.now()) await sleep(waitMs);
    all.push(ask(dueAt));
  }
  await Promise.all(all);
  await pool.close();
  return times;
}
