// MCPWorkflow as a Pulumi resource.
import * as k8s from '@pulumi/kubernetes';
import * as pulumi from '@pulumi/pulumi';
import { API_VERSION, KIND } from '../api/index.ts';
import type { Protocol } from '../api/protocol.ts';
import type { MCPWorkflowStatus } from '../api/status-types.ts';
import type { MCPWorkflowSpec } from '../api/spec-types.ts';
import { gatewayUrl } from '../manifests/gateway-url.ts';
import type { WorkflowAddress } from '../manifests/gateway-url.ts';
import { connectEnv } from './connect.ts';
import type { Called, ConnectArgs, EnvVar } from './connect.ts';
import { registerSecretsRole } from './secrets-role.ts';
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
  declare readonly status: pulumi.Output<MCPWorkflowStatus>;

  readonly #called: Called;

  constructor(name: string, args: MCPWorkflowArgs, opts: pulumi.CustomResourceOptions = {}) {
    const existing = opts.id !== undefined || opts.urn !== undefined;
    const metadata = args.waitFor === false ? args.metadata : waitingFor('Ready', args.metadata);
    super(
      name,
      // Only what is named here can be read from the resource later.
      { apiVersion: API_VERSION, kind: KIND, metadata: metadata ?? {}, spec: args.spec, status: undefined },
      existing ? opts : prepared(name, args, opts),
    );
    // The provider fills both in, mocks of a test do not.
    const address = this.metadata.apply((made: Partial<WorkflowAddress>) => ({
      name: made.name ?? name,
      namespace: made.namespace ?? 'default',
    }));
    this.#called = { resource: `${KIND} "${name}"`, address, args: { spec: args.spec, gateway: args.gateway ?? {} } };
  }

  /** The base URL for the official SDK of a dialect, from inside the cluster. What uses it waits until the workflow is Ready. */
  gatewayUrl(dialect: Protocol): pulumi.Output<string> {
    const { address, args } = this.#called;
    return pulumi
      .all([address, args.gateway ?? {}])
      .apply(([workflow, gateway]) => gatewayUrl(gateway, workflow, dialect));
  }

  /**
   * The variables that let an unmodified SDK in a container call this workflow: base URLs and keys. They go into the `env` of
   * the container. Throws an InvalidArgsError when the gateway will ask for a key and none is given.
   */
  connectEnv(options: ConnectArgs = {}): EnvVar[] {
    return connectEnv(this.#called, options);
  }

  /** A workflow that exists already, to read its status or its URLs. */
  static override get(name: string, { gateway, ...opts }: MCPWorkflowGetOptions): MCPWorkflow {
    // What is looked up has no inputs: this spec goes nowhere.
    return new MCPWorkflow(name, { spec: { models: { primary: name } }, ...(gateway && { gateway }) }, opts);
  }
}

/** The options of a workflow that waits for all that has to be before it. Throws an InvalidArgsError if it cannot be made. */
function prepared(
  name: string,
  args: MCPWorkflowArgs,
  opts: pulumi.CustomResourceOptions,
): pulumi.CustomResourceOptions {
  const checked = checkWorkflow(name, args);
  const judged = checked === undefined ? opts : after(checked, opts);
  const access = args.secretsRole === false ? [] : registerSecretsRole(name, args, judged);
  return access.length === 0 ? judged : after([...access], judged);
}

/** The registration waits for the dependencies of a resource: one that fails stops it before the engine is asked. */
function after(
  dependsOn: pulumi.Output<never[]> | pulumi.Resource[],
  opts: pulumi.CustomResourceOptions,
): pulumi.CustomResourceOptions {
  return pulumi.mergeOptions(opts, { dependsOn });
}
