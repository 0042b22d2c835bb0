// Whether requests are traced, and where the traces go: by the flag, else by the variables that OpenTelemetry defines. What the
// SDK would pass over in silence is an error here.
import { randomUUID } from 'node:crypto';
import type { Clock } from './clock.ts';
import { SetupError } from './errors.ts';
import type { Logger } from './telemetry/logger.ts';
import type { OTLPTraces } from './telemetry/otlp-traces.ts';

type Env = Readonly<Record<string, string | undefined>>;

const BASE_VARIABLE = 'OTEL_EXPORTER_OTLP_ENDPOINT';
const TRACES_VARIABLE = 'OTEL_EXPORTER_OTLP_TRACES_ENDPOINT';
const SAMPLERS = [
  ...['always_on', 'always_off', 'traceidratio'],
  ...['parentbased_always_on', 'parentbased_always_off', 'parentbased_traceidratio'],
];

const valueIn = (env: Env, name: string): string | undefined => {
  const value = env[name]?.trim();
  return value === '' ? undefined : value;
};

/** Whether a collector can be there. */
export const isCollectorURL = (text: string): boolean => /^https?:\/\//i.test(text) && URL.canParse(text);

function checkedURL(name: string, url: string): string {
  if (isCollectorURL(url)) return url;
  throw new SetupError(`${name}: expected a URL such as http://collector:4318, and it is none`);
}

/** A base URL, and the path that the protocol gives to traces. */
const tracesBelow = (base: string): string => `${base}${base.endsWith('/') ? '' : '/'}v1/traces`;

/** The variable for traces alone comes before the one for everything. */
function checkProtocol(env: Env): void {
  const name = ['OTEL_EXPORTER_OTLP_TRACES_PROTOCOL', 'OTEL_EXPORTER_OTLP_PROTOCOL'].find((each) => valueIn(env, each));
  const protocol = name && valueIn(env, name);
  if (protocol === undefined || protocol === 'http/protobuf') return;
  throw new SetupError(
    `${name}: traces are sent as http/protobuf only, not as ${protocol}; give the collector's HTTP endpoint ` +
      '(port 4318 as a rule) by --otlp-endpoint, or set OTEL_TRACES_EXPORTER=none',
  );
}

const isOff = (env: Env): boolean =>
  valueIn(env, 'OTEL_SDK_DISABLED')?.toLowerCase() === 'true' || valueIn(env, 'OTEL_TRACES_EXPORTER') === 'none';

function urlOf(flag: string | undefined, env: Env): string | undefined {
  if (flag !== undefined) return tracesBelow(flag);
  if (isOff(env)) return undefined;
  const whole = valueIn(env, TRACES_VARIABLE);
  const base = valueIn(env, BASE_VARIABLE);
  if (whole === undefined && base === undefined) return undefined;
  checkProtocol(env);
  if (whole !== undefined) return checkedURL(TRACES_VARIABLE, whole);
  return tracesBelow(checkedURL(BASE_VARIABLE, base ?? ''));
}

function checkSampler(env: Env): void {
  const sampler = valueIn(env, 'OTEL_TRACES_SAMPLER');
  if (sampler === undefined) return;
  if (!SAMPLERS.includes(sampler))
    throw new SetupError(`OTEL_TRACES_SAMPLER: expected one of ${SAMPLERS.join(', ')}, and got ${sampler}`);
  if (!sampler.endsWith('ratio')) return;
  const share = valueIn(env, 'OTEL_TRACES_SAMPLER_ARG');
  if (share === undefined || !(Number(share) >= 0 && Number(share) <= 1))
    throw new SetupError(
      `OTEL_TRACES_SAMPLER_ARG: expected the share of ${sampler}, a number from 0 to 1, and got ${share ?? 'nothing'}`,
    );
}

/**
 * The URL that traces are sent to; undefined when requests are not traced. Throws a SetupError for variables that say something
 * that cannot be done. The flag comes before all of them.
 */
export function tracesURL(flag: string | undefined, env: Env): string | undefined {
  const url = urlOf(flag, env);
  if (url !== undefined) checkSampler(env);
  return url;
}

/** What tracing is started with. */
export interface TracingOptions {
  /** Of `--otlp-endpoint`. */
  readonly endpoint: string | undefined;
  /** The environment of this process: the SDK reads its own part of it there. */
  readonly env: Env;
  readonly service: string;
  readonly log: Logger;
  readonly clock: Clock;
}

/** Starts tracing when it is asked for. Undefined when it is not, and then nothing of OpenTelemetry is loaded. */
export async function startTracing(options: TracingOptions): Promise<OTLPTraces | undefined> {
  const { endpoint, env, service, log, clock } = options;
  const url = tracesURL(endpoint, env);
  if (url === undefined) return undefined;
  const { startOTLP } = await import('./telemetry/otlp-traces.ts');
  const traces = startOTLP({ url, service, instance: randomUUID(), log, clock });
  log.info('requests are traced', { collector: new URL(url).host });
  return traces;
}
