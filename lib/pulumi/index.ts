// The public API for Pulumi. What is exported here is promised.
export { InvalidArgsError } from './args-error.ts';
export type { ConnectArgs, EnvVar, KeySecretArgs } from './connect.ts';
export { MCPWorkflowCRD } from './crd.ts';
export type { MCPWorkflowCRDArgs } from './crd.ts';
export { MCPOperator } from './operator.ts';
export type {
  GatewayProgramArgs,
  MCPOperatorArgs,
  MonitoringArgs,
  NetworkEgressArgs,
  NetworkPolicyArgs,
  ProgramArgs,
  ProviderArgs,
  ProviderAuthArgs,
  ProviderCanaryArgs,
  ResourceArgs,
  WorkflowSecretsArgs,
} from './operator-args.ts';
export { MCPPlatform } from './platform.ts';
export type { MCPPlatformArgs } from './platform.ts';
export type { KubernetesResource } from './resource-classes.ts';
export { MCPWorkflow } from './workflow.ts';
export type { MCPWorkflowGetOptions } from './workflow.ts';
export type { GatewayArgs, MCPWorkflowArgs } from './workflow-args.ts';
export type {
  MCPWorkflowStatus,
  MCPWorkflowStatusCondition,
  MCPWorkflowStatusModel,
  MCPWorkflowStatusTransition,
} from '../api/status-types.ts';
export type {
  MCPWorkflowAccessApiKeyArgs,
  MCPWorkflowAccessArgs,
  MCPWorkflowCheckArgs,
  MCPWorkflowDetectionArgs,
  MCPWorkflowDetectionErrorRateArgs,
  MCPWorkflowModelsArgs,
  MCPWorkflowModelsOverrideArgs,
  MCPWorkflowModelsOverrideParametersArgs,
  MCPWorkflowModelsProviderArgs,
  MCPWorkflowModelsProviderAuthArgs,
  MCPWorkflowModelsProviderAuthSecretRefArgs,
  MCPWorkflowProbesArgs,
  MCPWorkflowRecoveryArgs,
  MCPWorkflowSpecArgs,
} from './spec-args.ts';
export type { Protocol } from '../api/protocol.ts';
export type {
  MCPWorkflowAccess,
  MCPWorkflowAccessApiKey,
  MCPWorkflowCheck,
  MCPWorkflowDetection,
  MCPWorkflowDetectionErrorRate,
  MCPWorkflowModels,
  MCPWorkflowModelsOverride,
  MCPWorkflowModelsOverrideParameters,
  MCPWorkflowModelsProvider,
  MCPWorkflowModelsProviderAuth,
  MCPWorkflowModelsProviderAuthSecretRef,
  MCPWorkflowProbes,
  MCPWorkflowRecovery,
  MCPWorkflowSpec,
} from '../api/spec-types.ts';
export type { FieldError } from '../api/field-error.ts';
