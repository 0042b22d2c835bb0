// When somebody should be woken or told, over the metrics of operator and gateway. Each alert has a page of its own in
// docs/runbooks. Only the leader knows the workflows, and one that led before may still show what it knew: so the highest
// value of all replicas counts, per namespace, for there may be a platform in each of two.

/** One alert. */
export interface Alert {
  readonly name: string;
  /** In PromQL. */
  readonly expr: string;
  /** For how long it has to be true, as Prometheus writes durations. */
  readonly holdsFor: string;
  /** `critical`: callers get errors or nobody watches. `warning`: callers are served, and something has to be mended. */
  readonly severity: 'critical' | 'warning';
  /** What is wrong, in one sentence; Prometheus fills in `{{ $value }}`. */
  readonly summary: string;
  /** The page in docs/runbooks, without `.md`. */
  readonly runbook: string;
}

/** Twice the longest interval of a workflow: by then every one of them has been looked at. */
const SILENT_SECONDS = 600;

/** All alerts. */
export const alerts: readonly Alert[] = [
  {
    name: 'MCPWorkflowOperatorSilent',
    expr: [
      `(time() - max by (namespace) (mcpworkflow_operator_last_tick_seconds) > ${SILENT_SECONDS}`,
      '  and sum by (namespace) (max by (namespace, phase) (mcpworkflow_workflows)) > 0)',
      'or max by (namespace) (mcpworkflow_gateway_alone) == 1',
    ].join('\n'),
    holdsFor: '1m',
    severity: 'critical',
    summary: 'No operator looks at workflows: routes stay as they were, and every status may be stale.',
    runbook: 'operator-silent',
  },
  {
    name: 'MCPWorkflowNoRoutableModel',
    expr: 'max by (namespace) (mcpworkflow_workflows{phase="Unavailable"}) > 0',
    holdsFor: '1m',
    severity: 'critical',
    summary: '{{ $value }} workflows have no model that is well.',
    runbook: 'no-routable-model',
  },
  {
    name: 'MCPWorkflowOnFallback',
    expr: 'max by (namespace) (mcpworkflow_workflows{phase="Rerouted"}) > 0',
    holdsFor: '1h',
    severity: 'warning',
    summary: '{{ $value }} workflows are served by a fallback, and for an hour there has always been one.',
    runbook: 'on-fallback',
  },
  {
    name: 'MCPWorkflowFlapping',
    expr: 'max by (namespace) (max_over_time(mcpworkflow_workflow_reasons{reason="Flapping"}[15m])) > 0',
    holdsFor: '0m',
    severity: 'warning',
    summary: 'The primary of {{ $value }} workflows came back and left again too often.',
    runbook: 'flapping',
  },
  {
    name: 'MCPWorkflowCredentialRejected',
    expr: 'max by (namespace) (mcpworkflow_unwell_models{reason="CredentialRejected"}) > 0',
    holdsFor: '1m',
    severity: 'warning',
    summary: 'A provider rejects the key of {{ $value }} models of workflows.',
    runbook: 'credential-rejected',
  },
  {
    name: 'MCPWorkflowCanaryBudgetSpent',
    expr: 'max by (namespace) (mcpworkflow_canary_budget_spent) > 0',
    holdsFor: '10m',
    severity: 'warning',
    summary: '{{ $value }} targets wait for a canary, because those of this hour have been spent.',
    runbook: 'canary-budget-spent',
  },
  {
    name: 'MCPWorkflowToldStreams',
    expr: 'sum by (namespace) (increase(mcpworkflow_gateway_requests_total{outcome="told"}[10m])) > 0',
    holdsFor: '0m',
    severity: 'warning',
    summary: '{{ $value | humanize }} streams of the last ten minutes broke off, and their callers were told.',
    runbook: 'told-streams',
  },
];
