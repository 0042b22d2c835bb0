// The program as it is installed: one file, in a project that has nothing of the sources.
import { strict as assert } from 'node:assert';
import { mkdirSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { PROGRAM } from '../../scripts/build/published-manifest.ts';
import { ROOT, rootManifest } from '../../scripts/build/root-manifest.ts';
import type { Checks } from './checks.ts';
import { execute, exitOf, plainEnvironment } from './execute.ts';
import { install } from './projects.ts';

/** Of the first request of the operator. */
const ASK_MS = 30_000;
const OLD_NODE = '20.20.2';
/** As package.json says it. */
const OLDEST_NODE = '22.19.0';
const START_MS = 1000;
/** Of the program's own start; a loaded machine makes single starts longer. */
const STARTS = 3;

/** What the installed program is checked by. `folder` is a project with the package, `scratch` anything. */
export async function checkProgram(checks: Checks, folder: string, scratch: string): Promise<void> {
  const bin = join(folder, 'node_modules/.bin/mcpworkflow');
  const sources = join(ROOT, 'operator/main.ts');
  const { version } = rootManifest();

  await checks.check('the installed program says its version', async () => {
    assert.equal((await execute(bin, ['--version'], folder)).stdout, `${version}\n`);
  });
  await checks.check('the installed program starts in less than a second', async () => {
    const times: number[] = [];
    for (let start = 0; start < STARTS; start += 1) {
      const startedAt = performance.now();
      await execute(bin, ['--version'], folder);
      times.push(performance.now() - startedAt);
    }
    assert.ok(Math.min(...times) < START_MS, `it took ${times.map(Math.round).join(', ')} ms`);
  });
  for (const args of [['--help'], ['operator', '--help'], ['gateway', '--help'], ['dev', '--help'], ['manifests']]) {
    await checks.check(`the installed program prints for ${args.join(' ')} what its sources print`, async () => {
      const [installed, run] = [
        await execute(bin, args, folder),
        await execute(process.execPath, [sources, ...args], folder),
      ];
      assert.notEqual(installed.stdout, '');
      assert.deepEqual(installed, run);
    });
  }
  await checks.check('the installed program makes a key', async () => {
    const { stdout, stderr } = await execute(bin, ['key', 'batch-job'], folder);
    assert.match(stdout, /kind: Secret/);
    assert.match(stderr, /sha256: [0-9a-f]{64}/);
  });
  await checks.check('the installed program follows a kubeconfig to its API server, with its token', () =>
    asksApiServer(bin, scratch),
  );
  const nodes = join(scratch, 'nodes');
  mkdirSync(nodes, { recursive: true });
  writeFileSync(join(nodes, 'package.json'), '{"private":true}');
  const binary = `npm:node-${process.platform}-${process.arch}`;
  await install(nodes, `old@${binary}@${OLD_NODE}`, `oldest@${binary}@${OLDEST_NODE}`);
  const program = join(folder, 'node_modules/mcpworkflow', PROGRAM);
  await checks.check('the oldest Node that is supported runs the installed program', async () => {
    const node = join(nodes, 'node_modules/oldest/bin/node');
    const [onOldest, onOurs] = [
      await execute(node, [program, 'manifests'], folder),
      await execute(bin, ['manifests'], folder),
    ];
    assert.deepEqual(onOldest, onOurs);
  });
  await checks.check('a Node that is too old gets a sentence, not a stack', async () => {
    const { code, stdout, stderr } = await exitOf(
      join(nodes, 'node_modules/old/bin/node'),
      [program, '--help'],
      folder,
    );
    assert.deepEqual({ code, stdout }, { code: 2, stdout: '' });
    assert.equal(stderr, `mcpworkflow needs Node 22.19 or newer, and this is v${OLD_NODE}.\n`);
  });
}

/** The demo, which takes half a minute and does little: it runs beside everything else. */
export const checkDemo = (checks: Checks, folder: string): Promise<void> =>
  checks.check('the installed program shows its demo, and loses no request', async () => {
    const { stdout } = await execute(join(folder, 'node_modules/.bin/mcpworkflow'), ['demo'], folder);
    assert.match(stdout, /requests lost +0 /);
  });

/** Reading a kubeconfig is the one thing of the Kubernetes client that the bundle keeps. */
async function asksApiServer(bin: string, scratch: string): Promise<void> {
  const server = createServer();
  const asked = new Promise<IncomingMessage>((resolve) =>
    server.on('request', (request, response) => {
      response.writeHead(503).end();
      resolve(request);
    }),
  );
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const kubeconfig = join(scratch, 'kubeconfig');
  const providers = join(scratch, 'providers.yaml');
  writeFileSync(kubeconfig, JSON.stringify(kubeconfigOf(`http://127.0.0.1:${(server.address() as AddressInfo).port}`)));
  writeFileSync(providers, 'providers: []\n');
  const args = ['operator', '--providers', providers, '--kubeconfig', kubeconfig, '--metrics-listen', '127.0.0.1:0'];
  const child = spawn(bin, args, { stdio: ['ignore', 'pipe', 'pipe'], env: plainEnvironment() });
  const limit = setTimeout(() => child.kill(), ASK_MS);
  let said = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (part: Buffer) => (said += part.toString()));
  const ended = new Promise<never>((_, reject) =>
    child.on('exit', (code) => reject(new Error(`ended with ${code}: ${said}`))),
  );
  try {
    const { headers, url } = await Promise.race([asked, ended]);
    assert.match(url ?? '', /^\/apis?\//);
    assert.equal(headers.authorization, 'Bearer for-a-test');
  } finally {
    clearTimeout(limit);
    ended.catch(() => undefined);
    child.kill('SIGKILL');
    server.closeAllConnections();
    server.close();
  }
}

const kubeconfigOf = (url: string) => ({
  apiVersion: 'v1',
  kind: 'Config',
  'current-context': 'c',
  // Without it the client sends no token over plain HTTP.
  clusters: [{ name: 'c', cluster: { server: url, 'insecure-skip-tls-verify': true } }],
  contexts: [{ name: 'c', context: { cluster: 'c', user: 'u' } }],
  users: [{ name: 'u', user: { token: 'for-a-test' } }],
});
