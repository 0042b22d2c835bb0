// What others make of the same load: HAProxy when it is installed, Portkey when it is asked for (it is fetched from npm into
// the benchmark's own folder, and is no dependency of this project).
import { execFileSync, spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { freePort } from './subjects.ts';
import type { Cast, Subject, Upstream } from './subjects.ts';

const PORTKEY = '1.15.2';

/** The peers that can run here, and a line for each that cannot. */
export interface Peers {
  readonly subjects: readonly Subject[];
  readonly leftOut: readonly string[];
}

const isInstalled = (command: string, ...args: string[]) => spawnSync(command, args).status === 0;

function haproxyConfig(port: number, { origin }: Upstream): string {
  return `
global
  nbthread 1
defaults
  mode http
  timeout connect 5s
  timeout client 60s
  timeout server 60s
  http-reuse always
  retries 2
  option redispatch
  retry-on all-retryable-errors
frontend callers
  bind 127.0.0.1:${port}
  default_backend models
backend models
  server primary ${new URL(origin).host}
  server fallback ${new URL(origin).host} backup
`;
}

async function startHAProxy(cast: Cast, upstream: Upstream): Promise<Subject> {
  const port = await freePort();
  const file = join(cast.folder, 'haproxy.cfg');
  writeFileSync(file, haproxyConfig(port, upstream));
  const url = `http://127.0.0.1:${port}/v1/messages`;
  const pid = await cast.program('haproxy', ['-db', '-f', file], url);
  return { name: 'HAProxy, one thread', url, pid };
}

/** As published it listens on all interfaces, and streams break with the server library that it asks for. */
function installPortkey(folder: string): string {
  const manifest = {
    private: true,
    dependencies: { '@portkey-ai/gateway': PORTKEY },
    overrides: { '@hono/node-server': '1.13.8' },
  };
  writeFileSync(join(folder, 'package.json'), JSON.stringify(manifest));
  execFileSync('npm', ['install', '--no-audit', '--no-fund', '--ignore-scripts'], { cwd: folder, stdio: 'ignore' });
  const loopback = join(folder, 'loopback.cjs');
  writeFileSync(
    loopback,
    `const { Server } = require('node:net'); const { listen } = Server.prototype;
Server.prototype.listen = function (port, ...rest) {
  const options = typeof port === 'object' ? port : { port };
  return listen.call(this, { ...options, host: '127.0.0.1' }, ...rest.filter((each) => typeof each === 'function'));
};`,
  );
  return loopback;
}

async function startPortkey(cast: Cast, upstream: Upstream): Promise<Subject> {
  const port = await freePort();
  const loopback = installPortkey(cast.folder);
  const server = join(cast.folder, 'node_modules/@portkey-ai/gateway/build/start-server.js');
  const origin = `http://127.0.0.1:${port}`;
  const args = ['--require', loopback, server, `--port=${port}`, '--headless'];
  const pid = await cast.program(process.execPath, args, `${origin}/`);
  const target = { provider: 'openai', api_key: 'k', custom_host: `${upstream.origin}/v1` };
  const config = { strategy: { mode: 'fallback' }, targets: [target, target] };
  const headers = { 'x-portkey-config': JSON.stringify(config) };
  return { name: `Portkey ${PORTKEY}`, url: `${origin}/v1/chat/completions`, pid, headers };
}

/** Starts those that can run. */
export async function startPeers(cast: Cast, upstream: Upstream, withPortkey: boolean): Promise<Peers> {
  const subjects: Subject[] = [];
  const leftOut: string[] = [];
  if (isInstalled('haproxy', '-v')) subjects.push(await startHAProxy(cast, upstream));
  else leftOut.push('HAProxy was left out: install it (Debian: apt-get install haproxy) to have it here');
  if (withPortkey) subjects.push(await startPortkey(cast, upstream));
  else leftOut.push('Portkey was left out: --peers fetches it from npm into a temporary folder');
  return { subjects, leftOut };
}
