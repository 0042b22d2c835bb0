// The names that traces are written in, all of them: those of OpenTelemetry's conventions for HTTP and for generative AI, and
// our own. The latter conventions are still in development and their npm package deprecates what it exports, so the strings are
// here: https://github.com/open-telemetry/semantic-conventions-genai

/** Attributes that the conventions define. */
export const STANDARD = {
  errorType: 'error.type',
  method: 'http.request.method',
  httpRoute: 'http.route',
  status: 'http.response.status_code',
  serverAddress: 'server.address',
  serverPort: 'server.port',
  operation: 'gen_ai.operation.name',
  provider: 'gen_ai.provider.name',
  requestModel: 'gen_ai.request.model',
  stream: 'gen_ai.request.stream',
} as const;

/** Attributes of our own. Their values are names out of specs and catalogs, and words that this program chose. */
export const OWN = {
  namespace: 'mcpworkflow.namespace',
  workflow: 'mcpworkflow.workflow',
  requestId: 'mcpworkflow.request_id',
  outcome: 'mcpworkflow.outcome',
  /** The code of an error that was ours, before a model was asked. */
  refusal: 'mcpworkflow.refusal',
  attempts: 'mcpworkflow.attempts',
  attempt: 'mcpworkflow.attempt',
  /** By its name in the spec. */
  model: 'mcpworkflow.model',
  /** By its name in the catalog or in the spec. */
  provider: 'mcpworkflow.provider',
  /** Of a request why its primary did not serve it, as `x-mcpworkflow-reason` says; of an attempt why it failed. */
  reason: 'mcpworkflow.reason',
  failedChecks: 'mcpworkflow.failed_checks',
} as const;

/** What happens within a span. */
export const EVENTS = {
  /** The first content of a stream went to the caller. */
  commit: 'mcpworkflow.commit',
  /** A committed stream died, and its caller was told. */
  told: 'mcpworkflow.told',
  /** A model was not asked, because it had failed too often. */
  skipped: 'mcpworkflow.skipped',
} as const;

/** What is asked of a model. The conventions have no words for the last two. */
export type Operation = 'chat' | 'count_tokens' | 'list_models';

/** `error.type` of what nobody waited for any more. */
export const CANCELLED = 'cancelled';
/** `error.type` of a bug of ours. */
export const INTERNAL = 'internal';
