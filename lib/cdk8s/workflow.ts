// The MCPWorkflow as a construct. Its props have the API's own field names, so that JSON patches are written as the API is
// documented; what `cdk8s import` generates renames fields, and drops patches of those it does not know.
import { ApiObject, JsonPatch } from 'cdk8s';
import type { ApiObjectMetadata, GroupVersionKind } from 'cdk8s';
import type { Construct } from 'constructs';
import type { Protocol } from '../api/protocol.ts';
import type { WorkflowSpec } from '../api/spec.ts';
import type { MCPWorkflowSpec } from '../api/spec-types.ts';
import { API_VERSION, KIND } from '../api/workflow.ts';
import { gatewayUrl } from '../manifests/gateway-url.ts';
import type { GatewayReference } from '../manifests/gateway-url.ts';
import { connectWorkload } from './connect.ts';
import type { ConnectableWorkload, ConnectOptions } from './connect.ts';
import { specJudge } from './judge-spec.ts';
import type { JudgedSpec } from './judge-spec.ts';
import { leftOut, pointerOf } from './left-out.ts';
import { addSecretsRole } from './secrets-role.ts';

/** What an MCPWorkflow is made of. */
export interface MCPWorkflowManifest {
  /**
   * Name, namespace, labels and annotations.
   * @default a name made of the construct's path, in the chart's namespace
   */
  readonly metadata?: ApiObjectMetadata;
  /** What should be. */
  readonly spec: MCPWorkflowSpec;
}

/** A workflow, and where it is served. */
export interface MCPWorkflowProps extends MCPWorkflowManifest {
  /**
   * The gateway through which it is called: `gateway` of an MCPOperator, or what is known of one that others run.
   * @default that of the namespace 'mcpworkflow-system', by plain HTTP, which asks everybody for a key
   */
  readonly gateway?: GatewayReference;
  /**
   * Also make a Role that lets operator and gateway read the Secrets that `spec.models.providers` name, and no other: the
   * children `secrets-role` and `secrets-role-binding`. Not needed where `workflowSecrets` of the platform lists them. Whoever
   * applies it has to have the right to make Roles and to read these Secrets, as `admin` of a namespace has. Without a Secret in
   * the spec there is none; where a token stands for the providers, or for what they hold, it is made in any case, and allows
   * nothing if no Secret turns up.
   * @default true
   */
  readonly secretsRole?: boolean;
}

/** Says at synth what is wrong with one connection, given the spec that was judged. */
type ConnectionCheck = (spec: WorkflowSpec) => readonly string[];

/**
 * Which model should serve, and who may take over. Synth fails when the spec is wrong, by the schema that the CRD is made from:
 * with the path of the construct, the field and the fix.
 */
export class MCPWorkflow extends ApiObject {
  /** The API version and kind. */
  static readonly GVK: GroupVersionKind = { apiVersion: API_VERSION, kind: KIND };

  /** The object as plain data, for use without a chart. It is not judged. */
  static manifest(props: MCPWorkflowManifest): MCPWorkflowManifest & GroupVersionKind {
    const { metadata, spec } = props;
    return { ...MCPWorkflow.GVK, ...(metadata && { metadata }), spec };
  }

  readonly #gateway: GatewayReference;
  readonly #judge: () => JudgedSpec;
  readonly #connections: ConnectionCheck[] = [];

  /** What is wrong with the spec shows at synth, when tokens are known, not here. */
  constructor(scope: Construct, id: string, props: MCPWorkflowProps) {
    super(scope, id, MCPWorkflow.manifest(props));
    this.#gateway = props.gateway ?? {};
    this.node.defaultChild = this;
    const { nulls } = leftOut(props.spec, ['spec']);
    this.addJsonPatch(...nulls.map((place) => JsonPatch.add(pointerOf(place), null)));
    this.#judge = specJudge(this, props.spec);
    this.node.addValidation({ validate: () => this.#problems() });
    if (props.secretsRole !== false) addSecretsRole(this, props.spec, this.#gateway);
  }

  /**
   * The base URL for the official SDK of a dialect, from inside the cluster. Throws an Error when the namespace is not known
   * at synth.
   */
  gatewayUrl(dialect: Protocol): string {
    const { namespace, name } = this.#address();
    if (namespace === undefined)
      throw new Error(
        `[${this.node.path}] has no namespace to make a URL of: give it a metadata.namespace, or its chart a namespace; connect does without`,
      );
    return gatewayUrl(this.#gateway, { namespace, name }, dialect);
  }

  /**
   * Gives an unmodified SDK in a workload what it needs to call this workflow: base URLs and keys, by the variables that it
   * reads. The namespace of the workflow, where it is not known at synth, is the one that the workload runs in. Throws an Error
   * when the workload has no such container.
   */
  connect(workload: ConnectableWorkload, options: ConnectOptions = {}): void {
    const { path } = workload.node;
    const check = connectWorkload({ gateway: this.#gateway, workflow: this.#address(), workload }, options);
    this.#connections.push((spec) =>
      [...this.#keyProblems(spec, options), ...check()].map((problem) => `connect to ${path}: ${problem}`),
    );
  }

  #address(): { readonly name: string; readonly namespace?: string } {
    const { namespace } = this.metadata;
    return { name: this.name, ...(namespace !== undefined && { namespace }) };
  }

  #problems(): string[] {
    const judged = this.#judge();
    return judged.ok ? this.#connections.flatMap((check) => check(judged.spec)) : [...judged.problems];
  }

  #keyProblems(spec: WorkflowSpec, { keySecret }: ConnectOptions): readonly string[] {
    const known = spec.access.apiKeys.length > 0;
    if (!known && this.#gateway.insecureNoAuth === true) return [];
    const make =
      '`mcpworkflow key NAME | kubectl apply -f -` makes a Secret, and prints its hash for spec.access.apiKeys';
    if (keySecret === undefined) return [`keySecret is required, for the gateway will ask for a key: ${make}`];
    return known ? [] : [`keySecret is a key that the workflow does not know: ${make}`];
  }
}
