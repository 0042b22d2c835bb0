// Operator and gateway as one Pulumi component.
import * as pulumi from '@pulumi/pulumi';
import { catalogText } from '../manifests/catalog-text.ts';
import { checkPlatformOptions } from '../manifests/check-options.ts';
import type { Manifest, Manifests } from '../manifests/manifest.ts';
import { DEFAULT_NAMESPACE } from '../manifests/names.ts';
import { PlatformOptionsError } from '../manifests/options-error.ts';
import type { PlatformOptions } from '../manifests/platform-options.ts';
import { platformManifests } from '../manifests/platform.ts';
import { InvalidArgsError } from './args-error.ts';
import { claimNamespace } from './claims.ts';
import { isOpaque, plainPart } from './opaque.ts';
import type { MCPOperatorArgs, ProviderArgs } from './operator-args.ts';
import { structureProblems } from './plain-structure.ts';
import { register } from './resource-classes.ts';
import type { KubernetesResource } from './resource-classes.ts';
import type { GatewayArgs } from './workflow-args.ts';

const TYPE = 'mcpworkflow:index:MCPOperator';

/**
 * Operator and gateway of one cluster, with all that they need but the CRD. Arguments that are wrong throw an InvalidArgsError in
 * the constructor; what an Output keeps back fails the preview as soon as it is known.
 */
export class MCPOperator extends pulumi.ComponentResource {
  /** Where both run. What is put there by it, such as the Secret with the keys, waits for the namespace. */
  readonly namespace: pulumi.Output<string>;
  /** The gateway, as workflows take it. */
  readonly gateway: GatewayArgs;
  /** Every object by its short name, such as `gateway-deployment`: the same names whatever the arguments are. */
  readonly resources: Readonly<Record<string, KubernetesResource>>;

  constructor(name: string, args: MCPOperatorArgs = {}, opts?: pulumi.ComponentResourceOptions) {
    const manifests = manifestsOf(name, args);
    super(TYPE, name, {}, opts);
    const namespace = args.namespace ?? DEFAULT_NAMESPACE;
    this.gateway = {
      namespace,
      tls: args.gateway?.tlsSecret !== undefined,
      insecureNoAuth: args.gateway?.insecureNoAuth === true,
    };
    this.resources = this.registerAll(name, manifests, this.claim(name, namespace));
    this.namespace = this.resources['namespace']?.metadata.name ?? pulumi.output(namespace);
    this.registerOutputs({ namespace: this.namespace });
  }

  /** A namespace that is known later is claimed then; what is made in it waits for that. */
  private claim(name: string, namespace: pulumi.Input<string>): pulumi.Input<never[]> {
    const provider = this.getProvider('kubernetes:core/v1:Namespace');
    if (!isOpaque(namespace)) {
      claimNamespace(name, namespace as string, provider);
      return [];
    }
    return pulumi.output(namespace).apply((known) => {
      claimNamespace(name, known, provider);
      return [];
    });
  }

  private registerAll(
    name: string,
    manifests: Manifests,
    claimed: pulumi.Input<never[]>,
  ): Readonly<Record<string, KubernetesResource>> {
    const resources: Record<string, KubernetesResource> = {};
    const own = manifests['namespace'];
    for (const [id, manifest] of Object.entries(manifests)) {
      const home = own && isIn(manifest, own) ? resources['namespace'] : undefined;
      // A claim is a list of no resources: the SDK waits for it, which its type does not say of a list in a list.
      const dependsOn = (home ? [claimed, home] : claimed) as pulumi.Resource[];
      resources[id] = register(`${name}-${id}`, manifest, { parent: this, dependsOn });
    }
    return resources;
  }
}

/** Objects of the namespace come after it. */
const isIn = (manifest: Manifest, namespace: Manifest): boolean =>
  manifest.metadata.namespace !== undefined && manifest.metadata.namespace === namespace.metadata.name;

function manifestsOf(name: string, args: MCPOperatorArgs): Manifests {
  const problems = structureProblems(args);
  if (problems.length > 0) throw new InvalidArgsError(`MCPOperator "${name}"`, problems);
  // Builders pass every leaf on as they get it, an Output as well as a text.
  const options = args as PlatformOptions;
  try {
    // Before the catalog is promised: a promise that nobody waits for would fail on its own.
    checkPlatformOptions(options);
    const text = args.providers && isLate(args.providers) ? lateCatalogText(name, args.providers) : undefined;
    return platformManifests(options, text === undefined ? {} : { catalogText: text as unknown as string });
  } catch (error) {
    throw explained(name, error);
  }
}

const isLate = (providers: readonly ProviderArgs[]): boolean => plainPart(providers).opaque.length > 0;

/** The one leaf that is computed from others. */
const lateCatalogText = (name: string, providers: readonly ProviderArgs[]): pulumi.Output<string> =>
  pulumi.output({ providers }).apply((known) => {
    try {
      return catalogText(known.providers);
    } catch (error) {
      throw explained(name, error);
    }
  });

const explained = (name: string, error: unknown): unknown =>
  error instanceof PlatformOptionsError ? new InvalidArgsError(`MCPOperator "${name}"`, error.problems) : error;
