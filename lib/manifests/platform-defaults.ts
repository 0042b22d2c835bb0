// The one place where the defaults of PlatformOptions are made.
import { defaultImage } from './image.ts';
import { DEFAULT_KEY_SECRET, DEFAULT_NAMESPACE } from './names.ts';
import type {
  GatewayOptions,
  NetworkPolicyOptions,
  OperatorOptions,
  PlatformOptions,
  ProgramOptions,
  ProviderOptions,
  ResourceOptions,
} from './platform-options.ts';
import { VERSION } from './version.ts';

/** What everybody means by these names, as embedded mode has it, too. Without its key a provider is NotServing. */
export const DEFAULT_PROVIDERS: readonly ProviderOptions[] = [
  {
    name: 'anthropic',
    protocol: 'Anthropic',
    baseURL: 'https://api.anthropic.com',
    models: ['claude-*'],
    auth: { secret: DEFAULT_KEY_SECRET, key: 'anthropic', optional: true },
  },
  {
    name: 'openai',
    protocol: 'OpenAI',
    baseURL: 'https://api.openai.com/v1',
    models: ['gpt-*', 'o*'],
    auth: { secret: DEFAULT_KEY_SECRET, key: 'openai', optional: true },
    reasoning: ['o*', 'gpt-5*'],
  },
];

/**
 * The operator: measured at 311 MiB and 5 % of a core with 1,000 workflows, at 669 MiB and 15 % (47 % while all are rerouted)
 * with 10,000, of which 414 MiB are heap (docs/performance.md); within 1 GiB Node lets the heap grow to 560 MiB. No limit of CPU:
 * throttled, the loop would be late and the Lease lost.
 */
const OPERATOR_RESOURCES: ResourceOptions = {
  requests: { cpu: '100m', memory: '384Mi' },
  limits: { memory: '1Gi' },
};

/**
 * The gateway: measured at 200 MiB with its young generation bounded, after a million requests, and at 107 µs of CPU a request.
 * Beyond that it holds up to 256 MiB of request bodies, and answers while they are judged. No limit of CPU: throttled, every
 * stream would stutter.
 */
const GATEWAY_RESOURCES: ResourceOptions = {
  requests: { cpu: '250m', memory: '256Mi' },
  limits: { memory: '1Gi' },
};

/** How a program runs, with nothing left open that has a default. */
export type SettledProgram = ProgramOptions & Required<Pick<ProgramOptions, 'replicas' | 'resources' | 'logLevel'>>;

/** PlatformOptions without a gap. */
export interface Platform extends Required<
  Pick<
    PlatformOptions,
    | 'namespace'
    | 'createNamespace'
    | 'image'
    | 'imagePullPolicy'
    | 'imagePullSecrets'
    | 'providers'
    | 'allowUpstream'
    | 'workflowSecrets'
    | 'labels'
  >
> {
  readonly operator: OperatorOptions & SettledProgram;
  readonly gateway: GatewayOptions & SettledProgram & { readonly drainLimit: string };
  readonly networkPolicy: NetworkPolicyOptions & Required<Pick<NetworkPolicyOptions, 'callers' | 'scrapers'>>;
  readonly monitoring: NonNullable<PlatformOptions['monitoring']>;
}

/** Pods of every namespace. */
const EVERYBODY = [{ namespaceSelector: {} }] as const;

/** The options with every default filled in. They have been checked. */
export function withDefaults(options: PlatformOptions): Platform {
  const { operator, gateway, networkPolicy, monitoring, ...rest } = options;
  const filled = fill(
    {
      namespace: DEFAULT_NAMESPACE,
      createNamespace: true,
      image: defaultImage(VERSION),
      imagePullPolicy: 'IfNotPresent' as const,
      imagePullSecrets: [],
      providers: DEFAULT_PROVIDERS,
      allowUpstream: [],
      workflowSecrets: [],
      labels: {},
    },
    rest,
  );
  const program = (resources: ResourceOptions) => ({ replicas: 2, resources, logLevel: 'info' as const });
  return {
    ...filled,
    operator: fill(program(OPERATOR_RESOURCES), operator),
    gateway: fill({ ...program(GATEWAY_RESOURCES), drainLimit: '10m' }, gateway),
    networkPolicy: fill({ callers: EVERYBODY, scrapers: EVERYBODY }, networkPolicy),
    monitoring: monitoring ?? {},
  };
}

/** What was said, and the defaults of what was not. An option that is undefined was not said. */
function fill<Defaults extends object, Given extends object>(
  defaults: Defaults,
  given: Given | undefined,
): Defaults & Given {
  const said = Object.entries(given ?? {}).filter(([, value]) => value !== undefined);
  return { ...defaults, ...(Object.fromEntries(said) as Given) };
}
