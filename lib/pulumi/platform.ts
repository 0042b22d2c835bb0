// The common case as one component: the CRD, operator and gateway, and some workflows.
import type * as k8s from '@pulumi/kubernetes';
import * as pulumi from '@pulumi/pulumi';
import { MCPWorkflowCRD } from './crd.ts';
import { isOpaque } from './opaque.ts';
import { MCPOperator } from './operator.ts';
import type { MCPOperatorArgs } from './operator-args.ts';
import { MCPWorkflow } from './workflow.ts';
import type { MCPWorkflowArgs } from './workflow-args.ts';

type ObjectMeta = k8s.types.input.meta.v1.ObjectMeta;

const TYPE = 'mcpworkflow:index:MCPPlatform';

/** The CRD, operator and gateway, and some workflows. */
export interface MCPPlatformArgs {
  /** Also make the CRD: once for a cluster. @default true */
  readonly crd?: boolean;
  /** Operator and gateway. @default all of its defaults */
  readonly operator?: MCPOperatorArgs;
  /**
   * Workflows by the name of the object, unless its metadata say another one. They are served by this gateway.
   * @default none
   */
  readonly workflows?: { readonly [name: string]: MCPWorkflowArgs };
}

/** The CRD, operator and gateway, and some workflows, each made when the one before it is there. */
export class MCPPlatform extends pulumi.ComponentResource {
  /** Absent if the platform was told not to make it. */
  readonly crd?: MCPWorkflowCRD;
  readonly operator: MCPOperator;
  readonly workflows: Readonly<Record<string, MCPWorkflow>>;

  constructor(name: string, args: MCPPlatformArgs = {}, opts?: pulumi.ComponentResourceOptions) {
    super(TYPE, name, {}, opts);
    const crd = args.crd === false ? undefined : new MCPWorkflowCRD(`${name}-crd`, {}, { parent: this });
    if (crd) this.crd = crd;
    const after = crd ? { dependsOn: [crd] } : {};
    const operator = new MCPOperator(name, args.operator, { parent: this, ...after });
    this.operator = operator;
    // A workflow becomes Ready only when somebody looks after it.
    const served = { gateway: operator.gateway };
    this.workflows = Object.fromEntries(
      Object.entries(args.workflows ?? {}).map(([id, workflow]) => [
        id,
        new MCPWorkflow(
          `${name}-${id}`,
          { ...served, ...workflow, metadata: named(id, workflow.metadata) },
          { parent: this, dependsOn: [operator] },
        ),
      ]),
    );
    this.registerOutputs({ namespace: operator.namespace });
  }
}

function named(name: string, metadata: MCPWorkflowArgs['metadata'] = {}): NonNullable<MCPWorkflowArgs['metadata']> {
  return isOpaque(metadata) ? metadata : { name, ...(metadata as ObjectMeta) };
}
