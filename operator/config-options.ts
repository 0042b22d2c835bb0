// The options of the commands, each with its flag, its environment variable and what it takes.
import { InvalidArgumentError, Option } from 'commander';
import { apiKeySchema } from '../lib/api/spec.ts';
import { DURATION_PATTERN, durationMs } from '../lib/api/duration.ts';
import { isMode, MODES } from './dev/provider/modes.ts';
import type { Mode } from './dev/provider/modes.ts';
import { parseListenAddress } from './listen-address.ts';
import type { ListenAddress } from './listen-address.ts';
import { LOG_LEVELS } from './telemetry/logger.ts';
import type { LogLevel } from './telemetry/logger.ts';
import { isCollectorURL } from './tracing.ts';

/** A model that is made to fail on purpose. */
export interface Break {
  readonly model: string;
  readonly mode: Mode;
}

/** `MODEL=MODE`; undefined with a reason in words when it is none. */
export function parseBreak(text: string): Break | string {
  const at = text.lastIndexOf('=');
  const model = text.slice(0, Math.max(0, at)).trim();
  const mode = text.slice(at + 1).trim();
  if (model === '') return 'expected MODEL=MODE, for example claude-opus-4-8=529';
  if (!isMode(mode)) return `expected one of the modes ${MODES.map(({ name }) => name).join(', ')} after the =`;
  return { model, mode };
}

const listen = (text: string): ListenAddress => {
  const address = parseListenAddress(text);
  if (!address) throw new InvalidArgumentError('expected HOST:PORT, for example 127.0.0.1:4000');
  return address;
};

const boolean = (text: string): boolean => {
  if (text === 'true' || text === '1') return true;
  if (text === 'false' || text === '0' || text === '') return false;
  throw new InvalidArgumentError('expected true or false');
};

/** A name that an entry of `access.apiKeys` may have, and so a Secret. */
export const keyName = (text: string): string => {
  const { success, error } = apiKeySchema.shape.name.safeParse(text);
  if (success) return text;
  throw new InvalidArgumentError(error.issues.map(({ message }) => message).join('; '));
};

const duration = (text: string): number => {
  if (!new RegExp(DURATION_PATTERN).test(text))
    throw new InvalidArgumentError('expected a duration such as 5s or 1m30s');
  return durationMs(text);
};

const list = (text: string, previous: readonly string[] = []): readonly string[] => [
  ...previous,
  ...text
    .split(',')
    .map((part) => part.trim())
    .filter((part) => part !== ''),
];

const urls = (text: string, previous: readonly string[] = []): readonly string[] => {
  const added = list(text);
  const bad = added.find((url) => !/^https?:\/\//.test(url) || !URL.canParse(url));
  if (bad !== undefined)
    throw new InvalidArgumentError('expected URLs such as http://10.0.0.7:4001, separated by commas');
  return [...previous, ...added];
};

const collector = (text: string): string => {
  if (!isCollectorURL(text)) throw new InvalidArgumentError('expected a URL such as http://collector:4318');
  return text;
};

const servicePort = (text: string): { readonly name: string; readonly portName: string } => {
  const [name, portName, more] = text.split(':');
  if (!name || !portName || more !== undefined)
    throw new InvalidArgumentError('expected NAME:PORT-NAME, for example gateway:counters');
  return { name, portName };
};

const broken = (text: string, previous: readonly Break[] = []): readonly Break[] =>
  text.split(',').reduce<readonly Break[]>((all, part) => {
    const parsed = parseBreak(part);
    if (typeof parsed === 'string') throw new InvalidArgumentError(parsed);
    return [...all, parsed];
  }, previous);

const option = (flags: string, description: string, variable: string) =>
  new Option(flags, description).env(`MCPWORKFLOW_${variable}`);

/** Builders, because commander's options are not to be shared between commands. */
export const OPTIONS = {
  providers: () => option('--providers <file>', 'the provider catalog (YAML); followed while running', 'PROVIDERS'),
  kubeconfig: () =>
    option(
      '--kubeconfig <file>',
      'how to reach the API server; default: KUBECONFIG, else the pod it runs in',
      'KUBECONFIG',
    ),
  namespace: () =>
    option('--namespace <name>', 'the namespace that it runs in', 'NAMESPACE').default('mcpworkflow-system'),
  leaseName: () =>
    option('--lease-name <name>', 'the Lease of the leader', 'LEASE_NAME').default('mcpworkflow-operator'),
  leaderElect: () =>
    option('--leader-elect [boolean]', 'do nothing unless this replica holds the Lease', 'LEADER_ELECT')
      .default(true)
      .preset('true')
      .argParser(boolean),
  allowUpstream: () =>
    option(
      '--allow-upstream <host[:port],…>',
      "hosts that a workflow's own providers may be on (repeatable)",
      'ALLOW_UPSTREAM',
    )
      .default([], 'none')
      .argParser(list),
  gatewayCounters: () =>
    option('--gateway-counters <url,…>', 'the counter ports of all gateways (repeatable)', 'GATEWAY_COUNTERS')
      .argParser(urls)
      .conflicts('gatewayService'),
  gatewayService: () =>
    option(
      '--gateway-service <name:port-name>',
      'find the gateways by the EndpointSlices of this Service of the own namespace',
      'GATEWAY_SERVICE',
    ).argParser(servicePort),
  listen: (fallback: string) =>
    option('--listen <host:port>', 'where callers are served', 'LISTEN')
      .default(listen(fallback), fallback)
      .argParser(listen),
  metricsListen: (fallback: string) =>
    option('--metrics-listen <host:port>', 'where /healthz, /readyz and /metrics are served', 'METRICS_LISTEN')
      .default(listen(fallback), fallback)
      .argParser(listen),
  countersListen: (fallback: string) =>
    option('--counters-listen <host:port>', 'where the operator reads the counters', 'COUNTERS_LISTEN')
      .default(listen(fallback), fallback)
      .argParser(listen),
  insecureNoAuth: () =>
    option(
      '--insecure-no-auth [boolean]',
      'serve other machines, too, without asking for a key; workflows that have keys ask for one still',
      'INSECURE_NO_AUTH',
    )
      .default(false)
      .preset('true')
      .argParser(boolean),
  tlsCert: () =>
    option(
      '--tls-cert <file>',
      'serve callers with TLS: the certificate and its chain (PEM); followed while running',
      'TLS_CERT',
    ),
  tlsKey: () => option('--tls-key <file>', 'its private key (PEM); followed while running', 'TLS_KEY'),
  drainLinger: () =>
    option('--drain-linger <duration>', 'after SIGTERM new requests are still served for so long', 'DRAIN_LINGER')
      .default(5_000, '5s')
      .argParser(duration),
  drainLimit: () =>
    option('--drain-limit <duration>', 'and after that, requests in flight may go on for so long', 'DRAIN_LIMIT')
      .default(600_000, '10m')
      .argParser(duration),
  otlpEndpoint: () =>
    option(
      '--otlp-endpoint <url>',
      'trace requests, and send the traces to this collector (OTLP over HTTP); default: OTEL_EXPORTER_OTLP_ENDPOINT, else none',
      'OTLP_ENDPOINT',
    ).argParser(collector),
  state: () => option('--state <directory>', 'keep the status here, so that a restart goes on where it was', 'STATE'),
  break: () =>
    option('--break <model=mode>', 'make a model fail on purpose (repeatable); modes below', 'BREAK')
      .default([], 'none')
      .argParser(broken),
  logLevel: (fallback: LogLevel) =>
    option('--log-level <level>', 'how much is logged', 'LOG_LEVEL').choices(LOG_LEVELS).default(fallback),
};

/** Without variables: what is printed depends on what was written in the command and its files, and on nothing else. */
export const MANIFESTS_OPTIONS = {
  namespace: () => new Option('--namespace <name>', 'where operator and gateway run; default: mcpworkflow-system'),
  image: () => new Option('--image <image>', "the program's image, by tag or digest; default: that of this version"),
  providers: () => new Option('--providers <file>', 'who serves which model (YAML); default: Anthropic and OpenAI'),
  options: () => new Option('--options <file>', 'all options (YAML)'),
  noCrd: () => new Option('--no-crd', 'leave the CRD out, for clusters that have it'),
};
