// MCPWorkflow as a Pulumi resource.
import * as k8s from '@pulumi/kubernetes';
import * as pulumi from '@pulumi/pulumi';
import { API_VERSION, KIND } from '../api/index.ts';
import type { WorkflowStatus } from '../api/index.ts';
import type { MCPWorkflowSpec } from '../api/spec-types.ts';
import { waitingFor } from './wait-for.ts';
import type { MCPWorkflowArgs } from './workflow-args.ts';
import { checkWorkflow } from './workflow-problems.ts';

/** Which workflow `MCPWorkflow.get` looks up. */
export interface MCPWorkflowGetOptions extends pulumi.CustomResourceOptions {
  /** `namespace/name`. */
  readonly id: pulumi.Input<pulumi.ID>;
  /**
   * The gateway that serves it.
   * @default that of an operator with default options
   */
  readonly gateway?: MCPWorkflowArgs['gateway'];
}

/**
 * A workflow: which model should serve, and who may take over. Its type is the one that any other way of writing this object
 * in Pulumi has, so that code can move here without replacing what is deployed.
 *
 * Arguments that are wrong throw an InvalidArgsError in the constructor; those that an Output keeps back fail the preview.
 */
export class MCPWorkflow extends k8s.apiextensions.CustomResource {
  /** What should be, with the defaults of the API once it is deployed. */
  declare readonly spec: pulumi.Output<MCPWorkflowSpec>;
  /** What was so when the deployment ended: which model serves, and why. Unknown to the first preview. */
  declare readonly status: pulumi.Output<WorkflowStatus>;

  constructor(name: string, args: MCPWorkflowArgs, opts: pulumi.CustomResourceOptions = {}) {
    const existing = opts.id !== undefined || opts.urn !== undefined;
    const checked = existing ? undefined : checkWorkflow(name, args);
    const metadata = args.waitFor === false ? args.metadata : waitingFor('Ready', args.metadata);
    super(
      name,
      // Only what is named here can be read from the resource later.
      { apiVersion: API_VERSION, kind: KIND, metadata: metadata ?? {}, spec: args.spec, status: undefined },
      checked === undefined ? opts : after(checked, opts),
    );
  }

  /** A workflow that exists already, to read its status or its URLs. */
  static override get(name: string, { gateway, ...opts }: MCPWorkflowGetOptions): MCPWorkflow {
    // What is looked up has no inputs: this spec goes nowhere.
    return new MCPWorkflow(name, { spec: { models: { primary: name } }, ...(gateway && { gateway }) }, opts);
  }
}

/** The registration waits for the dependencies of a resource: one that fails stops it before the engine is asked. */
function after(checked: pulumi.Output<never[]>, opts: pulumi.CustomResourceOptions): pulumi.CustomResourceOptions {
  return pulumi.mergeOptions(opts, { dependsOn: checked });
}
