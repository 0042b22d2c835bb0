// docs/metrics.md, generated from the metric table so that it cannot lie.
import { METRICS } from './metric-table.ts';
import type { LabelTable, MetricRow } from './metric-table.ts';

const HEAD = `# Metrics

Generated from \`operator/telemetry/metric-table.ts\` by \`npm run generate\`; do not edit.

\`GET /metrics\` on the operator and on the gateway gives these in the Prometheus text format, beside the process's own
\`process_*\` and \`nodejs_*\`. No label names a workflow: a workflow's health is in its status, and ten thousand series
per metric help nobody. Counters with a closed set of label values start at 0.
`;

function labelText(labels: LabelTable): string {
  const parts = Object.entries(labels).map(([name, values]) =>
    values === null ? `\`${name}\`` : `\`${name}\` (${values.map((value) => `\`${value}\``).join(', ')})`,
  );
  return parts.length === 0 ? '—' : parts.join('; ');
}

/** The content of docs/metrics.md. */
export function metricsMarkdown(): string {
  const rows: readonly MetricRow[] = Object.values(METRICS);
  const lines = rows.map((row) => `| \`${row.name}\` | ${row.type} | ${labelText(row.labels)} | ${row.help} |`);
  return [HEAD, '| metric | type | labels | meaning |', '|---|---|---|---|', ...lines, ''].join('\n');
}
