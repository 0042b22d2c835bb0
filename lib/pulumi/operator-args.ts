// What a platform engineer says of operator and gateway: PlatformOptions of lib/manifests, with an Input wherever a value may
// be known only later. What decides which objects there are, or is computed with, has to be plain; an Output there is an error
// that names the field. test/lib/pulumi/operator-args.test.ts holds both to the same fields.
import type * as pulumi from '@pulumi/pulumi';

/** Operator and gateway of one cluster. */
export interface MCPOperatorArgs {
  /** Where both run. Only one operator may run in a namespace. @default 'mcpworkflow-system' */
  readonly namespace?: pulumi.Input<string>;
  /** Also make the namespace, with the labels that hold its pods to Pod Security `restricted`. @default true */
  readonly createNamespace?: boolean;
  /**
   * The program that belongs to this version of the library, by tag or by digest (`name@sha256:…`).
   * @default the image of this package's own version
   */
  readonly image?: pulumi.Input<string>;
  /** @default 'IfNotPresent' */
  readonly imagePullPolicy?: pulumi.Input<'Always' | 'IfNotPresent' | 'Never'>;
  /** Names of Secrets of the namespace that open the image's registry. @default none */
  readonly imagePullSecrets?: readonly pulumi.Input<string>[];
  /**
   * Who serves which model, and where the key is.
   * @default Anthropic for `claude-*` and OpenAI for `gpt-*` and `o*`, with the keys `anthropic` and `openai` of the Secret
   * `mcpworkflow-provider-keys`, each optional
   */
  readonly providers?: readonly ProviderArgs[];
  /** Hosts, `host` or `host:port`, that the providers of a workflow may be on. @default none beyond the catalog's */
  readonly allowUpstream?: readonly pulumi.Input<string>[];
  /** The control loop. */
  readonly operator?: ProgramArgs;
  /** What carries the calls. */
  readonly gateway?: GatewayProgramArgs;
  /** What may talk to what. @default ingress policies of operator and gateway */
  readonly networkPolicy?: NetworkPolicyArgs;
  /** For the Prometheus operator. @default neither */
  readonly monitoring?: MonitoringArgs;
  /**
   * Secrets of workflows that operator and gateway may read, by namespace: one Role each, that names them. An `MCPWorkflow` of
   * cdk8s or Pulumi brings a Role of its own, so this is for workflows that are written otherwise.
   * @default none
   */
  readonly workflowSecrets?: readonly WorkflowSecretsArgs[];
  /** Labels of every object, beside `app.kubernetes.io/*`. @default none */
  readonly labels?: { readonly [name: string]: pulumi.Input<string> };
}

/** A provider of the catalog. */
export interface ProviderArgs {
  /** How overrides and status call it. It names a file, so it has to be plain. */
  readonly name: string;
  /** The wire dialect. */
  readonly protocol: pulumi.Input<'Anthropic' | 'OpenAI'>;
  /** Exactly what the dialect's official SDK takes as base URL. */
  readonly baseURL: pulumi.Input<string>;
  /** Names of models, or patterns with `*` for anything. */
  readonly models: readonly pulumi.Input<string>[];
  /** Where its key is. @default none: an open endpoint */
  readonly auth?: ProviderAuthArgs;
  /** Models that think before their first token. @default none */
  readonly reasoning?: readonly pulumi.Input<string>[];
  /** What asking it costs. @default the catalog's own */
  readonly canary?: ProviderCanaryArgs;
}

/** A key of a Secret of the platform's namespace. It is mounted as a file and followed while the programs run. */
export interface ProviderAuthArgs {
  /** The Secret. Its pods wait for it unless `optional`. */
  readonly secret: pulumi.Input<string>;
  /** The key in it. */
  readonly key: pulumi.Input<string>;
  /** Start without it; models of this provider are NotServing until it is there. @default false */
  readonly optional?: pulumi.Input<boolean>;
  /** The header that takes it. @default what the dialect wants */
  readonly header?: pulumi.Input<string>;
}

/** What a canary says and may cost, per target. */
export interface ProviderCanaryArgs {
  /** @default 'Reply with OK.' */
  readonly prompt?: pulumi.Input<string>;
  /** @default 64 */
  readonly maxTokens?: pulumi.Input<number>;
  /** A duration such as `10s`. @default '10s' */
  readonly timeout?: pulumi.Input<string>;
  /** @default 240 */
  readonly maxPerHour?: pulumi.Input<number>;
}

/** How the pods of one program run. */
export interface ProgramArgs {
  /** @default 2 */
  readonly replicas?: pulumi.Input<number>;
  /** @default from measured figures; see docs/performance.md */
  readonly resources?: ResourceArgs;
  /** @default 'info' */
  readonly logLevel?: pulumi.Input<'debug' | 'info' | 'warn' | 'error'>;
  /** @default none */
  readonly nodeSelector?: { readonly [name: string]: pulumi.Input<string> };
  /** Of the pod, as Kubernetes takes them. @default none */
  readonly tolerations?: readonly { readonly [field: string]: unknown }[];
  /** @default none */
  readonly priorityClassName?: pulumi.Input<string>;
  /** Beside the project's own. @default none */
  readonly podLabels?: { readonly [name: string]: pulumi.Input<string> };
  /** @default none */
  readonly podAnnotations?: { readonly [name: string]: pulumi.Input<string> };
}

/** Requests and limits, as Kubernetes takes them. */
export interface ResourceArgs {
  readonly requests?: { readonly [name: string]: pulumi.Input<string> };
  readonly limits?: { readonly [name: string]: pulumi.Input<string> };
}

/** What carries the calls. */
export interface GatewayProgramArgs extends ProgramArgs {
  /** A Secret of type kubernetes.io/tls of the platform's namespace; callers then use https. @default plain HTTP */
  readonly tlsSecret?: pulumi.Input<string>;
  /** Ask nobody for a key but the callers of workflows that have keys. @default false */
  readonly insecureNoAuth?: boolean;
  /** How long requests in flight may go on once a pod is told to end, as a duration. @default '10m' */
  readonly drainLimit?: string;
  /**
   * Where traces go: the base URL of a collector's OTLP/HTTP port, such as `http://otel-collector.observability:4318`. Where
   * egress is bounded, let it through by `networkPolicy.egress.to`.
   * @default no traces
   */
  readonly otlpEndpoint?: pulumi.Input<string>;
  /** @default none */
  readonly serviceAnnotations?: { readonly [name: string]: pulumi.Input<string> };
}

/** What may talk to what. */
export interface NetworkPolicyArgs {
  /** Make policies at all. @default true */
  readonly enabled?: boolean;
  /** Who may call the gateway, as peers of a NetworkPolicy. @default pods of every namespace */
  readonly callers?: readonly { readonly [field: string]: unknown }[];
  /** Who may read metrics, as peers of a NetworkPolicy. @default pods of every namespace */
  readonly scrapers?: readonly { readonly [field: string]: unknown }[];
  /** Where both may call. @default everywhere */
  readonly egress?: NetworkEgressArgs;
}

/** Both programs may call DNS, the API server, the operator its gateways, and what is said here. */
export interface NetworkEgressArgs {
  /** Rules of a NetworkPolicy's `egress`: providers, and Services that workflows name as their own. */
  readonly to: readonly { readonly [field: string]: unknown }[];
  /**
   * Where the API server is, as peers of a NetworkPolicy; on port 443 or 6443.
   * @default every private address, because nothing in a cluster tells it beforehand
   */
  readonly apiServer?: readonly { readonly [field: string]: unknown }[];
}

/** For the Prometheus operator. */
export interface MonitoringArgs {
  /** @default false */
  readonly serviceMonitor?: boolean;
  /** @default false */
  readonly prometheusRule?: boolean;
  /** Labels by which the Prometheus operator finds both. @default none */
  readonly labels?: { readonly [name: string]: pulumi.Input<string> };
  /** Where the runbooks are, without the name of the file. @default the project's own `docs/runbooks` */
  readonly runbookURL?: string;
}

/** Secrets of workflows of one namespace. */
export interface WorkflowSecretsArgs {
  readonly namespace: pulumi.Input<string>;
  /** Names; at least one. */
  readonly secrets: readonly pulumi.Input<string>[];
}
