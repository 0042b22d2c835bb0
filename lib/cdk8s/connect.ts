// How a workload gets to call a workflow. Workloads are known by their structure, so that those of every version of cdk8s-plus
// fit, and none of them is needed to use this package.
import { ApiObject } from 'cdk8s';
import type { Construct, IConstruct } from 'constructs';
import { callerPolicy, callPolicy, connectionVariables } from '../manifests/connection.ts';
import type { Connection, EnvironmentVariable, KeySecret } from '../manifests/connection.ts';
import type { Protocol } from '../api/protocol.ts';
import { gatewayNamespace } from '../manifests/gateway-url.ts';

/** A variable of a container: an `EnvValue` of cdk8s-plus is one. */
export interface EnvironmentValue {
  readonly value?: unknown;
  readonly valueFrom?: unknown;
}

/** The variables of a container: an `Env` of cdk8s-plus is one. */
export interface ConnectableEnvironment {
  readonly variables: { readonly [name: string]: EnvironmentValue };
  addVariable(name: string, value: EnvironmentValue): void;
}

/** A container: that of cdk8s-plus is one. */
export interface ConnectableContainer {
  readonly name: string;
  readonly env: ConnectableEnvironment;
}

/** Something with containers: a Deployment, StatefulSet, DaemonSet, Job, CronJob or Pod of cdk8s-plus is one. */
export interface ConnectableWorkload extends IConstruct {
  readonly containers: readonly ConnectableContainer[];
  readonly metadata?: { readonly namespace?: string | undefined };
  readonly podMetadata?: { getLabel(name: string): string | undefined };
}

/** How a workload calls a workflow. */
export interface ConnectOptions {
  /**
   * The name of the container that calls.
   * @default the workload's only one
   */
  readonly container?: string;
  /**
   * The Secret, in the workload's namespace, with the key that is shown to the gateway; `access.apiKeys` of the workflow has
   * its hash. `mcpworkflow key` makes both.
   * @default none, which will do only where the gateway asks nobody
   */
  readonly keySecret?: KeySecret;
  /**
   * Which SDKs are told.
   * @default both
   */
  readonly dialects?: readonly Protocol[];
  /**
   * Also make a NetworkPolicy that lets the workload's pods resolve names and call the gateway. They may then call nobody
   * else whom no other policy allows.
   * @default false
   */
  readonly egressPolicy?: boolean;
  /**
   * Also make a NetworkPolicy in the gateway's namespace that lets the workload's pods in. Needed only where
   * `networkPolicy.callers` of the platform leaves them out.
   * @default false
   */
  readonly callerPolicy?: boolean;
  /**
   * Labels by which the policies find the workload's pods.
   * @default the label that cdk8s-plus puts on the pods of each workload
   */
  readonly podLabels?: { readonly [name: string]: string };
}

/** Both ends of a call. */
export interface Ends extends Pick<Connection, 'gateway' | 'workflow'> {
  readonly workload: ConnectableWorkload;
}

/** The label by which cdk8s-plus finds the pods of a workload. */
const ADDRESS_LABEL = 'cdk8s.io/metadata.addr';

/**
 * Puts the variables into the container, and makes the policies that are asked for. Returns a check that says at synth which
 * variables another hand has set otherwise. Throws an Error, with the path of the workload, where it cannot be done at all.
 */
export function connectWorkload(ends: Ends, options: ConnectOptions): () => readonly string[] {
  const { workload, workflow } = ends;
  const problem = (text: string) => new Error(`[${workload.node.path}] ${text}`);
  if (workflow.namespace === undefined && workload.metadata?.namespace !== undefined)
    throw problem(
      `runs in the namespace ${workload.metadata.namespace}, and that of the workflow ${workflow.name} is not known: give the workflow a metadata.namespace, or its chart a namespace`,
    );
  const container = chosenContainer(workload.containers, options.container, problem);
  if (options.egressPolicy === true || options.callerPolicy === true) addPolicies(ends, options, problem);
  const { keySecret, dialects } = options;
  const variables = connectionVariables({ ...ends, ...(keySecret && { keySecret }), ...(dialects && { dialects }) });
  for (const { name, ...value } of variables) {
    if (container.env.variables[name] === undefined) container.env.addVariable(name, value);
  }
  return () => variables.flatMap((variable) => overridden(variable, container));
}

type Problem = (text: string) => Error;

function chosenContainer(
  containers: readonly ConnectableContainer[],
  name: string | undefined,
  problem: Problem,
): ConnectableContainer {
  const found = name === undefined ? containers : containers.filter((each) => each.name === name);
  const [container, ...others] = found;
  if (container !== undefined && others.length === 0) return container;
  const names = containers.map((each) => each.name).join(', ');
  if (containers.length === 0) throw problem('has no container to connect: add it before the call of connect');
  if (name === undefined) throw problem(`has several containers: say which one calls by container, one of ${names}`);
  throw problem(`has no container ${name}: container must be one of ${names}`);
}

/** What is there already stays, and is an error unless it is the same; what is set later is met by the check. */
function overridden({ name, ...ours }: EnvironmentVariable, container: ConnectableContainer): readonly string[] {
  const there = container.env.variables[name];
  const same =
    canonical(there?.value) === canonical(ours.value) && canonical(there?.valueFrom) === canonical(ours.valueFrom);
  if (same) return [];
  return [
    `container ${container.name} sets ${name} otherwise: remove it there, or leave its SDK out by the dialects of connect`,
  ];
}

/** JSON with sorted keys, without what is undefined. */
function canonical(value: unknown): string | undefined {
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  const sorted = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));
  return JSON.stringify(
    sorted.map(([key, member]) => [key, canonical(member)]).filter(([, text]) => text !== undefined),
  );
}

function addPolicies({ gateway, workflow, workload }: Ends, options: ConnectOptions, problem: Problem): void {
  const labels = options.podLabels ?? addressOf(workload);
  if (labels === undefined || Object.keys(labels).length === 0)
    throw problem('has no label by which a policy could find its pods: say podLabels');
  const namespace = workload.metadata?.namespace;
  const scope = workload as IConstruct as Construct;
  if (options.egressPolicy === true) {
    new ApiObject(scope, `call-${workflow.name}`, {
      ...callPolicy({ labels }, gateway),
      ...(namespace !== undefined && { metadata: { namespace } }),
    });
  }
  if (options.callerPolicy === true) {
    if (namespace === undefined)
      throw problem('has no namespace that a policy of the gateway could let in: give it or its chart one');
    new ApiObject(scope, `let-in-to-${workflow.name}`, {
      ...callerPolicy({ labels, namespace }),
      metadata: { namespace: gatewayNamespace(gateway) },
    });
  }
}

function addressOf({ podMetadata }: ConnectableWorkload): Readonly<Record<string, string>> | undefined {
  const address = podMetadata?.getLabel(ADDRESS_LABEL);
  return address === undefined ? undefined : { [ADDRESS_LABEL]: address };
}
