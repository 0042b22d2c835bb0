import { describe, expect, it } from '@jest/globals';
import type { ModelStatus, WorkflowStatus } from '../../lib/api/status.ts';
import { createMetrics } from '../../operator/telemetry/metrics.ts';
import { gaugeWorkflows } from '../../operator/workflow-gauges.ts';

const model = (state: string, reason?: string): ModelStatus => ({
  name: 'm',
  state,
  since: '2026-11-28T00:00:00Z',
  ...(reason !== undefined && { reason }),
});

const rerouted: WorkflowStatus = {
  phase: 'Rerouted',
  reason: 'Flapping',
  models: [model('Unhealthy', 'CredentialRejected'), model('Healthy')],
};

async function shown(...looks: readonly (readonly (WorkflowStatus | undefined)[])[]): Promise<string> {
  const metrics = createMetrics();
  for (const statuses of looks) gaugeWorkflows(metrics, statuses);
  return metrics.text();
}

describe('gauges about all workflows', () => {
  it.each([
    ['a workflow counts by its phase', [rerouted], 'mcpworkflow_workflows{phase="Rerouted"} 1'],
    ['and by its reason', [rerouted, rerouted], 'mcpworkflow_workflow_reasons{reason="Flapping"} 2'],
    ['one without a status is Pending', [undefined], 'mcpworkflow_workflows{phase="Pending"} 1'],
    ['an ill model counts by its reason', [rerouted], 'mcpworkflow_unwell_models{reason="CredentialRejected"} 1'],
    [
      'so does one that cannot be called, as often as workflows name it',
      [{ models: [model('NotServing', 'SecretNotFound')] }, { models: [model('NotServing', 'SecretNotFound')] }],
      'mcpworkflow_unwell_models{reason="SecretNotFound"} 2',
    ],
    [
      'one that is on its way back counts still',
      [{ models: [model('Recovering', 'Overloaded')] }],
      'mcpworkflow_unwell_models{reason="Overloaded"} 1',
    ],
  ])('%s', async (_, statuses, line) => {
    expect((await shown(statuses)).split('\n')).toContain(line);
  });

  it('a model that is well, or of which nothing is known, is not unwell', async () => {
    const text = await shown([{ models: [model('Healthy', 'Recovered'), model('Unknown', 'Probing')] }]);
    expect(text).not.toContain('mcpworkflow_unwell_models{');
  });

  it('what is no longer so is no longer shown', async () => {
    const text = await shown([rerouted], [{ phase: 'Healthy', reason: 'AsExpected', models: [model('Healthy')] }]);
    expect(text).toContain('mcpworkflow_workflows{phase="Rerouted"} 0');
    expect(text).not.toContain('Flapping');
    expect(text).not.toContain('CredentialRejected');
  });
});
