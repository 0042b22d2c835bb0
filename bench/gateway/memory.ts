// What a gateway holds after ever more requests: all of the process, what of it is alive, and what V8 keeps for young objects.
// A process of its own for each, because what it was used for before moves the figures.
import { request } from 'undici';
import { putRequests } from './closed-loop.ts';
import { printTable } from './report.ts';
import type { Subject } from './subjects.ts';
import { collectedRssKiB } from './usage.ts';

/** Requests between two looks, and before the first. */
const STEP = 100_000;
const CONNECTIONS = 16;

const mib = (bytes: number) => (bytes / 1024 ** 2).toFixed(1);

/** The value of one metric; NaN when there is none. */
const valueIn = (text: string, metric: string) => {
  const line = text.split('\n').find((each) => each.startsWith(`${metric} `));
  return Number(line?.split(' ')[1]);
};

async function figuresOf({ url, pid }: Subject): Promise<{ rss: number; alive: number; young: number }> {
  const rss = (await collectedRssKiB(pid)) * 1024;
  const { body } = await request(`${new URL(url).origin}/metrics`);
  const text = await body.text();
  return {
    rss,
    alive: valueIn(text, 'nodejs_heap_size_used_bytes'),
    young: valueIn(text, 'nodejs_heap_space_size_total_bytes{space="new"}'),
  };
}

/** Sends so many requests in steps, and prints what was held after each, and the growth since the first. */
export async function reportMemory(subject: Subject, body: string, requests: number): Promise<void> {
  const rows: string[][] = [];
  let failed = 0;
  let firstRss: number | undefined;
  for (let done = STEP; done <= requests; done += STEP) {
    failed += await putRequests(subject, body, STEP, CONNECTIONS);
    const { rss, alive, young } = await figuresOf(subject);
    firstRss ??= rss;
    rows.push([String(done), mib(rss), `${((rss / firstRss - 1) * 100).toFixed(1)} %`, mib(alive), mib(young)]);
  }
  const title = `Memory of ${subject.name} in MiB, after a collection; ${failed} of ${requests} requests failed`;
  printTable(title, [['requests', 'process', 'growth', 'alive', 'for young objects'], ...rows]);
}
