import { readFileSync } from 'node:fs';
import { afterEach, describe, expect, it } from '@jest/globals';
import { nodeTooOld, parseConfig } from '../../operator/config.ts';
import type { Config } from '../../operator/config.ts';
import { MODES } from '../../operator/dev/provider/modes.ts';
import { asksEverybody, isLoopback, parseListenAddress } from '../../operator/listen-address.ts';

const before = { ...process.env };
afterEach(() => {
  for (const name of Object.keys(process.env)) if (name.startsWith('MCPWORKFLOW_')) delete process.env[name];
  Object.assign(process.env, before);
});

function config(...argv: string[]): Config {
  const parsed = parseConfig(argv);
  if (parsed.kind !== 'run') throw new Error(parsed.stderr);
  return parsed.config;
}

describe('what the commands are told', () => {
  it('operator has defaults for everything but the catalog', () => {
    expect(config('operator', '--providers', 'p.yaml')).toEqual({
      command: 'operator',
      providers: 'p.yaml',
      namespace: 'mcpworkflow-system',
      leaseName: 'mcpworkflow-operator',
      leaderElect: true,
      metricsListen: { host: '127.0.0.1', port: 8080 },
      allowUpstream: [],
      logLevel: 'info',
    });
  });

  it('operator takes gateways as a list or as a Service', () => {
    expect(
      config(
        'operator',
        '--providers',
        'p',
        '--gateway-counters',
        'http://a:1,http://b:1',
        '--gateway-counters',
        'http://c:1',
      ),
    ).toMatchObject({
      gatewayCounters: ['http://a:1', 'http://b:1', 'http://c:1'],
    });
    expect(config('operator', '--providers', 'p', '--gateway-service', 'gateway:counters')).toMatchObject({
      gatewayService: { name: 'gateway', portName: 'counters' },
    });
  });

  it('gateway', () => {
    expect(
      config(
        'gateway',
        '--providers',
        'p',
        '--listen',
        '0.0.0.0:80',
        '--insecure-no-auth',
        '--allow-upstream',
        'a,b:1',
      ),
    ).toEqual({
      command: 'gateway',
      providers: 'p',
      namespace: 'mcpworkflow-system',
      leaseName: 'mcpworkflow-operator',
      listen: { host: '0.0.0.0', port: 80 },
      countersListen: { host: '127.0.0.1', port: 4001 },
      insecureNoAuth: true,
      drainLinger: 5_000,
      drainLimit: 600_000,
      allowUpstream: ['a', 'b:1'],
      logLevel: 'info',
    });
  });

  it('key takes a name', () => {
    expect(config('key', 'batch-job')).toEqual({ command: 'key', name: 'batch-job' });
  });

  it('manifests needs nothing, and takes two files and two flags', () => {
    expect(config('manifests')).toEqual({ command: 'manifests', crd: true });
    expect(
      config('manifests', '--no-crd', '--namespace', 'ai', '--image', 'i', '--options', 'o', '--providers', 'p'),
    ).toEqual({ command: 'manifests', crd: false, namespace: 'ai', image: 'i', options: 'o', providers: 'p' });
  });

  it('manifests does not depend on the environment', () => {
    process.env['MCPWORKFLOW_NAMESPACE'] = 'other';
    process.env['MCPWORKFLOW_PROVIDERS'] = 'other.yaml';
    expect(config('manifests')).toEqual({ command: 'manifests', crd: true });
  });

  it('gateway takes a certificate and its key', () => {
    const tls = ['--tls-cert', 'c', '--tls-key', 'k'];
    expect(config('gateway', '--providers', 'p', ...tls)).toMatchObject({ tlsCert: 'c', tlsKey: 'k' });
  });

  it('dev takes files and things to break', () => {
    expect(config('dev', 'a.yaml', 'b.yaml', '--break', 'claude-opus-4-8=529', '--break', 'x=hang')).toEqual({
      command: 'dev',
      files: ['a.yaml', 'b.yaml'],
      listen: { host: '127.0.0.1', port: 4000 },
      insecureNoAuth: false,
      break: [
        { model: 'claude-opus-4-8', mode: '529' },
        { model: 'x', mode: 'hang' },
      ],
      logLevel: 'warn',
    });
  });

  it('demo needs nothing', () => {
    expect(config('demo')).toEqual({ command: 'demo', logLevel: 'error' });
  });

  it('the environment says the same as flags, and flags win', () => {
    process.env['MCPWORKFLOW_PROVIDERS'] = 'env.yaml';
    process.env['MCPWORKFLOW_LEADER_ELECT'] = 'false';
    process.env['MCPWORKFLOW_ALLOW_UPSTREAM'] = 'a,b';
    expect(config('operator', '--allow-upstream', 'c')).toMatchObject({ providers: 'env.yaml', leaderElect: false });
    expect(config('operator', '--providers', 'flag.yaml')).toMatchObject({
      providers: 'flag.yaml',
      allowUpstream: ['a', 'b'],
    });
  });

  it.each([
    ['gateway', '--providers', 'p'],
    ['dev', 'f'],
  ])('%s takes the collector of its traces', (...argv) => {
    expect(config(...argv)).not.toHaveProperty('otlpEndpoint');
    expect(config(...argv, '--otlp-endpoint', 'http://c:4318')).toMatchObject({ otlpEndpoint: 'http://c:4318' });
  });

  it('a switch that the environment says is false is off', () => {
    process.env['MCPWORKFLOW_INSECURE_NO_AUTH'] = 'false';
    expect(config('gateway', '--providers', 'p')).toMatchObject({ insecureNoAuth: false });
  });
});

// proves mistakes-get-a-sentence
describe('wrong use', () => {
  const ROWS: readonly (readonly [string, readonly string[], RegExp])[] = [
    ['no command', [], /Usage: mcpworkflow/],
    ['an unknown command', ['serve'], /unknown command 'serve'/],
    ['an unknown flag', ['demo', '--fast'], /unknown option '--fast'/],
    ['dev without files', ['dev'], /missing required argument 'file'/],
    ['operator without a catalog', ['operator'], /--providers/],
    ['an unknown mode', ['dev', 'f', '--break', 'm=sleepy'], /modes ok, .*529.*after the =/],
    ['a break without a model', ['dev', 'f', '--break', '529'], /expected MODEL=MODE/],
    ['a port without a host', ['dev', 'f', '--listen', '4000'], /expected HOST:PORT/],
    ['a port out of range', ['dev', 'f', '--listen', 'localhost:70000'], /expected HOST:PORT/],
    [
      'a counters URL that is none',
      ['operator', '--providers', 'p', '--gateway-counters', 'gateway:1'],
      /expected URLs such as/,
    ],
    [
      'two ways to find gateways',
      ['operator', '--providers', 'p', '--gateway-counters', 'http://a', '--gateway-service', 'a:b'],
      /cannot be used with/,
    ],
    [
      'a Service without a port name',
      ['operator', '--providers', 'p', '--gateway-service', 'gateway'],
      /expected NAME:PORT-NAME/,
    ],
    [
      'a collector that is no URL',
      ['gateway', '--providers', 'p', '--otlp-endpoint', 'collector:4318'],
      /--otlp-endpoint.*expected a URL such as http:\/\/collector:4318/,
    ],
    [
      'a time without a unit',
      ['gateway', '--providers', 'p', '--drain-limit', '60'],
      /expected a duration such as 5s or 1m30s/,
    ],
    ['a certificate without its key', ['gateway', '--providers', 'p', '--tls-cert', 'c'], /--tls-cert needs --tls-key/],
    ['a key without its certificate', ['gateway', '--providers', 'p', '--tls-key', 'k'], /--tls-key needs --tls-cert/],
    ['a log level that is none', ['demo', '--log-level', 'loud'], /Allowed choices are debug/],
    ['dev that strangers could reach', ['dev', 'f', '--listen', '[::]:4000'], /--listen \[::\]:4000 would show/],
    ['a key without a name', ['key'], /missing required argument 'name'/],
    [
      'a key that no Secret can be named after',
      ['key', 'Bob_1'],
      /'name'.*a key is named by lower-case letters, digits and dashes/,
    ],
  ];
  it.each(ROWS)('%s exits with 2 and says what to write', (_name, argv, expected) => {
    const parsed = parseConfig(argv);
    expect(parsed).toMatchObject({ kind: 'exit', code: 2 });
    expect(parsed.kind === 'exit' && parsed.stderr).toMatch(expected);
  });
});

describe('help', () => {
  const help = (...argv: string[]) => {
    const parsed = parseConfig([...argv, '--help']);
    expect(parsed).toMatchObject({ kind: 'exit', code: 0, stderr: '' });
    return parsed.kind === 'exit' ? parsed.stdout : '';
  };

  it('lists the commands', () => {
    for (const command of ['operator', 'gateway', 'dev', 'demo']) expect(help()).toContain(`  ${command} `);
  });

  it.each(['operator', 'gateway', 'dev', 'demo'])('%s lists a variable beside every flag', (command) => {
    const text = help(command).replace(/\s+/g, ' ');
    const flags = [...text.matchAll(/ (--[a-z-]+)[ ,]/g)]
      .map(([, flag]) => flag ?? '')
      .filter((flag) => flag !== '--help');
    expect(flags.length).toBeGreaterThan(0);
    for (const flag of flags.filter((name) => !['--break:', '--providers,'].includes(name))) {
      expect(text).toContain(`MCPWORKFLOW_${flag.slice(2).replaceAll('-', '_').toUpperCase()}`);
    }
  });

  it('of dev explains every mode', () => {
    for (const { name, sentence } of MODES)
      expect(help('dev')).toMatch(new RegExp(`${name} +${sentence.replace(/[()]/g, '.')}`));
  });
});

describe('the version', () => {
  it('is that of the package', () => {
    const { version } = JSON.parse(readFileSync('package.json', 'utf8')) as { version: string };
    expect(parseConfig(['--version'])).toEqual({ kind: 'exit', code: 0, stdout: `${version}\n`, stderr: '' });
  });
});

describe('the Node that runs it', () => {
  it.each(['v22.19.0', 'v22.20.1', 'v24.0.0'])('%s will do', (version) => expect(nodeTooOld(version)).toBeUndefined());
  it.each(['v20.20.2', 'v22.18.9'])('%s is too old, in one sentence', (version) => {
    expect(nodeTooOld(version)).toBe(`mcpworkflow needs Node 22.19 or newer, and this is ${version}.`);
  });
});

describe('a listen address', () => {
  it.each([
    ['127.0.0.1:4000', { host: '127.0.0.1', port: 4000 }],
    ['[::1]:0', { host: '::1', port: 0 }],
    [':80', { host: '0.0.0.0', port: 80 }],
    ['80', undefined],
    ['::1:80', undefined],
    ['a:b', undefined],
  ])('%s', (text, expected) => expect(parseListenAddress(text)).toEqual(expected));

  it.each([
    ['127.0.0.1', true],
    ['127.9.9.9', true],
    ['::1', true],
    ['localhost', true],
    ['0.0.0.0', false],
    ['127.0.0.1.evil.example', false],
    ['::', false],
  ])('%s is loopback: %s', (host, expected) => expect(isLoopback(host)).toBe(expected));

  it.each([
    ['127.0.0.1:4000', false, false],
    ['127.0.0.2:4000', false, false],
    ['[::1]:4000', false, false],
    ['localhost:4000', false, false],
    [':4000', false, true],
    ['0.0.0.0:4000', false, true],
    ['[::]:4000', false, true],
    ['10.0.0.7:4000', false, true],
    ['[::ffff:127.0.0.1]:4000', false, true],
    ['127.0.0.1:4000', true, false],
    ['0.0.0.0:4000', true, false],
    ['[::]:4000', true, false],
  ])('a gateway that listens on %s, with --insecure-no-auth %s, asks everybody: %s', (text, insecure, expected) => {
    const address = parseListenAddress(text);
    expect(address && asksEverybody(address, insecure)).toBe(expected);
  });
});
