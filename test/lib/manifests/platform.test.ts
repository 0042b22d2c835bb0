import { describe, expect, it } from '@jest/globals';
import type { Manifest, Manifests } from '../../../lib/manifests/manifest.ts';
import type { PlatformOptions } from '../../../lib/manifests/platform-options.ts';
import { platformManifests } from '../../../lib/manifests/platform.ts';
import { FULL_OPTIONS, member, membersOf, podSpecs } from './manifest-members.ts';

const MINIMAL_IDS = [
  'namespace',
  'operator-service-account',
  'operator-cluster-role',
  'operator-cluster-role-binding',
  'operator-role',
  'operator-role-binding',
  'gateway-service-account',
  'gateway-cluster-role',
  'gateway-cluster-role-binding',
  'gateway-role',
  'gateway-role-binding',
  'view-cluster-role',
  'edit-cluster-role',
  'provider-catalog',
  'gateway-service',
  'gateway-counters-service',
  'operator-service',
  'operator-network-policy',
  'gateway-network-policy',
  'operator-disruption-budget',
  'gateway-disruption-budget',
  'operator-deployment',
  'gateway-deployment',
];

const POD = 'spec.template.spec';
const CONTAINER = `${POD}.containers.0`;

interface Row {
  /** What the platform engineer says. */
  readonly name: string;
  readonly options: PlatformOptions;
  readonly id: string;
  readonly at: string;
  readonly is: unknown;
}

const rows: readonly Row[] = [
  {
    name: 'another namespace is in the metadata of what is in one',
    options: { namespace: 'ai' },
    id: 'gateway-deployment',
    at: 'metadata.namespace',
    is: 'ai',
  },
  {
    name: 'another namespace is in the names of what belongs to the whole cluster',
    options: { namespace: 'ai' },
    id: 'operator-cluster-role',
    at: 'metadata.name',
    is: 'mcpworkflow-operator-ai',
  },
  {
    name: 'an image by digest is what both run',
    options: { image: 'registry.example/mcp@sha256:abc' },
    id: 'gateway-deployment',
    at: `${CONTAINER}.image`,
    is: 'registry.example/mcp@sha256:abc',
  },
  {
    name: 'a pull policy',
    options: { imagePullPolicy: 'Never' },
    id: 'operator-deployment',
    at: `${CONTAINER}.imagePullPolicy`,
    is: 'Never',
  },
  {
    name: 'Secrets for the registry',
    options: { imagePullSecrets: ['pull'] },
    id: 'operator-deployment',
    at: `${POD}.imagePullSecrets`,
    is: [{ name: 'pull' }],
  },
  {
    name: 'a number of replicas',
    options: { gateway: { replicas: 5 } },
    id: 'gateway-deployment',
    at: 'spec.replicas',
    is: 5,
  },
  {
    name: 'resources replace the measured ones',
    options: { operator: { resources: { limits: { memory: '2Gi' } } } },
    id: 'operator-deployment',
    at: `${CONTAINER}.resources`,
    is: { limits: { memory: '2Gi' } },
  },
  {
    name: 'where pods may run',
    options: { gateway: { nodeSelector: { pool: 'ai' } } },
    id: 'gateway-deployment',
    at: `${POD}.nodeSelector`,
    is: { pool: 'ai' },
  },
  {
    name: 'which taints pods bear',
    options: { gateway: { tolerations: [{ operator: 'Exists' }] } },
    id: 'gateway-deployment',
    at: `${POD}.tolerations`,
    is: [{ operator: 'Exists' }],
  },
  {
    name: 'a priority',
    options: { operator: { priorityClassName: 'system-cluster-critical' } },
    id: 'operator-deployment',
    at: `${POD}.priorityClassName`,
    is: 'system-cluster-critical',
  },
  {
    name: 'labels of pods are beside the own ones',
    options: { gateway: { podLabels: { 'sidecar.istio.io/inject': 'false' } } },
    id: 'gateway-deployment',
    at: 'spec.template.metadata.labels',
    is: expect.objectContaining({
      'sidecar.istio.io/inject': 'false',
      'app.kubernetes.io/component': 'gateway',
    }),
  },
  {
    name: 'annotations of pods',
    options: { operator: { podAnnotations: { a: 'b' } } },
    id: 'operator-deployment',
    at: 'spec.template.metadata.annotations',
    is: { a: 'b' },
  },
  {
    name: 'labels are on every object',
    options: { labels: { team: 'ai' } },
    id: 'edit-cluster-role',
    at: 'metadata.labels.team',
    is: 'ai',
  },
  {
    name: 'annotations of the Service that callers use',
    options: { gateway: { serviceAnnotations: { lb: 'internal' } } },
    id: 'gateway-service',
    at: 'metadata.annotations',
    is: { lb: 'internal' },
  },
  {
    name: 'a certificate makes the kubelet ask over HTTPS',
    options: { gateway: { tlsSecret: 'gateway-tls' } },
    id: 'gateway-deployment',
    at: `${CONTAINER}.readinessProbe.httpGet`,
    is: { path: '/readyz', port: 'http', scheme: 'HTTPS' },
  },
  {
    name: 'a certificate is mounted as a folder, so that a renewed one is followed',
    options: { gateway: { tlsSecret: 'gateway-tls' } },
    id: 'gateway-deployment',
    at: `${POD}.volumes`,
    is: expect.arrayContaining([{ name: 'tls', secret: { secretName: 'gateway-tls', defaultMode: 0o440 } }]),
  },
  {
    name: 'pods get the linger, the limit of the drain and ten seconds more to end',
    options: { gateway: { drainLimit: '1m30s' } },
    id: 'gateway-deployment',
    at: `${POD}.terminationGracePeriodSeconds`,
    is: 5 + 90 + 10,
  },
  {
    name: 'only these callers may reach the gateway',
    options: { networkPolicy: { callers: [{ podSelector: {} }] } },
    id: 'gateway-network-policy',
    at: 'spec.ingress.0',
    is: { from: [{ podSelector: {} }], ports: [{ protocol: 'TCP', port: 4000 }] },
  },
  {
    name: 'only these scrapers may reach the operator',
    options: { networkPolicy: { scrapers: [{ podSelector: {} }] } },
    id: 'operator-network-policy',
    at: 'spec.ingress',
    is: [{ from: [{ podSelector: {} }], ports: [{ protocol: 'TCP', port: 8080 }] }],
  },
  {
    name: 'nobody but the operator reaches the counters',
    options: {},
    id: 'gateway-network-policy',
    at: 'spec.ingress.2',
    is: {
      from: [
        {
          podSelector: {
            matchLabels: { 'app.kubernetes.io/name': 'mcpworkflow', 'app.kubernetes.io/component': 'operator' },
          },
        },
      ],
      ports: [{ protocol: 'TCP', port: 4001 }],
    },
  },
  {
    name: 'without egress rules pods may call anywhere',
    options: {},
    id: 'gateway-network-policy',
    at: 'spec.policyTypes',
    is: ['Ingress'],
  },
  {
    name: 'egress rules are added to DNS and the API server',
    options: { networkPolicy: { egress: { to: [{ ports: [{ port: 443 }] }], apiServer: [{ podSelector: {} }] } } },
    id: 'gateway-network-policy',
    at: 'spec.egress',
    is: [
      {
        ports: [
          { protocol: 'UDP', port: 53 },
          { protocol: 'TCP', port: 53 },
        ],
      },
      {
        to: [{ podSelector: {} }],
        ports: [
          { protocol: 'TCP', port: 443 },
          { protocol: 'TCP', port: 6443 },
        ],
      },
      { ports: [{ port: 443 }] },
    ],
  },
  {
    name: 'the labels by which the Prometheus operator finds monitors',
    options: { monitoring: { serviceMonitor: true, labels: { release: 'prometheus' } } },
    id: 'gateway-service-monitor',
    at: 'metadata.labels.release',
    is: 'prometheus',
  },
  {
    name: 'runbooks of their own',
    options: { monitoring: { prometheusRule: true, runbookURL: 'https://wiki.example/runbooks/' } },
    id: 'prometheus-rule',
    at: 'spec.groups.0.rules.0.annotations.runbook_url',
    is: 'https://wiki.example/runbooks/operator-silent.md',
  },
  {
    name: 'Secrets of workflows are named in a Role where they are',
    options: { workflowSecrets: [{ namespace: 'team-a', secrets: ['vllm'] }] },
    id: 'workflow-secrets-role-team-a',
    at: 'rules.0.resourceNames',
    is: ['vllm'],
  },
  {
    name: 'an undefined option is one that was not said',
    options: { gateway: { replicas: undefined }, namespace: undefined } as unknown as PlatformOptions,
    id: 'gateway-deployment',
    at: 'spec.replicas',
    is: 2,
  },
];

const argsOf = (options: PlatformOptions, id: string): unknown =>
  member(platformManifests(options)[id], `${CONTAINER}.args`);

const idsOf = (options: PlatformOptions): readonly string[] => Object.keys(platformManifests(options));

describe('the manifests of a platform', () => {
  it('are these, in the order in which they may be applied', () => {
    expect(idsOf({})).toEqual(MINIMAL_IDS);
  });

  it.each(rows)('$name', ({ options, id, at, is }) => {
    const manifest = platformManifests(options)[id];
    expect(manifest).toBeDefined();
    expect(member(manifest as Manifest, at)).toEqual(is);
  });

  const structure: readonly [string, PlatformOptions, readonly string[], readonly string[]][] = [
    ['no namespace when there is one', { createNamespace: false }, [], ['namespace']],
    ['no policies', { networkPolicy: { enabled: false } }, [], ['operator-network-policy', 'gateway-network-policy']],
    ['monitors', { monitoring: { serviceMonitor: true } }, ['operator-service-monitor', 'gateway-service-monitor'], []],
    ['alerts', { monitoring: { prometheusRule: true } }, ['prometheus-rule'], []],
    [
      'a Role and its binding for each namespace with Secrets of workflows',
      {
        workflowSecrets: [
          { namespace: 'a', secrets: ['x'] },
          { namespace: 'b', secrets: ['y'] },
        ],
      },
      [
        'workflow-secrets-role-a',
        'workflow-secrets-role-binding-a',
        'workflow-secrets-role-b',
        'workflow-secrets-role-binding-b',
      ],
      [],
    ],
  ];
  it.each(structure)('on demand: %s', (_, options, more, fewer) => {
    const made = idsOf(options);
    expect([...made].sort()).toEqual([...MINIMAL_IDS.filter((id) => !fewer.includes(id)), ...more].sort());
  });

  it.each([
    ['--allow-upstream', { allowUpstream: ['a.example', 'b.example:8443'] }, ['a.example', 'b.example:8443']],
    ['--log-level', { gateway: { logLevel: 'debug' } }, ['debug']],
    ['--drain-limit', { gateway: { drainLimit: '30s' } }, ['30s']],
    ['--otlp-endpoint', { gateway: { otlpEndpoint: 'http://otel:4318' } }, ['http://otel:4318']],
    ['--insecure-no-auth', { gateway: { insecureNoAuth: true } }, ['true']],
    ['--tls-cert', { gateway: { tlsSecret: 't' } }, ['/etc/mcpworkflow/tls/tls.crt']],
    ['--tls-key', { gateway: { tlsSecret: 't' } }, ['/etc/mcpworkflow/tls/tls.key']],
  ] as const)('the gateway is told %s', (flag, options, values) => {
    const args = argsOf(options, 'gateway-deployment') as readonly string[];
    expect(args.flatMap((arg, index) => (arg === flag ? [args[index + 1]] : []))).toEqual(values);
  });

  it('the same options give the same bytes, and stay as they were', () => {
    const given = JSON.stringify(FULL_OPTIONS);
    const made = JSON.stringify(platformManifests(FULL_OPTIONS));
    expect(JSON.stringify(platformManifests(JSON.parse(given) as PlatformOptions))).toBe(made);
    expect(JSON.stringify(FULL_OPTIONS)).toBe(given);
  });

  it('two platforms in two namespaces have no object in common', () => {
    const identity = ({ kind, metadata }: Manifest) => `${kind} ${metadata.namespace ?? ''} ${metadata.name}`;
    const of = (namespace: string) =>
      Object.values(platformManifests({ namespace, workflowSecrets: [{ namespace: 'team', secrets: ['s'] }] })).map(
        identity,
      );
    expect(of('one').filter((id) => of('two').includes(id))).toEqual([]);
  });

  it('every object is labelled by the convention, and nothing in it is undefined', () => {
    for (const manifest of Object.values(platformManifests(FULL_OPTIONS))) {
      expect(manifest.metadata.labels).toMatchObject({
        'app.kubernetes.io/name': 'mcpworkflow',
        'app.kubernetes.io/part-of': 'mcpworkflow',
      });
      expect(membersOf(manifest).filter(([, value]) => value === undefined)).toEqual([]);
    }
  });

  it('no object is a Secret', () => {
    expect(Object.values(platformManifests(FULL_OPTIONS)).filter(({ kind }) => kind === 'Secret')).toEqual([]);
  });
});

describe('what people may do with workflows', () => {
  it.each([
    ['view-cluster-role', ['view', 'edit', 'admin'], ['get', 'list', 'watch']],
    ['edit-cluster-role', ['edit', 'admin'], ['create', 'update', 'patch', 'delete', 'deletecollection']],
  ])('%s is added to the roles %p of Kubernetes', (id, roles, verbs) => {
    const manifest = platformManifests()[id];
    const added = Object.keys(manifest?.metadata.labels ?? {}).filter((name) => name.includes('aggregate-to'));
    expect(added).toEqual(roles.map((role) => `rbac.authorization.k8s.io/aggregate-to-${role}`));
    // Without the status: nobody but the operator writes it.
    expect(member(manifest, 'rules')).toEqual([{ apiGroups: ['ai.example.com'], resources: ['mcpworkflows'], verbs }]);
  });
});

describe('pods', () => {
  const all = (manifests: Manifests) => podSpecs(manifests).map((pod) => [pod.program, pod] as const);

  it.each(all(platformManifests(FULL_OPTIONS)))('of the %s pass Pod Security restricted', (_, { spec }) => {
    expect(spec.securityContext).toMatchObject({ runAsNonRoot: true, seccompProfile: { type: 'RuntimeDefault' } });
    for (const { securityContext } of spec.containers) {
      expect(securityContext).toMatchObject({ allowPrivilegeEscalation: false, capabilities: { drop: ['ALL'] } });
    }
    const allowed = ['name', 'configMap', 'projected', 'secret'];
    expect(spec.volumes.flatMap((volume) => Object.keys(volume)).filter((key) => !allowed.includes(key))).toEqual([]);
    for (const field of ['hostNetwork', 'hostPID', 'hostIPC']) expect(spec).not.toHaveProperty(field);
  });

  it.each(all(platformManifests()))('of the %s write nothing, as user 65532', (_, { spec }) => {
    expect(spec.securityContext).toMatchObject({ runAsUser: 65_532, runAsGroup: 65_532 });
    for (const { securityContext, volumeMounts } of spec.containers) {
      expect(securityContext).toMatchObject({ readOnlyRootFilesystem: true });
      for (const mount of volumeMounts) expect(mount).toMatchObject({ readOnly: true });
      // What is mounted file by file is not followed by the kubelet.
      for (const mount of volumeMounts) expect(mount).not.toHaveProperty('subPath');
    }
  });
});
