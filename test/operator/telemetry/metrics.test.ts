import { describe, expect, it } from '@jest/globals';
import { GENAI_BUCKETS, METRICS } from '../../../operator/telemetry/metric-table.ts';
import type { MetricRow } from '../../../operator/telemetry/metric-table.ts';
import { metricsMarkdown } from '../../../operator/telemetry/metrics-doc.ts';
import { createMetrics } from '../../../operator/telemetry/metrics.ts';

const rows: readonly MetricRow[] = Object.values(METRICS);

describe('the metric table', () => {
  it('has unique names with our prefix, counters end in _total and times in _seconds', () => {
    expect(new Set(rows.map((row) => row.name)).size).toBe(rows.length);
    for (const row of rows) {
      expect(row.name).toMatch(/^mcpworkflow_[a-z_]+$/);
      expect(row.name.endsWith('_total')).toBe(row.type === 'counter');
      if (row.type === 'histogram') expect(row.name).toMatch(/_seconds$/);
      expect(Object.keys(row.labels)).not.toContain('workflow');
      expect(Object.keys(row.labels)).not.toContain('namespace');
    }
  });

  it('doubles the GenAI buckets from 0.01 to 81.92', () => {
    expect(GENAI_BUCKETS[0]).toBe(0.01);
    expect(GENAI_BUCKETS.at(-1)).toBe(81.92);
    GENAI_BUCKETS.slice(1).forEach((bound, index) => expect(bound / (GENAI_BUCKETS[index] ?? 0)).toBeCloseTo(2, 9));
  });
});

describe('metrics', () => {
  it('start with every closed series at zero', async () => {
    const text = await createMetrics().text();
    expect(text).toContain('mcpworkflow_status_writes_total{result="ok"} 0');
    expect(text).toContain(
      'mcpworkflow_gateway_requests_total{dialect="OpenAI",outcome="failed",status_class="5xx"} 0',
    );
    expect(text).not.toContain('mcpworkflow_api_requests_total{');
  });

  it('are counted apart for each call of createMetrics', async () => {
    const one = createMetrics();
    const other = createMetrics();
    one.reconciles.inc({ result: 'ok' });
    expect(await one.text()).toContain('mcpworkflow_reconciles_total{result="ok"} 1');
    expect(await other.text()).toContain('mcpworkflow_reconciles_total{result="ok"} 0');
  });

  it('compute some gauges when they are read', async () => {
    const metrics = createMetrics();
    let ageSeconds = 1;
    metrics.beforeScrape(() => metrics.routeTableAge.set(ageSeconds));
    ageSeconds = 7;
    expect(await metrics.text()).toContain('mcpworkflow_route_table_age_seconds 7');
  });

  it('are all in the generated page', () => {
    const page = metricsMarkdown();
    for (const row of rows) expect(page).toContain(`| \`${row.name}\` | ${row.type} | `);
    expect(page.endsWith('|\n')).toBe(true);
  });
});
