// The gauges about all workflows together, counted from their statuses before each scrape: cheaper than to keep them.
import { PHASES } from '../lib/api/status.ts';
import type { ModelStatus, WorkflowStatus } from '../lib/api/status.ts';
import type { Metrics } from './telemetry/metrics.ts';

const isUnwell = ({ state }: ModelStatus): boolean => state !== 'Healthy' && state !== 'Unknown';

/** How often each word is there. */
function tally(words: readonly string[]): ReadonlyMap<string, number> {
  const counts = new Map<string, number>();
  for (const word of words) counts.set(word, (counts.get(word) ?? 0) + 1);
  return counts;
}

/** Sets the gauges to what these statuses say; a workflow without one is Pending. */
export function gaugeWorkflows(
  metrics: Pick<Metrics, 'workflows' | 'workflowReasons' | 'unwellModels'>,
  statuses: readonly (WorkflowStatus | undefined)[],
): void {
  const phases = tally(statuses.map((status) => status?.phase ?? 'Pending'));
  for (const phase of PHASES) metrics.workflows.set({ phase }, phases.get(phase) ?? 0);
  const reasons = statuses.flatMap((status) => status?.reason ?? []);
  const unwell = statuses.flatMap((status) => (status?.models ?? []).filter(isUnwell));
  // A reason that nobody has any longer must not stay.
  metrics.workflowReasons.reset();
  for (const [reason, workflows] of tally(reasons)) metrics.workflowReasons.set({ reason }, workflows);
  metrics.unwellModels.reset();
  for (const [reason, models] of tally(unwell.flatMap((model) => model.reason ?? []))) {
    metrics.unwellModels.set({ reason }, models);
  }
}
