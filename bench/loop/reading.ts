// What a program said of itself between two moments, from its own metrics.

/** One scrape of a `/metrics`. */
export interface Scrape {
  /** Milliseconds, monotonic. */
  readonly at: number;
  /** How long the program took to answer. */
  readonly tookMs: number;
  /** By series name, labels included. */
  readonly series: ReadonlyMap<string, number>;
}

/** How a histogram moved. */
export interface Spread {
  readonly count: number;
  /** By linear interpolation within the bucket. */
  quantile(share: number): number;
  /** The upper bound of the highest bucket that holds anything. */
  readonly below: number;
}

/** What happened between two scrapes. */
export interface Reading {
  readonly seconds: number;
  /** The growth of a counter, summed over its labels. */
  growth(name: string): number;
  /** A gauge at the end. */
  now(name: string): number;
  spread(histogram: string): Spread;
  /** Of one core. */
  readonly cpuShare: number;
  readonly rssMiB: number;
  readonly heapMiB: number;
  /** The longest time that the event loop stood still. */
  readonly longestStallMs: number;
}

/** Scrapes once. Node forgets the longest stall with each scrape, so a reading's stall is that between its two. */
export async function scrape(text: () => Promise<string>): Promise<Scrape> {
  const startedAt = performance.now();
  const lines = (await text()).split('\n');
  const at = performance.now();
  const series = new Map<string, number>();
  for (const line of lines) {
    const space = line.lastIndexOf(' ');
    if (space > 0 && !line.startsWith('#')) series.set(line.slice(0, space), Number(line.slice(space + 1)));
  }
  return { at, tookMs: at - startedAt, series };
}

const nameOf = (series: string) => series.replace(/\{.*$/, '');

function growthOf(before: Scrape, after: Scrape, name: string): number {
  let sum = 0;
  for (const [series, value] of after.series)
    if (nameOf(series) === name) sum += value - (before.series.get(series) ?? 0);
  return sum;
}

function spreadOf(before: Scrape, after: Scrape, name: string): Spread {
  const buckets = [...after.series]
    .filter(([series]) => nameOf(series) === `${name}_bucket`)
    .map(([series, value]) => {
      const bound = /le="([^"]+)"/.exec(series)?.[1] ?? '+Inf';
      const upTo = bound === '+Inf' ? Infinity : Number(bound);
      return { upTo, cumulative: value - (before.series.get(series) ?? 0) };
    })
    .sort((a, b) => a.upTo - b.upTo);
  const count = buckets.at(-1)?.cumulative ?? 0;
  return {
    count,
    below: buckets.find(({ cumulative }) => cumulative === count)?.upTo ?? NaN,
    quantile(share) {
      const rank = share * count;
      const index = buckets.findIndex(({ cumulative }) => cumulative >= rank);
      const lower = buckets[index - 1] ?? { upTo: 0, cumulative: 0 };
      const bucket = buckets[index];
      if (bucket === undefined || bucket.upTo === Infinity) return lower.upTo;
      const within = (rank - lower.cumulative) / (bucket.cumulative - lower.cumulative);
      return lower.upTo + within * (bucket.upTo - lower.upTo);
    },
  };
}

/** Compares two scrapes of one program. */
export function readingOf(before: Scrape, after: Scrape): Reading {
  const seconds = (after.at - before.at) / 1_000;
  const growth = (name: string) => growthOf(before, after, name);
  const now = (name: string) => after.series.get(name) ?? NaN;
  return {
    seconds,
    growth,
    now,
    spread: (histogram) => spreadOf(before, after, histogram),
    cpuShare: growth('process_cpu_seconds_total') / seconds,
    heapMiB: now('nodejs_heap_size_used_bytes') / 2 ** 20,
    rssMiB: now('process_resident_memory_bytes') / 2 ** 20,
    longestStallMs: now('nodejs_eventloop_lag_max_seconds') * 1_000,
  };
}
