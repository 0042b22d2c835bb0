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
   * The gateway that serves it: `gateway` of an MCPOperator, perhaps by way of an output of another stack.
   * @default that of an operator with default options
   */
  readonly gateway?: pulumi.Input<GatewayArgs>;
  /**
   * Let `pulumi up` go on only when the workflow is Ready: a model is proven to serve. An annotation `pulumi.com/waitFor` or
   * `pulumi.com/skipAwait` of your own wins.
   * @default true
   */
  readonly waitFor?: boolean;
  /**
   * Also make a Role that lets operator and gateway read the Secrets that `spec.models.providers` name, and no other. It is made
   * before the workflow, under the same parent, as `NAME-secrets-role` and `NAME-secrets-role-binding`. Not needed where
   * `workflowSecrets` of the operator lists them. Whoever applies it has to have the right to make Roles and to read these Secrets,
   * as `admin` of a namespace has. Without a Secret in the spec there is none; where an Output stands for the providers, or for
   * what they hold, it is made in any case, and allows nothing if no Secret turns up.
   * @default true
   */
  readonly secretsRole?: boolean;
}

/** The gateway of a cluster, as those see it who call it. */
export interface GatewayArgs {
  /** The namespace of operator and gateway. @default 'mcpworkflow-system' */
  readonly namespace?: pulumi.Input<string>;
  /** Whether it has a certificate (`gateway.tlsSecret`), so that its URLs are https. @default false */
  readonly tls?: pulumi.Input<boolean>;
  /** Whether only workflows with `access.apiKeys` ask for a key (`gateway.insecureNoAuth`). @default false */
  readonly insecureNoAuth?: pulumi.Input<boolean>;
}
