// Lets operator and gateway read the Secrets that a workflow names: a Role and its binding. They cannot be children of the
// workflow: a child is registered when its parent is there, the workflow is there when it is Ready, and that may take a key
// which nobody may read before the Role is made.
import * as pulumi from '@pulumi/pulumi';
import { gatewayNamespace } from '../manifests/gateway-url.ts';
import type { Manifest } from '../manifests/manifest.ts';
import { namedSecrets } from '../manifests/named-secrets.ts';
import { secretRules } from '../manifests/rbac.ts';
import { secretsRoleName, workflowSecretManifests } from '../manifests/workflow-secrets.ts';
import { isOpaque } from './opaque.ts';
import { register } from './resource-classes.ts';
import type { KubernetesResource } from './resource-classes.ts';
import type { GatewayArgs, MCPWorkflowArgs } from './workflow-args.ts';

type Input<Value> = pulumi.Input<Value | undefined>;

/**
 * Registers the Role and its binding for a workflow that is called `name`, and gives both; none if its spec names no Secret. The
 * names that are known later are a leaf of the Role. `opts` are the workflow's.
 */
export function registerSecretsRole(
  name: string,
  { spec, metadata, gateway }: MCPWorkflowArgs,
  opts: pulumi.CustomResourceOptions,
): readonly KubernetesResource[] {
  const rules = rulesOf(spec);
  if (rules === undefined) return [];
  const namespace = memberOf(metadata, 'namespace');
  // Builders pass every leaf on as they get it. Without a name the provider makes one up, as it does for the workflow.
  const access = (roleName: Input<string>) => ({
    name: roleName as string,
    ...(namespace !== undefined && { namespace: namespace as string }),
    platformNamespace: platformNamespace(gateway) as string,
    rules: rules as ReturnType<typeof secretRules>,
  });
  const registered = (suffix: string, manifest: Manifest) =>
    register(`${name}-${suffix}`, manifest, inherited(opts, suffix));
  const named = workflowSecretManifests(access(apply(memberOf(metadata, 'name'), secretsRoleName)));
  const role = registered('secrets-role', named.role);
  const { binding } = workflowSecretManifests(access(role.metadata.name));
  return [role, registered('secrets-role-binding', binding)];
}

/** Rules of a Role; undefined if there is nothing to allow. */
function rulesOf(spec: unknown): pulumi.Input<ReturnType<typeof secretRules>> | undefined {
  const { names, late } = namedSecrets(spec, isOpaque);
  if (late.length === 0) return names.length === 0 ? undefined : secretRules(names);
  const others = late.map(({ value, namesIn }) =>
    pulumi.output(value as pulumi.Input<object>).apply((known) => [...namesIn(known)]),
  );
  return pulumi.all([pulumi.output([...names]), ...others]).apply((lists) => secretRules(lists.flat()));
}

/** A member of the metadata, which may be an Output as a whole. */
function memberOf(metadata: MCPWorkflowArgs['metadata'], member: 'name' | 'namespace'): Input<string> {
  if (isOpaque(metadata)) return pulumi.output(metadata).apply((known) => known?.[member]);
  return (metadata as Readonly<Record<string, Input<string>>> | undefined)?.[member];
}

/** The function of a value, as soon as there is one. */
function apply<Result>(value: Input<string>, make: (known: string) => Result): Input<Result> {
  if (isOpaque(value)) return pulumi.output(value).apply((known) => (known === undefined ? undefined : make(known)));
  return value === undefined ? undefined : make(value as string);
}

function platformNamespace(gateway: MCPWorkflowArgs['gateway'] = {}): pulumi.Input<string> {
  if (isOpaque(gateway)) return pulumi.output(gateway).apply((known) => gatewayNamespace(known));
  return (gateway as GatewayArgs).namespace ?? gatewayNamespace({});
}

const INHERITED = [
  'parent',
  'provider',
  'dependsOn',
  'protect',
  'retainOnDelete',
  'deletedWith',
  'version',
  'pluginDownloadURL',
] as const;

/** Whose they are, where they go and how safe they are: what is said of the object itself stays with the workflow. */
function inherited(opts: pulumi.CustomResourceOptions, suffix: string): pulumi.CustomResourceOptions {
  const said = INHERITED.filter((option) => opts[option] !== undefined).map((option) => [option, opts[option]]);
  const aliases = aliasesOf(opts.aliases ?? [], suffix);
  return { ...(Object.fromEntries(said) as pulumi.CustomResourceOptions), ...(aliases.length > 0 && { aliases }) };
}

/** A workflow that had another name or parent had them there, too. Of what has been a URN nobody knows whether it was one. */
function aliasesOf(aliases: NonNullable<pulumi.CustomResourceOptions['aliases']>, suffix: string): pulumi.Alias[] {
  const plain = aliases.filter((alias) => typeof alias === 'object' && !isOpaque(alias)) as pulumi.Alias[];
  return plain.map((alias) => {
    const { name, ...rest } = Object.fromEntries(
      Object.entries(alias).filter(([field]) => field !== 'type'),
    ) as pulumi.Alias;
    return name === undefined ? rest : { ...rest, name: pulumi.interpolate`${name}-${suffix}` };
  });
}
