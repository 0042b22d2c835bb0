// Who looks again at once when a probe or canary ends; everybody else folds it at the next slot.
import type { WorkflowStatus } from '../../lib/api/status.ts';
import type { ProbeEnd } from './target-watch.ts';

/** The target's model stands well in this status. A model that the status does not name yet does not. */
function standsWell(status: WorkflowStatus | undefined, target: string): boolean {
  const models = (status?.models ?? []).filter((model) => model.target === target);
  return models.length > 0 && models.every((model) => model.state === 'Healthy');
}

/** All users if it failed; else those in which the model is Unknown or ill, who may be waiting for just this. */
export function workflowsToWake(
  end: ProbeEnd,
  statusOf: (key: string) => WorkflowStatus | undefined,
): readonly string[] {
  switch (end.outcome.kind) {
    case 'failed':
    case 'noAnswer':
      return end.users();
    case 'answered':
    case 'throttled':
    case 'couldNotAsk':
      return end.users().filter((key) => !standsWell(statusOf(key), end.target));
  }
}
