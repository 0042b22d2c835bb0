// Looks into manifests as tests need it, and options that say everything there is to say.
import type { Manifest, Manifests } from '../../../lib/manifests/manifest.ts';
import type { PlatformOptions } from '../../../lib/manifests/platform-options.ts';

/** Every option, so that every manifest is made. */
export const FULL_OPTIONS: PlatformOptions = {
  namespace: 'ai-platform',
  createNamespace: true,
  image: 'registry.example/mcpworkflow:1.2.3',
  imagePullPolicy: 'Always',
  imagePullSecrets: ['registry'],
  providers: [
    {
      name: 'anthropic',
      protocol: 'Anthropic',
      baseURL: 'https://api.anthropic.com',
      models: ['claude-*'],
      auth: { secret: 'keys', key: 'anthropic' },
      canary: { prompt: 'Say OK.', maxTokens: 16, timeout: '5s', maxPerHour: 120 },
    },
    {
      name: 'azure.eu',
      protocol: 'OpenAI',
      baseURL: 'https://eu.openai.azure.example/v1',
      models: ['gpt-*', 'o*'],
      auth: { secret: 'keys', key: 'azure', optional: true, header: 'api-key' },
      reasoning: ['o*'],
    },
    { name: 'vllm', protocol: 'OpenAI', baseURL: 'http://vllm.models.svc:8000/v1', models: ['llama-*'] },
  ],
  allowUpstream: ['models.example', 'models.example:8443'],
  operator: {
    replicas: 3,
    resources: { requests: { cpu: '1', memory: '1Gi' }, limits: { memory: '2Gi' } },
    logLevel: 'debug',
    nodeSelector: { 'kubernetes.io/os': 'linux' },
    tolerations: [{ key: 'ai', operator: 'Exists', effect: 'NoSchedule' }],
    priorityClassName: 'system-cluster-critical',
    podLabels: { 'example.com/a': 'b' },
    podAnnotations: { 'example.com/c': 'd' },
  },
  gateway: {
    replicas: 4,
    tlsSecret: 'gateway-tls',
    insecureNoAuth: true,
    drainLimit: '2m',
    otlpEndpoint: 'http://otel-collector.observability:4318',
    logLevel: 'warn',
    serviceAnnotations: { 'example.com/lb': 'internal' },
    podLabels: { 'example.com/a': 'b' },
    podAnnotations: { 'example.com/c': 'd' },
  },
  networkPolicy: {
    enabled: true,
    callers: [{ namespaceSelector: { matchLabels: { ai: 'yes' } } }],
    scrapers: [{ namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': 'monitoring' } } }],
    egress: {
      to: [{ to: [{ ipBlock: { cidr: '0.0.0.0/0' } }], ports: [{ protocol: 'TCP', port: 443 }] }],
      apiServer: [{ ipBlock: { cidr: '10.0.0.1/32' } }],
    },
  },
  monitoring: {
    serviceMonitor: true,
    prometheusRule: true,
    labels: { release: 'prometheus' },
    runbookURL: 'https://wiki.example/runbooks',
  },
  workflowSecrets: [{ namespace: 'team-a', secrets: ['vllm', 'llama'] }],
  labels: { 'example.com/team': 'ai' },
};

/** Every member of a value and of what is in it, as `[path, value]`. */
export function membersOf(value: unknown, path = ''): readonly (readonly [string, unknown])[] {
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([key, each]) => {
    const at = path === '' ? key : `${path}.${key}`;
    return [[at, each] as const, ...membersOf(each, at)];
  });
}

/** The member at a path such as `spec.ports.0.name`; undefined if there is none. */
export function member(value: unknown, path: string): unknown {
  return path
    .split('.')
    .reduce<unknown>(
      (at, key) => (typeof at === 'object' && at !== null ? (at as Record<string, unknown>)[key] : undefined),
      value,
    );
}

type Fields = Readonly<Record<string, unknown>>;

/** What tests look at in a container. */
export interface Container {
  readonly args: readonly string[];
  readonly env: readonly Fields[];
  readonly ports: readonly { readonly name: string; readonly containerPort: number }[];
  readonly startupProbe: Fields;
  readonly livenessProbe: Fields;
  readonly readinessProbe: Fields;
  readonly securityContext: Fields;
  readonly volumeMounts: readonly { readonly name: string; readonly mountPath: string }[];
}

/** What tests look at in a pod. */
export interface PodSpec {
  readonly securityContext: Fields;
  readonly containers: readonly Container[];
  readonly volumes: readonly (Fields & { readonly name: string })[];
}

/** The pods of every Deployment. */
export function podSpecs(
  manifests: Manifests,
): readonly { readonly program: string; readonly labels: Fields; readonly spec: PodSpec }[] {
  return Object.values(manifests)
    .filter(({ kind }) => kind === 'Deployment')
    .map((manifest: Manifest) => ({
      program: member(manifest, 'spec.template.spec.containers.0.name') as string,
      labels: member(manifest, 'spec.template.metadata.labels') as Fields,
      spec: member(manifest, 'spec.template.spec') as PodSpec,
    }));
}
