// Every import rule is proven by planting a violation of it: a copy of the configuration is run over a small tree whose
// files break one rule each, and the names that come back must be all of them.
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { execFile } from 'node:child_process';
import { cp, mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';

const root = resolve(import.meta.dirname, '..');
const require = createRequire(import.meta.url);

/** Rule → the file that breaks it and the import that does so. */
const VIOLATIONS: readonly (readonly [rule: string, file: string, imports: string])[] = [
  ['api-stands-alone', 'lib/api/a.ts', 'node:crypto'],
  ['manifests-see-only-api', 'lib/manifests/a.ts', 'node:fs'],
  ['lib-never-sees-operator', 'lib/cdk8s/b.ts', '../../operator/clock.ts'],
  ['cdk8s-and-pulumi-apart', 'lib/cdk8s/a.ts', '../pulumi/a.ts'],
  ['decide-is-pure', 'operator/decide/a.ts', 'node:timers'],
  ['queue-stands-alone', 'operator/queue/a.ts', 'node:os'],
  ['routes-are-pure', 'operator/routes/a.ts', 'node:net'],
  ['telemetry-stands-alone', 'operator/telemetry/a.ts', '../clock.ts'],
  ['gateway-sees-only-routes', 'operator/gateway/a.ts', '../decide/b.ts'],
  ['gateway-rooms-look-down', 'operator/gateway/json/a.ts', '../front/b.ts'],
  ['gateway-rooms-look-down', 'operator/gateway/upstream/a.ts', '../course/b.ts'],
  ['observe-says-what-it-saw', 'operator/observe/a.ts', '../act/b.ts'],
  ['act-writes-through-ports', 'operator/act/a.ts', '../observe/b.ts'],
  ['kube-implements-ports', 'operator/kube/a.ts', '../gateway/b.ts'],
  ['dev-never-sees-kube', 'operator/dev/a.ts', '../kube/b.ts'],
  ['kubernetes-client-stays-in-kube', 'operator/main.ts', '@kubernetes/client-node'],
  ['opentelemetry-stays-in-telemetry', 'operator/serve.ts', '@opentelemetry/api'],
  ['opentelemetry-is-loaded-on-demand', 'operator/tracing.ts', './telemetry/otlp-traces.ts'],
  ['examples-use-the-published-name', 'examples/a.ts', '../lib/api/b.ts'],
  ['no-cycles', 'lib/api/cycle-back.ts', './cycle-front.ts'],
];

const LEAVES = [
  'operator/clock.ts',
  'operator/decide/b.ts',
  'operator/act/b.ts',
  'operator/observe/b.ts',
  'operator/gateway/b.ts',
  'operator/gateway/front/b.ts',
  'operator/gateway/course/b.ts',
  'operator/kube/b.ts',
  'operator/telemetry/otlp-traces.ts',
  'lib/pulumi/a.ts',
  'lib/api/b.ts',
];

let tree: string;
let reported: Set<string>;

async function plant(file: string, text: string): Promise<void> {
  await mkdir(dirname(join(tree, file)), { recursive: true });
  await writeFile(join(tree, file), text);
}

interface CruiseResult {
  readonly summary: {
    readonly violations: readonly { readonly rule: { readonly name: string }; readonly from: string }[];
  };
}

beforeAll(async () => {
  tree = await mkdtemp(join(tmpdir(), 'mcpworkflow-imports-'));
  await cp(join(root, '.dependency-cruiser.cjs'), join(tree, '.dependency-cruiser.cjs'));
  await cp(join(root, 'tsconfig.json'), join(tree, 'tsconfig.json'));
  await symlink(join(root, 'node_modules'), join(tree, 'node_modules'));
  await writeFile(
    join(tree, 'package.json'),
    '{"type":"module","dependencies":{"@kubernetes/client-node":"*","@opentelemetry/api":"*"}}',
  );
  for (const leaf of LEAVES) await plant(leaf, 'export const leaf = 1;\n');
  await plant('lib/api/cycle-front.ts', "import './cycle-back.ts';\n");
  for (const [, file, imports] of VIOLATIONS) await plant(file, `import '${imports}';\n`);
  const cli = join(root, 'node_modules/dependency-cruiser/bin/dependency-cruise.mjs');
  const args = [cli, '--config', '.dependency-cruiser.cjs', '--output-type', 'json', 'lib', 'operator', 'examples'];
  const stdout = await new Promise<string>((done) => {
    execFile(process.execPath, args, { cwd: tree, maxBuffer: 32 << 20 }, (_exit, out) => done(out));
  });
  const { summary } = JSON.parse(stdout) as CruiseResult;
  reported = new Set(summary.violations.map(({ rule, from }) => `${rule.name} ${from}`));
}, 60_000);

afterAll(() => rm(tree, { recursive: true, force: true }));

describe('the import rules', () => {
  it.each(VIOLATIONS)('%s is reported in %s', (rule, file) => {
    expect([...reported]).toContain(`${rule} ${file}`);
  });

  it('every rule of the configuration has its planted violation', () => {
    const { forbidden } = require(join(root, '.dependency-cruiser.cjs')) as {
      forbidden: readonly { readonly name: string }[];
    };
    const names = (all: readonly string[]) => [...new Set(all)].sort();
    expect(names(VIOLATIONS.map(([rule]) => rule))).toEqual(names(forbidden.map(({ name }) => name)));
  });
});
