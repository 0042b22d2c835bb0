import { describe, expect, it } from '@jest/globals';
import { readdirSync, readFileSync } from 'node:fs';
import { REASONS } from '../../../lib/api/reasons.ts';
import { alerts } from '../../../lib/manifests/alerts.ts';
import { platformManifests } from '../../../lib/manifests/platform.ts';
import { METRICS } from '../../../operator/telemetry/metric-table.ts';
import type { LabelTable, MetricRow } from '../../../operator/telemetry/metric-table.ts';
import { member } from './manifest-members.ts';

const RUNBOOKS = new URL('../../../docs/runbooks/', import.meta.url);

/** The words of an expression that are no metric: functions and operators of PromQL. */
const WORDS = ['time', 'max', 'sum', 'by', 'and', 'or', 'max_over_time', 'increase'];

/** Labels that Prometheus itself adds to what it scrapes. */
const TARGET_LABELS = ['namespace', 'pod'];

const rows: readonly MetricRow[] = Object.values(METRICS);

/** `metric{label="value"}` in an expression. */
const selectorsOf = (expr: string) =>
  [...expr.matchAll(/(mcpworkflow_\w+)(?:\{([^}]*)\})?/g)].map(([, metric = '', matchers = '']) => ({
    metric,
    matchers: [...matchers.matchAll(/(\w+)="([^"]*)"/g)].map(([, label = '', value = '']) => ({ label, value })),
  }));

const labelsOf = (metric: string): LabelTable | undefined => rows.find(({ name }) => name === metric)?.labels;

/** Values that a label may have; where they are known only at run time they are reasons. */
const valuesOf = (labels: LabelTable | undefined, label: string): readonly string[] =>
  labels?.[label] ?? (label === 'reason' ? Object.keys(REASONS) : []);

describe.each(alerts.map((alert) => [alert.name, alert] as const))('%s', (_, alert) => {
  const selectors = selectorsOf(alert.expr);

  it('asks only for metrics that there are', () => {
    expect(selectors.length).toBeGreaterThan(0);
    expect(selectors.filter(({ metric }) => labelsOf(metric) === undefined)).toEqual([]);
  });

  it('asks only for labels and values that these metrics have', () => {
    for (const { metric, matchers } of selectors) {
      for (const { label, value } of matchers) {
        expect(Object.keys(labelsOf(metric) ?? {})).toContain(label);
        expect(valuesOf(labelsOf(metric), label)).toContain(value);
      }
    }
  });

  it('groups by labels that there are', () => {
    const known = [...TARGET_LABELS, ...selectors.flatMap(({ metric }) => Object.keys(labelsOf(metric) ?? {}))];
    const grouped = [...alert.expr.matchAll(/by \(([^)]*)\)/g)].flatMap(([, list = '']) => list.split(/,\s*/));
    expect(grouped.filter((label) => !known.includes(label))).toEqual([]);
    expect(grouped).toContain('namespace');
  });

  it('has no other word, and every bracket is closed', () => {
    const words =
      alert.expr.replaceAll(/\{[^}]*\}|\[\d+[mh]\]|by \([^)]*\)|mcpworkflow_\w+/g, ' ').match(/[a-z_]+/gi) ?? [];
    expect(words.filter((word) => !WORDS.includes(word))).toEqual([]);
    const brackets = [
      ['(', ')'],
      ['{', '}'],
      ['[', ']'],
    ] as const;
    for (const [open, close] of brackets) {
      expect(alert.expr.split(open)).toHaveLength(alert.expr.split(close).length);
    }
  });

  it('has a runbook that is named for it and has commands', () => {
    const page = readFileSync(new URL(`${alert.runbook}.md`, RUNBOOKS), 'utf8');
    expect(page.split('\n')[0]).toBe(`# ${alert.name}`);
    expect(page).toMatch(/## What callers see[^]*## Look[^]*kubectl [^]*## Do/);
  });
});

describe('alerts', () => {
  it('every runbook belongs to one', () => {
    expect(readdirSync(RUNBOOKS).sort()).toEqual(alerts.map(({ runbook }) => `${runbook}.md`).sort());
  });

  it('are in the rule as they are in the table, with a link to the runbook', () => {
    const rule = platformManifests({ monitoring: { prometheusRule: true } })['prometheus-rule'];
    const made = member(rule, 'spec.groups.0.rules') as readonly unknown[];
    expect(made).toHaveLength(alerts.length);
    expect(made[0]).toEqual({
      alert: 'MCPWorkflowOperatorSilent',
      expr: alerts[0]?.expr,
      for: '1m',
      labels: { severity: 'critical' },
      annotations: {
        summary: alerts[0]?.summary,
        runbook_url: expect.stringMatching(/^https:\/\/.*\/docs\/runbooks\/operator-silent\.md$/) as unknown,
      },
    });
  });

  it('runbooks name no metric that there is not', () => {
    const named = alerts.flatMap(({ runbook }) =>
      [...readFileSync(new URL(`${runbook}.md`, RUNBOOKS), 'utf8').matchAll(/mcpworkflow_[a-z_]+[a-z]/g)].map(
        ([name]) => name,
      ),
    );
    expect(named.filter((name) => !rows.some((row) => row.name === name || row.name.startsWith(`${name}_`)))).toEqual(
      [],
    );
  });
});
