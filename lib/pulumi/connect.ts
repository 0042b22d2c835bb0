// What the container of a workload needs to call a workflow. Only values are computed from what is known later: which
// variables there are, a preview knows.
import type * as k8s from '@pulumi/kubernetes';
import * as pulumi from '@pulumi/pulumi';
import { fieldError } from '../api/field-errors.ts';
import type { Protocol } from '../api/protocol.ts';
import { connectionVariables } from '../manifests/connection.ts';
import type { Connection, KeySecret } from '../manifests/connection.ts';
import type { GatewayReference, WorkflowAddress } from '../manifests/gateway-url.ts';
import { InvalidArgsError } from './args-error.ts';
import { plainPart } from './opaque.ts';
import type { MCPWorkflowArgs } from './workflow-args.ts';

/** A variable of a container. */
export type EnvVar = k8s.types.input.core.v1.EnvVar;

/** How a workload calls a workflow. */
export interface ConnectArgs {
  /** The key that it shows. @default none: only where the gateway asks nobody for one */
  readonly keySecret?: KeySecretArgs;
  /** Which SDKs are told. @default both */
  readonly dialects?: readonly Protocol[];
}

/** A Secret of the workload's namespace. */
export interface KeySecretArgs {
  readonly name: pulumi.Input<string>;
  /** The key in it. @default 'api-key', as `mcpworkflow key` makes it */
  readonly key?: pulumi.Input<string>;
}

/** What is known of a workflow that is called. */
export interface Called {
  /** The name of the resource, for errors. */
  readonly resource: string;
  readonly address: pulumi.Output<WorkflowAddress>;
  readonly args: Pick<MCPWorkflowArgs, 'gateway' | 'spec'>;
}

/** Where the variables' values come from until they are known. */
const SOMEWHERE: Connection = { gateway: {}, workflow: { namespace: 'somewhere', name: 'some' } };

/** The variables for a container, in the order that they need. Throws an InvalidArgsError if a key is missing or too much. */
export function connectEnv({ resource, address, args }: Called, options: ConnectArgs): EnvVar[] {
  const { gateway = {}, spec } = args;
  // The builder passes on the names of Secret and key as it gets them.
  const told = { ...options, keySecret: options.keySecret as KeySecret } as Omit<Connection, 'gateway' | 'workflow'>;
  const check = (known: Called['args']) => refuseKeyProblems(resource, known, options);
  if (plainPart({ gateway, spec }).opaque.length === 0) check({ gateway, spec });
  const values = pulumi.all([address, gateway, spec]).apply(([workflow, knownGateway, knownSpec]) => {
    check({ gateway: knownGateway, spec: knownSpec });
    return connectionVariables({ ...told, gateway: knownGateway, workflow }).map(({ value }) => value ?? '');
  });
  return connectionVariables({ ...told, ...SOMEWHERE }).map(({ name, value, valueFrom }, index) => ({
    name,
    ...(value !== undefined && { value: values.apply((known) => known[index] ?? '') }),
    ...(valueFrom && { valueFrom }),
  }));
}

const MAKE_ONE =
  '`mcpworkflow key NAME | kubectl apply -f -` makes a Secret, and prints its hash for spec.access.apiKeys';

/** `args` are known. */
function refuseKeyProblems(resource: string, args: Called['args'], { keySecret }: ConnectArgs): void {
  const { gateway, spec } = args as {
    readonly gateway: GatewayReference;
    readonly spec: { readonly access?: { readonly apiKeys?: readonly unknown[] } };
  };
  const hasKeys = (spec.access?.apiKeys ?? []).length > 0;
  if (!hasKeys && gateway.insecureNoAuth === true) return;
  const refuse = (message: string) => {
    throw new InvalidArgsError(`A connection to ${resource}`, [fieldError(['keySecret'], `${message}: ${MAKE_ONE}`)]);
  };
  if (keySecret === undefined) refuse('is required, for the gateway will ask for a key');
  else if (!hasKeys) refuse('is a key that the workflow does not know');
}
