// The public API for cdk8s. What is exported here is promised.
export type {
  ConnectableContainer,
  ConnectableEnvironment,
  ConnectableWorkload,
  ConnectOptions,
  EnvironmentValue,
} from './connect.ts';
export { MCPWorkflowCRD } from './crd.ts';
export type { MCPWorkflowCRDProps } from './crd.ts';
export { MCPOperator } from './operator.ts';
export type { MCPOperatorProps } from './operator.ts';
export { MCPWorkflow } from './workflow.ts';
export type { MCPWorkflowManifest, MCPWorkflowProps } from './workflow.ts';
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
export type { KeySecret } from '../manifests/connection.ts';
export type { GatewayReference } from '../manifests/gateway-url.ts';
export type {
  EgressOptions,
  GatewayOptions,
  MonitoringOptions,
  NetworkPolicyOptions,
  OperatorOptions,
  PlatformOptions,
  ProgramOptions,
  ProviderAuthOptions,
  ProviderCanaryOptions,
  ProviderOptions,
  ResourceOptions,
  WorkflowSecretsOptions,
} from '../manifests/platform-options.ts';
