// Who may import whom: the one machine-read form of the table in CONTRIBUTING.md. A rule that stops you is the design
// talking; test/import-rules.test.ts plants a violation of each and sees it reported.

/** Everything below `from` may import itself and `allowed`, and nothing else: no npm, no node:. */
const only = (name, from, allowed) => ({
  name,
  severity: 'error',
  from: { path: from },
  to: { pathNot: [from, ...allowed] },
});

/** Of our own code, everything below `from` may import itself and `allowed`; npm and node: are free. */
const ours = (name, from, allowed) => ({
  name,
  severity: 'error',
  from: { path: from },
  to: { path: '^(lib|operator)/', pathNot: [from, ...allowed] },
});

const TIME = '^operator/clock\\.ts$';
const ERRORS = '^operator/errors\\.ts$';
const WORDS = '^operator/provider-words\\.ts$';

/** The rooms of the gateway, from the street to the cellar: each may look down, none up. */
const GATEWAY_FLOORS = [
  ['front'],
  ['course'],
  ['traces'],
  ['health'],
  ['checks', 'upstream'],
  ['dialects', 'failures'],
  ['json'],
];

const gatewayRooms = GATEWAY_FLOORS.slice(0, -1).map((rooms, floor) => ({
  name: 'gateway-rooms-look-down',
  severity: 'error',
  from: {
    path: `^operator/gateway/(${GATEWAY_FLOORS.slice(floor + 1)
      .flat()
      .join('|')})/`,
  },
  to: { path: `^operator/gateway/(${rooms.join('|')})/` },
}));

module.exports = {
  forbidden: [
    { name: 'no-cycles', severity: 'error', from: {}, to: { circular: true } },
    only('api-stands-alone', '^lib/api/', ['(^|/)node_modules/zod/']),
    only('manifests-see-only-api', '^lib/manifests/', ['^lib/api/']),
    { name: 'lib-never-sees-operator', severity: 'error', from: { path: '^lib/' }, to: { path: '^operator/' } },
    {
      name: 'cdk8s-and-pulumi-apart',
      severity: 'error',
      from: { path: '^lib/(cdk8s|pulumi)/' },
      to: { path: '^lib/(cdk8s|pulumi)/', pathNot: '^lib/$1/' },
    },
    only('decide-is-pure', '^operator/decide/', ['^lib/api/']),
    only('queue-stands-alone', '^operator/queue/', [TIME]),
    only('routes-are-pure', '^operator/routes/', ['^lib/api/']),
    ours('telemetry-stands-alone', '^operator/telemetry/', []),
    ours('gateway-sees-only-routes', '^operator/gateway/', [
      '^lib/api/',
      '^operator/(routes|telemetry)/',
      TIME,
      ERRORS,
      WORDS,
    ]),
    ...gatewayRooms,
    ours('observe-says-what-it-saw', '^operator/observe/', [
      '^lib/api/',
      '^operator/(decide/types\\.ts|telemetry/)',
      TIME,
      ERRORS,
      WORDS,
    ]),
    ours('act-writes-through-ports', '^operator/act/', [
      '^lib/api/',
      '^operator/(decide/types\\.ts|telemetry/)',
      TIME,
      ERRORS,
    ]),
    ours('kube-implements-ports', '^operator/kube/', [
      '^lib/api/',
      '^operator/(act/types\\.ts|observe/|decide/types\\.ts|telemetry/)',
      TIME,
      ERRORS,
    ]),
    ours('dev-never-sees-kube', '^operator/dev/', ['^lib/', '^operator/(?!kube/|main\\.ts)']),
    {
      name: 'kubernetes-client-stays-in-kube',
      severity: 'error',
      from: { path: '^(lib|operator)/', pathNot: '^operator/kube/' },
      to: { path: '@kubernetes/client-node' },
    },
    {
      name: 'opentelemetry-stays-in-telemetry',
      severity: 'error',
      from: { path: '^(lib|operator)/', pathNot: '^operator/telemetry/' },
      to: { path: '@opentelemetry/' },
    },
    {
      name: 'opentelemetry-is-loaded-on-demand',
      severity: 'error',
      from: { path: '^operator/', pathNot: '^operator/telemetry/' },
      to: {
        path: '^operator/telemetry/(otlp-traces|otel-spans|bounded-spans)\\.ts$',
        dynamic: false,
        dependencyTypesNot: ['type-only'],
      },
    },
    {
      name: 'examples-use-the-published-name',
      severity: 'error',
      from: { path: '^examples/' },
      to: { path: '^(lib|operator)/' },
    },
  ],
  options: {
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    doNotFollow: { path: 'node_modules' },
    exclude: { path: '^test/fixtures/' },
    enhancedResolveOptions: { extensions: ['.ts', '.js', '.json'] },
  },
};
