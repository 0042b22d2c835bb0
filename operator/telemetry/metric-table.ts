// Every metric that this project exports: name, type, labels, help. docs/metrics.md is generated from this table.
// No label ever names a workflow: ten thousand series per metric would cost more than the loop itself.

/** Upper bounds in seconds as the OpenTelemetry GenAI conventions give them: 0.01 doubling to 81.92. */
export const GENAI_BUCKETS = [
  0.01, 0.02, 0.04, 0.08, 0.16, 0.32, 0.64, 1.28, 2.56, 5.12, 10.24, 20.48, 40.96, 81.92,
] as const;
const WORK_BUCKETS = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10] as const;

/** Labels by name. A list of values is closed: its series start at zero. `null` is open: a small set known only at run time. */
export type LabelTable = Readonly<Record<string, readonly string[] | null>>;

export interface MetricRow {
  readonly name: string;
  readonly type: 'counter' | 'gauge' | 'histogram';
  readonly help: string;
  readonly labels: LabelTable;
  readonly buckets?: readonly number[];
}

const PROBE_OUTCOMES = ['answered', 'throttled', 'failed', 'noAnswer', 'couldNotAsk'] as const;
const DIALECTS = ['Anthropic', 'OpenAI'] as const;

export const METRICS = {
  reconciles: {
    name: 'mcpworkflow_reconciles_total',
    type: 'counter',
    help: 'Looks at a workflow, by how they ended.',
    labels: { result: ['ok', 'gone', 'transient', 'terminal', 'bug'] },
  },
  reconcileDuration: {
    name: 'mcpworkflow_reconcile_duration_seconds',
    type: 'histogram',
    help: 'How long one look at a workflow takes, status write included.',
    labels: {},
    buckets: WORK_BUCKETS,
  },
  queueDepth: {
    name: 'mcpworkflow_queue_depth',
    type: 'gauge',
    help: 'Workflows by their place in the queue.',
    labels: { state: ['ready', 'processing', 'waiting'] },
  },
  queueLag: {
    name: 'mcpworkflow_queue_lag_seconds',
    type: 'histogram',
    help: 'How late a look started, from when it was due.',
    labels: {},
    buckets: WORK_BUCKETS,
  },
  probes: {
    name: 'mcpworkflow_probes_total',
    type: 'counter',
    help: 'Free probes of targets, by what they saw.',
    labels: { outcome: PROBE_OUTCOMES },
  },
  canaries: {
    name: 'mcpworkflow_canaries_total',
    type: 'counter',
    help: 'Canaries (small paid requests) sent to targets, by what they saw.',
    labels: { outcome: PROBE_OUTCOMES },
  },
  targets: {
    name: 'mcpworkflow_targets',
    type: 'gauge',
    help: 'Targets that are probed.',
    labels: {},
  },
  blind: {
    name: 'mcpworkflow_operator_blind',
    type: 'gauge',
    help: '1 while the operator can reach no provider at all.',
    labels: {},
  },
  counterPulls: {
    name: 'mcpworkflow_counter_pulls_total',
    type: 'counter',
    help: 'Reads of the counters of gateways, by how they ended.',
    labels: { result: ['ok', 'failed'] },
  },
  statusWrites: {
    name: 'mcpworkflow_status_writes_total',
    type: 'counter',
    help: 'Writes of a status, by how they ended. In steady state there are none.',
    labels: { result: ['ok', 'transient', 'terminal', 'bug'] },
  },
  apiRequests: {
    name: 'mcpworkflow_api_requests_total',
    type: 'counter',
    help: 'Requests to the Kubernetes API server, by verb and HTTP status code (or error).',
    labels: { verb: null, code: null },
  },
  events: {
    name: 'mcpworkflow_events_total',
    type: 'counter',
    help: 'Kubernetes Events, by what became of them.',
    labels: { result: ['recorded', 'dropped'] },
  },
  leader: {
    name: 'mcpworkflow_leader',
    type: 'gauge',
    help: '1 while this replica is the leader.',
    labels: {},
  },
  lastTick: {
    name: 'mcpworkflow_operator_last_tick_seconds',
    type: 'gauge',
    help: 'Unix time of the last finished look at any workflow. When it stands still, every status may be stale.',
    labels: {},
  },
  workflows: {
    name: 'mcpworkflow_workflows',
    type: 'gauge',
    help: 'Workflows by phase.',
    labels: { phase: ['Suspended', 'Pending', 'Unavailable', 'Rerouted', 'Degraded', 'Healthy'] },
  },
  workflowReasons: {
    name: 'mcpworkflow_workflow_reasons',
    type: 'gauge',
    help: 'Workflows by the reason in their status.',
    labels: { reason: null },
  },
  unwellModels: {
    name: 'mcpworkflow_unwell_models',
    type: 'gauge',
    help: 'Models that are ill, recovering or cannot be called, by reason; each as often as workflows name it.',
    labels: { reason: null },
  },
  canaryBudgetSpent: {
    name: 'mcpworkflow_canary_budget_spent',
    type: 'gauge',
    help: 'Targets whose next canary has to wait, because those that they may have in an hour have been sent.',
    labels: {},
  },
  routeTableAge: {
    name: 'mcpworkflow_route_table_age_seconds',
    type: 'gauge',
    help: "Seconds since the gateway's source of routes was last known to be current.",
    labels: {},
  },
  routeTableRejected: {
    name: 'mcpworkflow_route_table_rejected_total',
    type: 'counter',
    help: 'Route tables that could not be used; the one before stays.',
    labels: {},
  },
  requests: {
    name: 'mcpworkflow_gateway_requests_total',
    type: 'counter',
    help: 'Requests of workloads, by how they ended for the caller.',
    labels: {
      dialect: DIALECTS,
      outcome: ['served', 'refusal', 'callerFault', 'failed', 'overloaded', 'checkFailed', 'told', 'left'],
      status_class: ['2xx', '3xx', '4xx', '5xx', 'none'],
    },
  },
  requestDuration: {
    name: 'mcpworkflow_gateway_request_duration_seconds',
    type: 'histogram',
    help: 'From the arrival of a request to the end of its answer.',
    labels: { dialect: DIALECTS, streaming: ['true', 'false'] },
    buckets: GENAI_BUCKETS,
  },
  timeToFirstContent: {
    name: 'mcpworkflow_gateway_time_to_first_content_seconds',
    type: 'histogram',
    help: 'From the arrival of a streaming request to its first content event.',
    labels: { dialect: DIALECTS },
    buckets: GENAI_BUCKETS,
  },
  openStreams: {
    name: 'mcpworkflow_gateway_open_streams',
    type: 'gauge',
    help: 'Streams that are open to callers.',
    labels: {},
  },
  heldBytes: {
    name: 'mcpworkflow_gateway_held_bytes',
    type: 'gauge',
    help: 'Bytes of bodies that the gateway holds in memory; of each kind at most 256 MiB.',
    labels: { of: ['requests', 'answers'] },
  },
  refusals: {
    name: 'mcpworkflow_gateway_refusals_total',
    type: 'counter',
    help: 'Requests that the gateway answered with an error of its own before a model was asked, by the code of that error.',
    labels: { code: null },
  },
  attempts: {
    name: 'mcpworkflow_gateway_attempts_total',
    type: 'counter',
    help: 'Attempts on models, by reason: Ok, or one of the reasons of the API.',
    labels: { reason: null },
  },
  failovers: {
    name: 'mcpworkflow_gateway_failovers_total',
    type: 'counter',
    help: 'Requests that another model answered than the one asked first, by why that one did not.',
    labels: { reason: null },
  },
  failedChecks: {
    name: 'mcpworkflow_gateway_failed_checks_total',
    type: 'counter',
    help: 'Answers that failed a check, by the type of the check and what it asks for then.',
    labels: {
      type: ['CallerSchema', 'JSONSchema', 'Regex', 'NotRefused'],
      on_fail: ['NextModel', 'Block', 'Log'],
    },
  },
  retries: {
    name: 'mcpworkflow_gateway_retries_total',
    type: 'counter',
    help: 'Further tries on the same model, and those that the budget forbade.',
    labels: { result: ['tried', 'budgetEmpty'] },
  },
  breakers: {
    name: 'mcpworkflow_gateway_breakers',
    type: 'gauge',
    help: 'Breakers of (workflow, target) pairs that are not closed, by state.',
    labels: { state: ['open', 'halfOpen'] },
  },
  alone: {
    name: 'mcpworkflow_gateway_alone',
    type: 'gauge',
    help: "1 while no operator has been seen for long: ill models are then proved by this gateway's own timers.",
    labels: {},
  },
  toldStreams: {
    name: 'mcpworkflow_gateway_told_streams_total',
    type: 'counter',
    help: 'Streams that died after their first content and were ended with an error the caller sees, by reason.',
    labels: { reason: null },
  },
  truncated: {
    name: 'mcpworkflow_gateway_truncated_total',
    type: 'counter',
    help: 'Answers of providers that ended before they were complete, by whether the caller had already seen content.',
    labels: { committed: ['true', 'false'] },
  },
} as const satisfies Readonly<Record<string, MetricRow>>;

export type MetricTable = typeof METRICS;
