// What a platform engineer may say about operator and gateway. Every default is told here and made in one place,
// platform-defaults.ts. Structure is decided by names, lists and switches; every other value is a leaf and stays opaque.
import type { Protocol } from '../api/protocol.ts';

/** Operator and gateway of one cluster. */
export interface PlatformOptions {
  /** Where both run. Only one operator may run in a namespace. @default 'mcpworkflow-system' */
  readonly namespace?: string;
  /** Also make the namespace, with the labels that hold its pods to Pod Security `restricted`. @default true */
  readonly createNamespace?: boolean;
  /**
   * The program that belongs to this version of the library, by tag or by digest (`name@sha256:…`).
   * @default the image of this package's own version
   */
  readonly image?: string;
  /** @default 'IfNotPresent' */
  readonly imagePullPolicy?: 'Always' | 'IfNotPresent' | 'Never';
  /** Names of Secrets of the namespace that open the image's registry. @default none */
  readonly imagePullSecrets?: readonly string[];
  /**
   * Who serves which model, and where the key is.
   * @default Anthropic for `claude-*` and OpenAI for `gpt-*` and `o*`, with the keys `anthropic` and `openai` of the Secret
   * `mcpworkflow-provider-keys`, each optional
   */
  readonly providers?: readonly ProviderOptions[];
  /** Hosts, `host` or `host:port`, that the providers of a workflow may be on. @default none beyond the catalog's */
  readonly allowUpstream?: readonly string[];
  /** The control loop. */
  readonly operator?: OperatorOptions;
  /** What carries the calls. */
  readonly gateway?: GatewayOptions;
  /** What may talk to what. @default ingress policies of operator and gateway */
  readonly networkPolicy?: NetworkPolicyOptions;
  /** For the Prometheus operator. @default neither */
  readonly monitoring?: MonitoringOptions;
  /**
   * Secrets of workflows that operator and gateway may read, by namespace: one Role each, that names them. An `MCPWorkflow` of
   * cdk8s or Pulumi brings a Role of its own, so this is for workflows that are written otherwise.
   * @default none
   */
  readonly workflowSecrets?: readonly WorkflowSecretsOptions[];
  /** Labels of every object, beside `app.kubernetes.io/*`. @default none */
  readonly labels?: Readonly<Record<string, string>>;
}

/** A provider of the catalog. */
export interface ProviderOptions {
  /** How overrides and status call it. */
  readonly name: string;
  /** The wire dialect. */
  readonly protocol: Protocol;
  /** Exactly what the dialect's official SDK takes as base URL. */
  readonly baseURL: string;
  /** Names of models, or patterns with `*` for anything. */
  readonly models: readonly string[];
  /** Where its key is. @default none: an open endpoint */
  readonly auth?: ProviderAuthOptions;
  /** Models that think before their first token. @default none */
  readonly reasoning?: readonly string[];
  /** What asking it costs. @default the catalog's own */
  readonly canary?: ProviderCanaryOptions;
}

/** A key of a Secret of the platform's namespace. It is mounted as a file and followed while the programs run. */
export interface ProviderAuthOptions {
  /** The Secret. Its pods wait for it unless `optional`. */
  readonly secret: string;
  /** The key in it. */
  readonly key: string;
  /** Start without it; models of this provider are NotServing until it is there. @default false */
  readonly optional?: boolean;
  /** The header that takes it. @default what the dialect wants */
  readonly header?: string;
}

/** What a canary says and may cost, per target. */
export interface ProviderCanaryOptions {
  /** @default 'Reply with OK.' */
  readonly prompt?: string;
  /** @default 64 */
  readonly maxTokens?: number;
  /** A duration such as `10s`. @default '10s' */
  readonly timeout?: string;
  /** @default 240 */
  readonly maxPerHour?: number;
}

/** How the pods of one program run. */
export interface ProgramOptions {
  /** @default 2 */
  readonly replicas?: number;
  /** @default from measured figures; see docs/performance.md */
  readonly resources?: ResourceOptions;
  /** @default 'info' */
  readonly logLevel?: 'debug' | 'info' | 'warn' | 'error';
  /** @default none */
  readonly nodeSelector?: Readonly<Record<string, string>>;
  /** Of the pod, as Kubernetes takes them. @default none */
  readonly tolerations?: readonly Readonly<Record<string, unknown>>[];
  /** @default none */
  readonly priorityClassName?: string;
  /** Beside the project's own. @default none */
  readonly podLabels?: Readonly<Record<string, string>>;
  /** @default none */
  readonly podAnnotations?: Readonly<Record<string, string>>;
}

/** Requests and limits, as Kubernetes takes them. */
export interface ResourceOptions {
  readonly requests?: Readonly<Record<string, string>>;
  readonly limits?: Readonly<Record<string, string>>;
}

/** The control loop. */
export type OperatorOptions = ProgramOptions;

/** What carries the calls. */
export interface GatewayOptions extends ProgramOptions {
  /** A Secret of type kubernetes.io/tls of the platform's namespace; callers then use https. @default plain HTTP */
  readonly tlsSecret?: string;
  /** Ask nobody for a key but the callers of workflows that have keys. @default false */
  readonly insecureNoAuth?: boolean;
  /** How long requests in flight may go on once a pod is told to end, as a duration. @default '10m' */
  readonly drainLimit?: string;
  /**
   * Where traces go: the base URL of a collector's OTLP/HTTP port, such as `http://otel-collector.observability:4318`. Where
   * egress is bounded, let it through by `networkPolicy.egress.to`.
   * @default no traces
   */
  readonly otlpEndpoint?: string;
  /** @default none */
  readonly serviceAnnotations?: Readonly<Record<string, string>>;
}

/** What may talk to what. */
export interface NetworkPolicyOptions {
  /** Make policies at all. @default true */
  readonly enabled?: boolean;
  /** Who may call the gateway, as peers of a NetworkPolicy. @default pods of every namespace */
  readonly callers?: readonly Readonly<Record<string, unknown>>[];
  /** Who may read metrics, as peers of a NetworkPolicy. @default pods of every namespace */
  readonly scrapers?: readonly Readonly<Record<string, unknown>>[];
  /** Where both may call. @default everywhere */
  readonly egress?: EgressOptions;
}

/** Both programs may call DNS, the API server, the operator its gateways, and what is said here. */
export interface EgressOptions {
  /** Rules of a NetworkPolicy's `egress`: providers, and Services that workflows name as their own. */
  readonly to: readonly Readonly<Record<string, unknown>>[];
  /**
   * Where the API server is, as peers of a NetworkPolicy; on port 443 or 6443.
   * @default every private address, because nothing in a cluster tells it beforehand
   */
  readonly apiServer?: readonly Readonly<Record<string, unknown>>[];
}

/** For the Prometheus operator. */
export interface MonitoringOptions {
  /** @default false */
  readonly serviceMonitor?: boolean;
  /** @default false */
  readonly prometheusRule?: boolean;
  /** Labels by which the Prometheus operator finds both. @default none */
  readonly labels?: Readonly<Record<string, string>>;
  /** Where the runbooks are, without the name of the file. @default the project's own `docs/runbooks` */
  readonly runbookURL?: string;
}

/** Secrets of workflows of one namespace. */
export interface WorkflowSecretsOptions {
  readonly namespace: string;
  /** Names; at least one. */
  readonly secrets: readonly string[];
}
