// What a person says of a workflow.
import type * as k8s from '@pulumi/kubernetes';
import type * as pulumi from '@pulumi/pulumi';
import type { MCPWorkflowSpecArgs } from './spec-args.ts';

/** A workflow. */
export interface MCPWorkflowArgs {
  /**
   * Kubernetes' metadata. Without a name the object gets the resource's, and a few letters that Pulumi makes up.
   * @default none
   */
  readonly metadata?: pulumi.Input<k8s.types.input.meta.v1.ObjectMeta>;
  /** Which model should serve, who may take over, and how that is judged. */
  readonly spec: pulumi.Input<MCPWorkflowSpecArgs>;
  /**
   * The gateway that serves it, as `gateway` of an MCPOperator tells it.
   * @default that of an operator with default options
   */
  readonly gateway?: GatewayArgs;
  /**
   * Let `pulumi up` go on only when the workflow is Ready: a model is proven to serve. An annotation `pulumi.com/waitFor` or
   * `pulumi.com/skipAwait` of your own wins.
   * @default true
   */
  readonly waitFor?: boolean;
}

/** Where a gateway is. */
export interface GatewayArgs {
  /** @default 'mcpworkflow-system' */
  readonly namespace?: pulumi.Input<string>;
  /** Whether it speaks https. @default false */
  readonly tls?: boolean;
}
