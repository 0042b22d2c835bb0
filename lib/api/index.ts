// The public API of the schema. What is exported here is promised.
export { catalogSchema } from './catalog.ts';
export type { CanarySettings, Catalog, CatalogProvider } from './catalog.ts';
export { workflowCrd } from './crd.ts';
export type { WorkflowCrd } from './crd.ts';
export { durationMs } from './duration.ts';
export type { Duration } from './duration.ts';
export type { FieldError } from './field-errors.ts';
export { parseCatalog, parseWorkflow } from './parse.ts';
export type { ParsedCatalog, ParsedWorkflow, ParseOptions } from './parse.ts';
export { REASONS } from './reasons.ts';
export type { Reason } from './reasons.ts';
export { modelNames, PROTOCOLS, specSchema } from './spec.ts';
export type {
  ApiKey,
  CheckSpec,
  ModelOverride,
  OwnProvider,
  Protocol,
  WorkflowSpec,
  WorkflowSpecInput,
} from './spec.ts';
export { CONDITION_TYPES, MODEL_STATES, PHASES, RANKS, statusSchema } from './status.ts';
export type {
  Condition,
  ConditionType,
  ModelStateName,
  ModelStatus,
  Phase,
  Rank,
  Transition,
  WorkflowStatus,
} from './status.ts';
export {
  ALLOWED_HOSTS_ANNOTATION,
  API_VERSION,
  FAILBACK_ANNOTATION,
  GROUP,
  keyOf,
  KIND,
  PLURAL,
  VERSION,
} from './workflow.ts';
export type { ObjectMeta, Workflow, WorkflowKey } from './workflow.ts';
