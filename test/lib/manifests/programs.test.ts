// The manifests against the programs that they start: each flag is one that the program knows, each file is where it looks, and
// each port is the one that it listens on.
import { afterEach, describe, expect, it } from '@jest/globals';
import { parse } from 'yaml';
import { parseCatalog } from '../../../lib/api/parse.ts';
import { catalogText } from '../../../lib/manifests/catalog-text.ts';
import type { Manifest } from '../../../lib/manifests/manifest.ts';
import { platformManifests } from '../../../lib/manifests/platform.ts';
import { builtInCatalog } from '../../../operator/catalog-file.ts';
import { parseConfig } from '../../../operator/config.ts';
import type { GatewayConfig, OperatorConfig } from '../../../operator/config.ts';
import { FULL_OPTIONS, member, podSpecs } from './manifest-members.ts';
import type { Container, PodSpec } from './manifest-members.ts';

const before = { ...process.env };
afterEach(() => {
  for (const name of Object.keys(process.env)) if (name.startsWith('MCPWORKFLOW_')) delete process.env[name];
  Object.assign(process.env, before);
});

const full = platformManifests(FULL_OPTIONS);
const minimal = platformManifests();

function podOf(program: string, manifests = full): { readonly labels: object; readonly spec: PodSpec } {
  const pod = podSpecs(manifests).find((each) => each.program === program);
  if (!pod) throw new Error(`expected a Deployment of the ${program}`);
  return pod;
}

const containerOf = (program: string, manifests = full): Container =>
  podOf(program, manifests).spec.containers[0] as Container;

/** What the program makes of its arguments and variables, as the kubelet gives them to it. */
function told<Config>(program: string, manifests = full): Config {
  const { args, env } = containerOf(program, manifests);
  const namespace = env.find(({ name }) => name === 'MCPWORKFLOW_NAMESPACE');
  expect(namespace).toMatchObject({ valueFrom: { fieldRef: { fieldPath: 'metadata.namespace' } } });
  process.env['MCPWORKFLOW_NAMESPACE'] = 'where-it-runs';
  const parsed = parseConfig(args);
  if (parsed.kind !== 'run') throw new Error(parsed.stderr);
  return parsed.config as Config;
}

const portOf = (program: string, name: string): number | undefined =>
  containerOf(program).ports.find((port) => port.name === name)?.containerPort;

describe('what the programs are told', () => {
  it('the operator', () => {
    expect(told<OperatorConfig>('operator')).toMatchObject({
      command: 'operator',
      namespace: 'where-it-runs',
      leaderElect: true,
      metricsListen: { host: '0.0.0.0', port: portOf('operator', 'metrics') },
      allowUpstream: ['models.example', 'models.example:8443'],
      logLevel: 'debug',
    });
  });

  it('the gateway', () => {
    expect(told<GatewayConfig>('gateway')).toMatchObject({
      command: 'gateway',
      namespace: 'where-it-runs',
      listen: { host: '0.0.0.0', port: portOf('gateway', 'http') },
      countersListen: { host: '0.0.0.0', port: portOf('gateway', 'counters') },
      insecureNoAuth: true,
      drainLimit: 120_000,
      otlpEndpoint: 'http://otel-collector.observability:4318',
      allowUpstream: ['models.example', 'models.example:8443'],
      logLevel: 'warn',
    });
  });

  it('both hold to the same Lease', () => {
    const { leaseName } = told<OperatorConfig>('operator');
    expect(told<GatewayConfig>('gateway').leaseName).toBe(leaseName);
  });

  it('a gateway asks everybody for a key unless it is told not to', () => {
    expect(told<GatewayConfig>('gateway', minimal).insecureNoAuth).toBe(false);
  });

  it('pods have the time that the program takes to drain, and more', () => {
    const { drainLinger, drainLimit } = told<GatewayConfig>('gateway');
    const grace = member(podOf('gateway').spec, 'terminationGracePeriodSeconds') as number;
    expect(grace * 1_000).toBeGreaterThanOrEqual(drainLinger + drainLimit + 5_000);
  });
});

describe('what is mounted', () => {
  /** The files of all volumes, by their path in the container. */
  function filesOf(program: string, manifests = full): readonly string[] {
    const { spec } = podOf(program, manifests);
    return (spec.containers[0] as Container).volumeMounts.flatMap(({ name, mountPath }) => {
      const volume = spec.volumes.find((each) => each.name === name);
      const sources = (member(volume, 'projected.sources') ?? []) as readonly unknown[];
      const keys = sources.flatMap((source) => (member(source, 'secret.items') as readonly { path: string }[]) ?? []);
      const names = [
        ...keys.map(({ path }) => path),
        ...(member(volume, 'secret') === undefined ? [] : ['tls.crt', 'tls.key']),
        ...Object.keys((member(manifests['provider-catalog'], 'data') as object | undefined) ?? {}).filter(
          () => member(volume, 'configMap.name') === manifests['provider-catalog']?.metadata.name,
        ),
      ];
      return names.map((file) => `${mountPath}/${file}`);
    });
  }

  const catalogOf = (manifests = full) => {
    const [text] = Object.values(member(manifests['provider-catalog'], 'data') as Record<string, string>);
    const parsed = parseCatalog(parse(text ?? ''));
    if (!parsed.ok) throw new Error(JSON.stringify(parsed.errors));
    return parsed.catalog;
  };

  it.each(['operator', 'gateway'])('the %s finds its catalog', (program) => {
    expect(filesOf(program)).toContain(told<OperatorConfig>(program).providers);
  });

  it.each(['operator', 'gateway'])('the %s finds the key of every provider that has one', (program) => {
    const files = catalogOf().providers.flatMap(({ auth }) => (auth && 'file' in auth ? auth.file : []));
    expect(files).toHaveLength(2);
    expect(filesOf(program)).toEqual(expect.arrayContaining(files));
  });

  it('the gateway finds its certificate, and the operator has none', () => {
    const { tlsCert, tlsKey } = told<GatewayConfig>('gateway');
    expect(filesOf('gateway')).toEqual(expect.arrayContaining([tlsCert, tlsKey]));
    expect(filesOf('operator').filter((file) => file.includes('tls'))).toEqual([]);
  });

  it('a key that may be missing does not hold the pod up', () => {
    const sources = podOf('gateway').spec.volumes.flatMap(
      (volume) => (member(volume, 'projected.sources') ?? []) as readonly unknown[],
    );
    expect(sources).toEqual([
      { secret: { name: 'keys', items: [{ key: 'anthropic', path: 'anthropic' }], optional: false } },
      { secret: { name: 'keys', items: [{ key: 'azure', path: 'azure.eu' }], optional: true } },
    ]);
  });

  it('without a key nothing is mounted for one', () => {
    const open = { name: 'vllm', protocol: 'OpenAI', baseURL: 'http://vllm/v1', models: ['m'] } as const;
    const { spec } = podOf('gateway', platformManifests({ providers: [open] }));
    expect(spec.volumes.map(({ name }) => name)).toEqual(['catalog']);
  });

  it('the catalog says what was said, and leaves the rest to its own defaults', () => {
    expect(catalogOf().providers).toEqual([
      expect.objectContaining({
        name: 'anthropic',
        auth: { file: '/etc/mcpworkflow/keys/anthropic' },
        canary: { prompt: 'Say OK.', maxTokens: 16, timeout: '5s', maxPerHour: 120 },
      }),
      expect.objectContaining({
        name: 'azure.eu',
        auth: { file: '/etc/mcpworkflow/keys/azure.eu', header: 'api-key' },
        reasoning: ['o*'],
      }),
      expect.objectContaining({ name: 'vllm', models: ['llama-*'] }),
    ]);
    expect(catalogOf().providers[2]).not.toHaveProperty('auth');
  });

  it('the default providers are those of embedded mode, but for where the keys are', () => {
    const withoutAuth = ({ providers }: ReturnType<typeof builtInCatalog>) =>
      providers.map((provider) => ({ ...provider, auth: undefined }));
    expect(withoutAuth(catalogOf(minimal))).toEqual(withoutAuth(builtInCatalog()));
  });

  it('any text comes back from the file as it was', () => {
    const prompt = 'a: "b" # \' \\ {c} [d] & * ! | > % @ ` – \u0085\u2028 \n - x';
    const provider = { name: 'a', protocol: 'OpenAI', baseURL: 'https://a/v1', models: ['*', '[x]', '#'] } as const;
    const text = catalogText([{ ...provider, canary: { prompt } }]);
    expect(parse(text)).toEqual({ providers: [{ ...provider, canary: { prompt } }] });
  });

  it('an empty catalog is one', () => {
    expect(parse(catalogText([]))).toEqual({ providers: [] });
  });
});

describe('what reaches what', () => {
  const services = Object.values(full).filter(({ kind }) => kind === 'Service');

  const podsOf = (selector: unknown) =>
    podSpecs(full).filter(({ labels }) =>
      Object.entries(selector as Record<string, string>).every(([name, value]) => labels[name] === value),
    );

  it.each(services.map((each) => [each.metadata.name, each] as const))(
    'the Service %s leads to a port of one program',
    (_, service) => {
      const pods = podsOf(member(service, 'spec.selector'));
      expect(pods).toHaveLength(1);
      const ports = pods[0]?.spec.containers[0]?.ports.map(({ name }) => name);
      expect(ports).toContain(member(service, 'spec.ports.0.targetPort'));
    },
  );

  it('callers find the gateway at mcpworkflow-gateway, port 4000', () => {
    expect(full['gateway-service']).toMatchObject({
      metadata: { name: 'mcpworkflow-gateway' },
      spec: { ports: [{ port: 4000 }] },
    });
  });

  it('the operator finds the counters of every gateway', () => {
    const { gatewayService } = told<OperatorConfig>('operator');
    expect(full['gateway-counters-service']).toMatchObject({
      metadata: { name: gatewayService?.name },
      spec: { clusterIP: 'None', ports: [{ name: gatewayService?.portName, port: portOf('gateway', 'counters') }] },
    });
  });

  it.each(['operator', 'gateway'])('the monitor of the %s finds one Service with its port', (program) => {
    const monitor = full[`${program}-service-monitor`] as Manifest;
    const wanted = Object.entries(member(monitor, 'spec.selector.matchLabels') as Record<string, string>);
    const found = services.filter(({ metadata }) => wanted.every(([name, value]) => metadata.labels?.[name] === value));
    expect(found.map((service) => member(service, 'spec.ports.0.name'))).toEqual([
      member(monitor, 'spec.endpoints.0.port'),
    ]);
  });

  it.each([
    ['operator', ['/healthz', '/healthz', '/readyz'], 'metrics'],
    ['gateway', ['/healthz', '/healthz', '/readyz'], 'http'],
  ])('the kubelet asks the %s on its own port', (program, paths, port) => {
    const { startupProbe, livenessProbe, readinessProbe } = containerOf(program, minimal);
    expect([startupProbe, livenessProbe, readinessProbe].map((probe) => probe['httpGet'])).toEqual(
      paths.map((path) => ({ path, port })),
    );
  });
});
