// What the program is told to do, from flags and the environment. Only main hands parts of it on.
import { Argument, Command, CommanderError } from 'commander';
import type { Option } from 'commander';
import { VERSION } from '../lib/manifests/version.ts';
import { keyName, MANIFESTS_OPTIONS, OPTIONS } from './config-options.ts';
import type { Break } from './config-options.ts';
import { MODES } from './dev/provider/modes.ts';
import { formatListenAddress, isLoopback } from './listen-address.ts';
import type { ListenAddress } from './listen-address.ts';
import type { LogLevel } from './telemetry/logger.ts';

/** The control loop in a cluster. */
export interface OperatorConfig {
  readonly command: 'operator';
  readonly providers: string;
  readonly kubeconfig?: string;
  /** Its own namespace: of the Lease and of the gateways' Service. */
  readonly namespace: string;
  readonly leaseName: string;
  readonly leaderElect: boolean;
  readonly metricsListen: ListenAddress;
  /** Counter ports of a fixed set of gateways … */
  readonly gatewayCounters?: readonly string[];
  /** … or the Service whose EndpointSlices name them. Never both. */
  readonly gatewayService?: { readonly name: string; readonly portName: string };
  readonly allowUpstream: readonly string[];
  readonly logLevel: LogLevel;
}

/** A gateway in a cluster. */
export interface GatewayConfig {
  readonly command: 'gateway';
  readonly providers: string;
  readonly kubeconfig?: string;
  readonly namespace: string;
  /** Whose Lease tells whether the operator lives. */
  readonly leaseName: string;
  readonly listen: ListenAddress;
  readonly countersListen: ListenAddress;
  readonly insecureNoAuth: boolean;
  /** Both or none. */
  readonly tlsCert?: string;
  readonly tlsKey?: string;
  readonly allowUpstream: readonly string[];
  /** Milliseconds. */
  readonly drainLinger: number;
  readonly drainLimit: number;
  /** The base URL of a collector of traces. Absent: what the environment says, else none. */
  readonly otlpEndpoint?: string;
  readonly logLevel: LogLevel;
}

/** Embedded mode: loop and gateway in one process, over files. */
export interface DevConfig {
  readonly command: 'dev';
  readonly files: readonly string[];
  /** Absent: the built-in catalog. */
  readonly providers?: string;
  readonly listen: ListenAddress;
  readonly insecureNoAuth: boolean;
  readonly state?: string;
  readonly break: readonly Break[];
  /** The base URL of a collector of traces. Absent: what the environment says, else none. */
  readonly otlpEndpoint?: string;
  readonly logLevel: LogLevel;
}

/** Embedded mode against simulated providers. */
export interface DemoConfig {
  readonly command: 'demo';
  readonly logLevel: LogLevel;
}

/** Makes a key for callers. */
export interface KeyConfig {
  readonly command: 'key';
  readonly name: string;
}

/** Prints what has to be applied to a cluster. */
export interface ManifestsConfig {
  readonly command: 'manifests';
  /** Files; what a flag says wins over them. */
  readonly options?: string;
  readonly providers?: string;
  readonly namespace?: string;
  readonly image?: string;
  readonly crd: boolean;
}

/** What to do, told apart by `command`. */
export type Config = OperatorConfig | GatewayConfig | DevConfig | DemoConfig | KeyConfig | ManifestsConfig;

/** Run this, or print this and exit: 0 for help, 2 for wrong use. */
export type ParsedConfig =
  | { readonly kind: 'run'; readonly config: Config }
  | { readonly kind: 'exit'; readonly code: 0 | 2; readonly stdout: string; readonly stderr: string };

const OLDEST_NODE = [22, 19] as const;

/** One sentence when this Node is too old, else undefined. */
export function nodeTooOld(version: string): string | undefined {
  const [major = 0, minor = 0] = version.replace(/^v/, '').split('.').map(Number);
  const recent = major > OLDEST_NODE[0] || (major === OLDEST_NODE[0] && minor >= OLDEST_NODE[1]);
  return recent ? undefined : `mcpworkflow needs Node ${OLDEST_NODE.join('.')} or newer, and this is ${version}.`;
}

const MODE_HELP = `
Modes of --break:
${MODES.map(({ name, sentence }) => `  ${name.padEnd(22)} ${sentence}`).join('\n')}
`;

const MANIFESTS_HELP = `
The file of --options has the same options as the constructs, for example:

  gateway: { replicas: 3, tlsSecret: gateway-tls }
  monitoring: { serviceMonitor: true, prometheusRule: true }

In the file of --providers, which looks like a provider catalog, a key is one of a Secret: auth: { secret: NAME, key: KEY }.
What a flag says wins over the file of --options.`;

const withOptions = (command: Command, options: readonly Option[]): Command =>
  options.reduce((built, option) => built.addOption(option), command);

interface CommandPlan {
  readonly name: Config['command'];
  readonly description: string;
  readonly options: readonly Option[];
  /** What follows without a flag, and the member of the config that it becomes. */
  readonly positional?: { readonly member: string; readonly argument: Argument };
  readonly after?: string;
}

const plans = (): readonly CommandPlan[] => [
  {
    name: 'operator',
    description: 'the control loop in a cluster: checks models every interval and owns the routes',
    options: [
      OPTIONS.providers().makeOptionMandatory(),
      OPTIONS.kubeconfig(),
      OPTIONS.namespace(),
      OPTIONS.leaseName(),
      OPTIONS.leaderElect(),
      OPTIONS.metricsListen('127.0.0.1:8080'),
      OPTIONS.gatewayCounters(),
      OPTIONS.gatewayService(),
      OPTIONS.allowUpstream(),
      OPTIONS.logLevel('info'),
    ],
  },
  {
    name: 'gateway',
    description: 'carries model calls over the current routes of a cluster',
    options: [
      OPTIONS.providers().makeOptionMandatory(),
      OPTIONS.kubeconfig(),
      OPTIONS.namespace(),
      OPTIONS.leaseName(),
      OPTIONS.listen('127.0.0.1:4000'),
      OPTIONS.countersListen('127.0.0.1:4001'),
      OPTIONS.insecureNoAuth(),
      OPTIONS.tlsCert(),
      OPTIONS.tlsKey(),
      OPTIONS.allowUpstream(),
      OPTIONS.drainLinger(),
      OPTIONS.drainLimit(),
      OPTIONS.otlpEndpoint(),
      OPTIONS.logLevel('info'),
    ],
  },
  {
    name: 'dev',
    description: 'embedded mode: loop and gateway in one process over workflow files, without a cluster',
    options: [
      OPTIONS.providers(),
      OPTIONS.listen('127.0.0.1:4000'),
      OPTIONS.insecureNoAuth(),
      OPTIONS.state(),
      OPTIONS.break(),
      OPTIONS.otlpEndpoint(),
      OPTIONS.logLevel('warn'),
    ],
    positional: {
      member: 'files',
      argument: new Argument('<file...>', 'workflow files (YAML); followed while running'),
    },
    after: `${MODE_HELP}
Without --providers, claude-* is served with ANTHROPIC_API_KEY, and gpt-* and o* with OPENAI_API_KEY.`,
  },
  {
    name: 'demo',
    description: 'watch a model outage heal itself: simulated providers, no key, no cluster, under a minute',
    options: [OPTIONS.logLevel('error')],
  },
  {
    name: 'key',
    description: 'makes a key for the callers of a workflow: a Secret, and the hash for spec.access.apiKeys',
    options: [],
    positional: {
      member: 'name',
      argument: new Argument('<name>', 'the name of the Secret and of the key').argParser(keyName),
    },
  },
  {
    name: 'manifests',
    description: 'prints what has to be applied to a cluster (YAML): the CRD, operator, gateway and all that they need',
    options: [
      MANIFESTS_OPTIONS.namespace(),
      MANIFESTS_OPTIONS.image(),
      MANIFESTS_OPTIONS.providers(),
      MANIFESTS_OPTIONS.options(),
      MANIFESTS_OPTIONS.noCrd(),
    ],
    after: MANIFESTS_HELP,
  },
];

function halfTls({ tlsCert, tlsKey }: GatewayConfig): string | undefined {
  if ((tlsCert === undefined) === (tlsKey === undefined)) return undefined;
  const [given, lacking] = tlsCert === undefined ? ['--tls-key', '--tls-cert'] : ['--tls-cert', '--tls-key'];
  return `${given} needs ${lacking}: a certificate is of no use without its key`;
}

/** What must hold between options; a sentence when it does not. Beyond loopback a gateway asks for keys; dev does not. */
function contradiction(config: Config): string | undefined {
  if (config.command === 'gateway') return halfTls(config);
  if (config.command !== 'dev' || isLoopback(config.listen.host) || config.insecureNoAuth) return undefined;
  return (
    `--listen ${formatListenAddress(config.listen)} would show your workflows to every machine that reaches it, and let it ` +
    'spend your model keys: listen on 127.0.0.1, or say --insecure-no-auth if something else keeps strangers out'
  );
}

/** Reads the arguments (without node and script) and the process's environment. */
export function parseConfig(argv: readonly string[]): ParsedConfig {
  const out = { stdout: '', stderr: '' };
  let config: Config | undefined;
  const program = new Command('mcpworkflow')
    .description('Self-healing AI on Kubernetes: declare the models of a workflow, and a control loop owns the route.')
    .version(VERSION, '--version', 'prints the version')
    .exitOverride()
    .configureOutput({
      writeOut: (text) => void (out.stdout += text),
      writeErr: (text) => void (out.stderr += text),
    })
    .showHelpAfterError('(see --help)');
  for (const { name, description, options, positional, after } of plans()) {
    const command = withOptions(program.command(name).description(description), options);
    if (after !== undefined) command.addHelpText('after', after);
    if (positional) command.addArgument(positional.argument);
    command.action((given: unknown) => {
      const named = positional && { [positional.member]: given };
      config = { command: name, ...named, ...command.opts() } as unknown as Config;
    });
  }
  try {
    program.parse(argv, { from: 'user' });
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    return { kind: 'exit', code: error.exitCode === 0 ? 0 : 2, ...out };
  }
  if (!config) return { kind: 'exit', code: 2, ...out };
  const wrong = contradiction(config);
  if (wrong !== undefined) return { kind: 'exit', code: 2, stdout: '', stderr: `error: ${wrong}\n` };
  return { kind: 'run', config };
}
