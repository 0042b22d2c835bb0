// What a request through the gateway costs, beside a bare node:http + undici proxy in the same run. The absolute figures
// move with the machine; the ratios are what counts. Usage: npm run bench:gateway [-- SECONDS]
import autocannon from 'autocannon';
import { fork, spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { request } from 'undici';

const SECONDS = Number(process.argv[2] ?? 8);
const CONNECTIONS = 16;
const ROUNDS = 3;
const TICKS_PER_SECOND = 100;
const folder = mkdtempSync(join(tmpdir(), 'mcpworkflow-bench-'));
const children: ChildProcess[] = [];

const forked = (script: string, ...args: string[]): Promise<{ port: number; pid: number }> =>
  new Promise((resolve, reject) => {
    const child = fork(join(import.meta.dirname, 'gateway', script), args);
    children.push(child);
    child.once('message', (message) => resolve({ port: (message as { port: number }).port, pid: child.pid ?? 0 }));
    child.once('exit', (code) => reject(new Error(`${script} ended with ${String(code)}`)));
  });

const freePort = (): Promise<number> =>
  new Promise((resolve) => {
    const server = createServer().listen(0, '127.0.0.1', () => {
      const { port } = server.address() as AddressInfo;
      server.close(() => resolve(port));
    });
  });

async function gateway(upstreamPort: number): Promise<{ port: number; pid: number }> {
  const port = await freePort();
  const workflow = join(folder, 'workflow.yaml');
  const providers = join(folder, 'providers.yaml');
  writeFileSync(workflow, readFileSync(join(import.meta.dirname, '../examples/yaml/01-triage-bot.yaml')));
  const catalog = {
    providers: [
      { name: 'mock', protocol: 'Anthropic', baseURL: `http://127.0.0.1:${upstreamPort}`, models: ['claude-*'] },
    ],
  };
  writeFileSync(providers, JSON.stringify(catalog));
  const main = join(import.meta.dirname, '../operator/main.ts');
  const child = spawn(
    process.execPath,
    [main, 'dev', workflow, '--providers', providers, '--listen', `127.0.0.1:${port}`],
    {
      stdio: ['ignore', 'ignore', 'inherit'],
    },
  );
  children.push(child);
  for (let tries = 0; tries < 100; tries += 1) {
    const ready = await request(`http://127.0.0.1:${port}/readyz`).then(
      async (answer) => (await answer.body.dump(), answer.statusCode === 200),
      () => false,
    );
    if (ready) return { port, pid: child.pid ?? 0 };
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  throw new Error('the gateway did not become ready within 10 s');
}

/** CPU seconds that a process has used, from /proc; NaN where there is none. */
function cpuSeconds(pid: number): number {
  try {
    const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]?.split(' ') ?? [];
    return (Number(fields[11]) + Number(fields[12])) / TICKS_PER_SECOND;
  } catch {
    return NaN;
  }
}

interface Figures {
  readonly perSecond: number;
  readonly p50: number;
  readonly p99: number;
  readonly cpuMicros: number;
  readonly failed: number;
}

async function load(
  url: string,
  pid: number,
  body: string | Buffer,
  connections: number,
  seconds: number,
): Promise<Figures> {
  const before = cpuSeconds(pid);
  const result = await autocannon({
    url,
    method: 'POST',
    headers: { 'content-type': 'application/json', 'anthropic-version': '2023-06-01' },
    body,
    connections,
    duration: seconds,
  });
  const total = result['2xx'] + result.non2xx;
  return {
    perSecond: total / result.duration,
    p50: result.latency.p50,
    p99: result.latency.p99,
    cpuMicros: ((cpuSeconds(pid) - before) / total) * 1e6,
    failed: result.non2xx + result.errors,
  };
}

const median = (values: readonly number[]): number =>
  [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? NaN;

const summary = (rounds: readonly Figures[]): Figures => ({
  perSecond: median(rounds.map((round) => round.perSecond)),
  p50: median(rounds.map((round) => round.p50)),
  p99: median(rounds.map((round) => round.p99)),
  cpuMicros: median(rounds.map((round) => round.cpuMicros)),
  failed: rounds.reduce((sum, round) => sum + round.failed, 0),
});

const row = (name: string, { perSecond, p50, p99, cpuMicros, failed }: Figures): void =>
  console.log(
    `${name.padEnd(34)} ${perSecond.toFixed(0).padStart(7)} req/s  p50 ${p50.toFixed(1)} ms  p99 ${p99.toFixed(1)} ms  CPU ${cpuMicros.toFixed(0)} µs/req  failed ${failed}`,
  );

const message = (prompt: string) =>
  JSON.stringify({ model: 'm', max_tokens: 64, messages: [{ role: 'user', content: prompt }] });

async function main(): Promise<void> {
  const upstream = await forked('upstream.ts');
  const bare = await forked('bare-proxy.ts', `http://127.0.0.1:${upstream.port}`);
  const ours = await gateway(upstream.port);
  const small = message('x'.repeat(900));
  const image = message('A'.repeat(4 << 20));
  const bareURL = `http://127.0.0.1:${bare.port}/`;
  const oursURL = `http://127.0.0.1:${ours.port}/default/triage-bot/anthropic/v1/messages`;

  const bareRounds: Figures[] = [];
  const oursRounds: Figures[] = [];
  for (let round = 0; round < ROUNDS; round += 1) {
    bareRounds.push(await load(bareURL, bare.pid, small, CONNECTIONS, SECONDS));
    oursRounds.push(await load(oursURL, ours.pid, small, CONNECTIONS, SECONDS));
  }
  console.log(`\n1 KiB bodies, ${CONNECTIONS} connections, median of ${ROUNDS} rounds of ${SECONDS} s`);
  row('bare node:http + undici', summary(bareRounds));
  row('mcpworkflow dev', summary(oursRounds));
  const throughput = summary(oursRounds).perSecond / summary(bareRounds).perSecond;
  const cpu = summary(oursRounds).cpuMicros / summary(bareRounds).cpuMicros;
  console.log(`ratio: throughput ${throughput.toFixed(2)} (aim ≥ 0.75), CPU per request ${cpu.toFixed(2)}`);

  console.log('\n4 MiB image bodies (2 connections) beside 1 KiB traffic (16 connections)');
  for (const [name, url, pid] of [
    ['bare node:http + undici', bareURL, bare.pid],
    ['mcpworkflow dev', oursURL, ours.pid],
  ] as const) {
    const [smallFigures, imageFigures] = await Promise.all([
      load(url, pid, small, CONNECTIONS, SECONDS),
      load(url, pid, image, 2, SECONDS),
    ]);
    row(`${name}, 1 KiB`, smallFigures);
    row(`${name}, 4 MiB`, imageFigures);
  }
}

try {
  await main();
} finally {
  for (const child of children) child.kill();
  rmSync(folder, { recursive: true, force: true });
}
