// What a gateway holds after ever more requests: all of the process, what of it is alive, and what V8 keeps for young objects.
// A process of its own for each, because what it was used for before moves the figures.
import { putRequests } from './closed-loop.ts';
import { printTable } from './report.ts';
import type { Subject } from './subjects.ts';
import { collectedMemory } from './usage.ts';

/** Requests between two looks, and before the first. */
const STEP = 100_000;
const CONNECTIONS = 16;

const mib = (bytes: number) => (bytes / 1024 ** 2).toFixed(1);

/** Sends so many requests in steps, and prints what was held after each, and the growth since the first. */
export async function reportMemory(subject: Subject, body: string, requests: number): Promise<void> {
  const rows: string[][] = [];
  let failed = 0;
  let firstRss: number | undefined;
  for (let done = STEP; done <= requests; done += STEP) {
    failed += await putRequests(subject, body, STEP, CONNECTIONS);
    const { rss, alive, young } = await collectedMemory(subject.pid);
    firstRss ??= rss;
    rows.push([String(done), mib(rss), `${((rss / firstRss - 1) * 100).toFixed(1)} %`, mib(alive), mib(young)]);
  }
  const title = `Memory of ${subject.name} in MiB, after a collection; ${failed} of ${requests} requests failed`;
  printTable(title, [['requests', 'process', 'growth', 'alive', 'for young objects'], ...rows]);
}
