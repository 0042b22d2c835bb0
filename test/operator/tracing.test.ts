// Whether requests are traced and where the traces go: the flag, and the variables that OpenTelemetry defines.
import { describe, expect, it } from '@jest/globals';
import { SetupError } from '../../operator/errors.ts';
import { startTracing, tracesURL } from '../../operator/tracing.ts';
import { steppedClock } from '../fakes/clock.ts';
import { silentLogger } from '../../operator/telemetry/logger.ts';

type Env = Readonly<Record<string, string>>;

const BASE = { OTEL_EXPORTER_OTLP_ENDPOINT: 'http://base:4318' };

describe('where traces go', () => {
  const ROWS: readonly (readonly [name: string, flag: string | undefined, env: Env, url: string | undefined])[] = [
    ['nowhere, when nothing is said', undefined, {}, undefined],
    ['nowhere, when a variable is empty', undefined, { OTEL_EXPORTER_OTLP_ENDPOINT: ' ' }, undefined],
    ['below the flag', 'http://flag:4318', {}, 'http://flag:4318/v1/traces'],
    ['below the flag and its path', 'https://flag/otlp/', {}, 'https://flag/otlp/v1/traces'],
    ['below the base of all signals', undefined, BASE, 'http://base:4318/v1/traces'],
    [
      'to the URL for traces as it is',
      undefined,
      { ...BASE, OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: 'http://traces:4318/here' },
      'http://traces:4318/here',
    ],
    [
      'below the flag, whatever the environment says',
      'http://flag:4318',
      { ...BASE, OTEL_SDK_DISABLED: 'true', OTEL_TRACES_EXPORTER: 'none', OTEL_EXPORTER_OTLP_PROTOCOL: 'grpc' },
      'http://flag:4318/v1/traces',
    ],
    ['nowhere, when the SDK is disabled', undefined, { ...BASE, OTEL_SDK_DISABLED: 'true' }, undefined],
    ['nowhere, when traces have no exporter', undefined, { ...BASE, OTEL_TRACES_EXPORTER: 'none' }, undefined],
    [
      'by the protocol for traces, which comes first',
      undefined,
      { ...BASE, OTEL_EXPORTER_OTLP_PROTOCOL: 'grpc', OTEL_EXPORTER_OTLP_TRACES_PROTOCOL: 'http/protobuf' },
      'http://base:4318/v1/traces',
    ],
  ];
  it.each(ROWS)('%s', (_name, flag, env, url) => {
    expect(tracesURL(flag, env)).toBe(url);
  });

  // proves mistakes-get-a-sentence
  it.each<readonly [string, Env, RegExp]>([
    ['a URL that is none', { OTEL_EXPORTER_OTLP_ENDPOINT: 'collector:4318' }, /^OTEL_EXPORTER_OTLP_ENDPOINT: expected/],
    ['a URL that is none', { OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: '/v1' }, /^OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: exp/],
    ['gRPC', { ...BASE, OTEL_EXPORTER_OTLP_PROTOCOL: 'grpc' }, /http\/protobuf only, not as grpc; .*4318/],
    ['an unknown sampler', { ...BASE, OTEL_TRACES_SAMPLER: 'tenth' }, /expected one of always_on, .*got tenth/],
    ['a share without a number', { ...BASE, OTEL_TRACES_SAMPLER: 'traceidratio' }, /_ARG: expected .* got nothing/],
    [
      'a share in percent',
      { ...BASE, OTEL_TRACES_SAMPLER: 'parentbased_traceidratio', OTEL_TRACES_SAMPLER_ARG: '10' },
      /_ARG: expected the share of parentbased_traceidratio, a number from 0 to 1, and got 10/,
    ],
  ])('%s is told before anything starts', (_name, env, sentence) => {
    expect(() => tracesURL(undefined, env)).toThrow(SetupError);
    expect(() => tracesURL(undefined, env)).toThrow(sentence);
  });

  it('what says nothing valid does not matter where traces are off', () => {
    expect(tracesURL(undefined, { OTEL_TRACES_SAMPLER: 'tenth' })).toBeUndefined();
  });
});

describe('tracing that nobody asked for', () => {
  it('is not there', async () => {
    const options = { endpoint: undefined, env: {}, service: 's', log: silentLogger, clock: steppedClock() };
    expect(await startTracing(options)).toBeUndefined();
  });
});
