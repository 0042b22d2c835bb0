// The figures as tables, each subject beside the bare proxy.
import type { LoadFigures } from './closed-loop.ts';
import type { StreamFigures } from './streams.ts';

type Row = readonly string[];

/** A figure, or that there is none. */
const figure = (value: number, digits: number): string => (Number.isFinite(value) ? value.toFixed(digits) : '–');
const ratio = (value: number, base: number): string =>
  Number.isFinite(value / base) ? (value / base).toFixed(2) : '–';

/** Prints rows under a title; the first row is the head. */
export function printTable(title: string, rows: readonly Row[]): void {
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  const line = (row: Row) =>
    row.map((cell, i) => (i === 0 ? cell.padEnd(widths[i] ?? 0) : cell.padStart(widths[i] ?? 0))).join('  ');
  console.log(`\n${title}`);
  for (const row of rows) console.log(line(row));
}

/** Requests per second and what each costs; ratios to `base`. */
export function loadRows(figures: ReadonlyMap<string, LoadFigures>, base: string): readonly Row[] {
  const beside = figures.get(base);
  const rows = [...figures].map(([name, { perSecond, p50Ms, p99Ms, cpuMicros, failed }]) => [
    name,
    figure(perSecond, 0),
    ratio(perSecond, beside?.perSecond ?? NaN),
    figure(p50Ms, 1),
    figure(p99Ms, 1),
    figure(cpuMicros, 0),
    ratio(cpuMicros, beside?.cpuMicros ?? NaN),
    String(failed),
  ]);
  return [['', 'req/s', 'ratio', 'p50 ms', 'p99 ms', 'CPU µs/req', 'ratio', 'failed'], ...rows];
}

/** What streams hold and cost; ratios to `base`. */
export function streamRows(figures: ReadonlyMap<string, StreamFigures>, base: string): readonly Row[] {
  const beside = figures.get(base);
  const rows = [...figures].map(([name, each]) => [
    name,
    figure(each.eventsPerSecond, 0),
    figure(each.cpuMicrosPerEvent, 1),
    ratio(each.cpuMicrosPerEvent, beside?.cpuMicrosPerEvent ?? NaN),
    figure(each.kibPerIdleStream, 1),
    ratio(each.kibPerIdleStream, beside?.kibPerIdleStream ?? NaN),
    String(each.broken),
  ]);
  return [['', 'events/s', 'CPU µs/event', 'ratio', 'KiB per idle stream', 'ratio', 'broken'], ...rows];
}
