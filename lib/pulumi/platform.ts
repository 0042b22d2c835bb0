// The common case as one component: the CRD, operator and gateway, and some workflows.
import type * as k8s from '@pulumi/kubernetes';
import * as pulumi from '@pulumi/pulumi';
import { unknownField } from '../api/unknown-fields.ts';
import { InvalidArgsError } from './args-error.ts';
import { MCPWorkflowCRD } from './crd.ts';
import { isOpaque } from './opaque.ts';
import { MCPOperator } from './operator.ts';
import type { MCPOperatorArgs } from './operator-args.ts';
import { MCPWorkflow } from './workflow.ts';
import type { MCPWorkflowArgs } from './workflow-args.ts';

type ObjectMeta = k8s.types.input.meta.v1.ObjectMeta;

const TYPE = 'mcpworkflow:index:MCPPlatform';

/** The CRD, operator and gateway, and some workflows. */
export interface MCPPlatformArgs<Name extends string = string> {
  /** Also make the CRD: once for a cluster. Destroying it deletes every workflow of the cluster. @default true */
  readonly crd?: boolean;
  /** Operator and gateway. @default all of its defaults */
  readonly operator?: MCPOperatorArgs;
  /**
   * Workflows by the name of the object, unless its metadata say another one. They are served by this gateway.
   * @default none
   */
  readonly workflows?: { readonly [name in Name]: MCPWorkflowArgs };
}

/** The CRD, operator and gateway, and some workflows, each made when the one before it is there. */
export class MCPPlatform<Name extends string = string> extends pulumi.ComponentResource {
  /** Absent if the platform was told not to make it. */
  readonly crd?: MCPWorkflowCRD;
  readonly operator: MCPOperator;
  /** By the names that the arguments have. */
  readonly workflows: { readonly [name in Name]: MCPWorkflow };

  constructor(name: string, args: MCPPlatformArgs<Name> = {}, opts?: pulumi.ComponentResourceOptions) {
    refuseStrangers(name, args);
    super(TYPE, name, {}, opts);
    const crd = args.crd === false ? undefined : new MCPWorkflowCRD(`${name}-crd`, {}, { parent: this });
    if (crd) this.crd = crd;
    this.operator = new MCPOperator(name, args.operator, { parent: this, ...(crd && { dependsOn: [crd] }) });
    const workflows = Object.entries<MCPWorkflowArgs>(args.workflows ?? {});
    this.workflows = Object.fromEntries(
      workflows.map(([id, workflow]) => [id, this.workflow(name, id, workflow)]),
    ) as typeof this.workflows;
    this.registerOutputs({ namespace: this.operator.namespace });
  }

  private workflow(platform: string, id: string, args: MCPWorkflowArgs): MCPWorkflow {
    const { operator } = this;
    // It becomes Ready only when somebody looks after it.
    const opts = { parent: this, dependsOn: [operator] };
    return new MCPWorkflow(
      `${platform}-${id}`,
      { gateway: operator.gateway, ...args, metadata: named(id, args.metadata) },
      opts,
    );
  }
}

const ARGS = ['crd', 'operator', 'workflows'];

function refuseStrangers(name: string, args: MCPPlatformArgs): void {
  const strangers = Object.keys(args).filter((field) => !ARGS.includes(field));
  if (strangers.length === 0) return;
  throw new InvalidArgsError(
    `MCPPlatform "${name}"`,
    strangers.map((field) => unknownField([field], ARGS)),
  );
}

function named(name: string, metadata: MCPWorkflowArgs['metadata'] = {}): NonNullable<MCPWorkflowArgs['metadata']> {
  return isOpaque(metadata) ? metadata : { name, ...(metadata as ObjectMeta) };
}
