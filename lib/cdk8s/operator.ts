// Operator and gateway as one construct: an ApiObject for each manifest of the platform, its id the manifest's.
import { ApiObject, Chart } from 'cdk8s';
import { Construct } from 'constructs';
import { gatewayNamespace } from '../manifests/gateway-url.ts';
import type { GatewayReference } from '../manifests/gateway-url.ts';
import type { Manifests } from '../manifests/manifest.ts';
import { PlatformOptionsError } from '../manifests/options-error.ts';
import { platformManifests } from '../manifests/platform.ts';
import type { PlatformOptions } from '../manifests/platform-options.ts';
import { leaveNamespaceOut } from './cluster-scoped.ts';

/** Operator and gateway of one cluster. */
export interface MCPOperatorProps extends PlatformOptions {
  /**
   * Where both run. Only one operator may run in a namespace.
   * @default the namespace of the chart, else 'mcpworkflow-system'
   */
  readonly namespace?: string;
}

/**
 * Everything that runs: control loop and gateway, with their accounts, roles, services and policies, but not the CRD. Each
 * object is a child, found by its id: `operator.node.findChild('gateway-deployment')` is an ApiObject to patch. The default
 * child is the Deployment of the operator.
 */
export class MCPOperator extends Construct {
  /** The namespace of both programs. */
  readonly namespace: string;
  /** The gateway, for workflows that are called through it. */
  readonly gateway: GatewayReference;

  /** Throws an Error with a line for every option that is wrong: the construct, the option, the fix. */
  constructor(scope: Construct, id: string, props: MCPOperatorProps = {}) {
    super(scope, id);
    const chosen = props.namespace ?? Chart.of(this).namespace;
    for (const [child, manifest] of Object.entries(this.#manifests(chosen, props))) {
      const object = new ApiObject(this, child, manifest);
      if (manifest.metadata.namespace === undefined) leaveNamespaceOut(object);
    }
    this.node.defaultChild = this.node.findChild('operator-deployment');
    this.gateway = {
      ...(chosen !== undefined && { namespace: chosen }),
      tls: props.gateway?.tlsSecret !== undefined,
      insecureNoAuth: props.gateway?.insecureNoAuth === true,
    };
    this.namespace = gatewayNamespace(this.gateway);
    this.node.addValidation({ validate: () => this.#neighbours() });
  }

  #manifests(namespace: string | undefined, props: MCPOperatorProps): Manifests {
    try {
      return platformManifests({ ...props, ...(namespace !== undefined && { namespace }) });
    } catch (error) {
      if (!(error instanceof PlatformOptionsError)) throw error;
      const lines = error.message.split('\n').map((problem) => `[${this.node.path}] ${problem}`);
      throw new Error(lines.join('\n'), { cause: error });
    }
  }

  /** A chart is applied to one cluster; another chart may be for another one. */
  #neighbours(): string[] {
    const { node } = Chart.of(this);
    const before = node.findAll().slice(0, node.findAll().indexOf(this));
    const first = before.find((other) => other instanceof MCPOperator && other.namespace === this.namespace);
    if (first === undefined) return [];
    return [
      `namespace: ${first.node.path} is an operator of the namespace ${this.namespace} already, and only one may run in it: give this one another namespace, or remove it`,
    ];
  }
}
