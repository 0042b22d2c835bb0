// The registry, built from the metric table. There is none at module level: `createMetrics()` makes a new one.
import { collectDefaultMetrics, Counter, Gauge, Histogram, Registry } from 'prom-client';
import { METRICS } from './metric-table.ts';
import type { LabelTable, MetricRow, MetricTable } from './metric-table.ts';

type LabelName<Row extends MetricRow> = Extract<keyof Row['labels'], string>;
type Instrument<Row extends MetricRow> = Row['type'] extends 'counter'
  ? Counter<LabelName<Row>>
  : Row['type'] extends 'gauge'
    ? Gauge<LabelName<Row>>
    : Histogram<LabelName<Row>>;

/** One instrument for each row of the metric table, by its key there. */
export type Instruments = { readonly [Key in keyof MetricTable]: Instrument<MetricTable[Key]> };

/** The metrics of one process. */
export interface Metrics extends Instruments {
  /** Runs `task` before each scrape, for gauges that are cheaper to compute than to keep. */
  beforeScrape(task: () => void): void;
  /** All metrics in the Prometheus text format. */
  text(): Promise<string>;
  /** The Content-Type of `text()`. */
  readonly contentType: string;
}

/** Every combination of the labels' values; empty when a label's values are only known at run time. */
function combinations(labels: LabelTable): readonly Readonly<Record<string, string>>[] {
  let rows: readonly Readonly<Record<string, string>>[] = [{}];
  for (const [name, values] of Object.entries(labels)) {
    if (values === null) return [];
    rows = rows.flatMap((row) => values.map((value) => ({ ...row, [name]: value })));
  }
  return rows;
}

function createInstrument(row: MetricRow, registry: Registry): Counter | Gauge | Histogram {
  const settings = { name: row.name, help: row.help, labelNames: Object.keys(row.labels), registers: [registry] };
  switch (row.type) {
    case 'counter': {
      const counter = new Counter(settings);
      // A series that appears with its first failure has no increase to alert on.
      for (const labels of combinations(row.labels)) counter.inc(labels, 0);
      return counter;
    }
    case 'gauge': {
      const gauge = new Gauge(settings);
      for (const labels of combinations(row.labels)) gauge.set(labels, 0);
      return gauge;
    }
    case 'histogram':
      return new Histogram({ ...settings, buckets: [...(row.buckets ?? [])] });
  }
}

/** A new registry with every metric of the table, all closed label sets at zero. */
export function createMetrics(options: { readonly process?: boolean } = {}): Metrics {
  const registry = new Registry();
  const beforeScrape: (() => void)[] = [];
  const instruments: Record<string, unknown> = {};
  for (const [key, row] of Object.entries(METRICS)) instruments[key] = createInstrument(row, registry);
  if (options.process === true) collectDefaultMetrics({ register: registry });
  return {
    // The keys are those of the table and createInstrument follows each row's type, which the mapped type cannot see.
    ...(instruments as unknown as Instruments),
    beforeScrape: (task) => void beforeScrape.push(task),
    text: () => {
      for (const task of beforeScrape) task();
      return registry.metrics();
    },
    contentType: registry.contentType,
  };
}
