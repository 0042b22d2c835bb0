// What is measured: the mock provider itself, the bare proxy, and the gateway, each a process of its own on loopback.
import { fork, spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { request } from 'undici';

const READY_TRIES = 100;
const READY_PAUSE_MS = 100;
/** Lets a subject collect its garbage when it is told to, so that memory can be compared. */
const COLLECTABLE = ['--expose-gc', '--import', join(import.meta.dirname, 'collect-on-signal.ts')];

/** One thing that takes requests. */
export interface Subject {
  readonly name: string;
  readonly url: string;
  readonly pid: number;
  readonly headers?: Readonly<Record<string, string>>;
}

/** A provider, which can be told things. */
export interface Upstream {
  readonly origin: string;
  readonly pid: number;
  tell(message: object): void;
}

/** How a gateway may differ from the usual one. */
export interface GatewayChoice {
  /** For its Node. @default none */
  readonly nodeFlag?: string;
  /** The share of requests that is traced, from 0 to 1, and who gets the traces. @default traces are off */
  readonly traces?: { readonly share: number; readonly collector: Upstream };
}

/** All processes of one benchmark. */
export interface Cast {
  readonly folder: string;
  upstream(script: string): Promise<Upstream>;
  /** @default 64 connections */
  bareProxy(upstream: Upstream, connections?: number): Promise<Subject>;
  gateway(upstream: Upstream, choice?: GatewayChoice): Promise<Subject>;
  /** Starts a program that was told where to listen, and waits until it takes requests. */
  program(command: string, args: readonly string[], readyURL: string, env?: NodeJS.ProcessEnv): Promise<number>;
  stop(): void;
}

/** A port that was free a moment ago. */
export async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  return port;
}

async function untilReady(url: string): Promise<void> {
  for (let tries = 0; tries < READY_TRIES; tries += 1) {
    const ready = await request(url).then(
      async ({ statusCode, body }) => (await body.dump(), statusCode < 500),
      () => false,
    );
    if (ready) return;
    await new Promise((resolve) => setTimeout(resolve, READY_PAUSE_MS));
  }
  throw new Error(`${url} did not become ready within ${(READY_TRIES * READY_PAUSE_MS) / 1_000} s`);
}

/** Nobody yet. */
export function createCast(): Cast {
  const folder = mkdtempSync(join(tmpdir(), 'mcpworkflow-bench-'));
  const children: ChildProcess[] = [];

  async function forked(
    script: string,
    ...args: string[]
  ): Promise<{ child: ChildProcess; port: number; pid: number }> {
    const child = fork(join(import.meta.dirname, script), args, { execArgv: COLLECTABLE });
    children.push(child);
    const [message] = (await once(child, 'message')) as [{ readonly port: number }];
    return { child, port: message.port, pid: child.pid as number };
  }
  async function program(
    command: string,
    args: readonly string[],
    readyURL: string,
    env?: NodeJS.ProcessEnv,
  ): Promise<number> {
    const child = spawn(command, args, { stdio: ['ignore', 'ignore', 'inherit'], env: { ...process.env, ...env } });
    children.push(child);
    await Promise.race([
      untilReady(readyURL),
      once(child, 'exit').then(([code]) => Promise.reject(new Error(`${command} ended with ${String(code)}`))),
    ]);
    return child.pid as number;
  }

  return {
    folder,
    program,
    async upstream(script) {
      const { child, port, pid } = await forked(script);
      return { origin: `http://127.0.0.1:${port}`, pid, tell: (message) => void child.send(message) };
    },
    async bareProxy({ origin }, connections = 64) {
      const { port, pid } = await forked('bare-proxy.ts', origin, String(connections));
      return { name: 'bare node:http + undici', url: `http://127.0.0.1:${port}/`, pid };
    },
    async gateway({ origin }, { nodeFlag, traces } = {}) {
      const port = await freePort();
      const providers = join(folder, `providers-${port}.yaml`);
      const mock = { name: 'mock', protocol: 'Anthropic', baseURL: origin, models: ['claude-*'] };
      writeFileSync(providers, JSON.stringify({ providers: [mock] }));
      const main = join(import.meta.dirname, '../../operator/main.ts');
      const workflow = join(import.meta.dirname, '../../examples/yaml/01-triage-bot.yaml');
      const listen = `127.0.0.1:${port}`;
      const flags = nodeFlag === undefined ? COLLECTABLE : [...COLLECTABLE, nodeFlag];
      const args = [...flags, main, 'dev', workflow, '--providers', providers, '--listen', listen];
      if (traces) args.push('--otlp-endpoint', traces.collector.origin);
      const sampler = {
        OTEL_TRACES_SAMPLER: 'parentbased_traceidratio',
        OTEL_TRACES_SAMPLER_ARG: String(traces?.share),
      };
      const pid = await program(process.execPath, args, `http://${listen}/readyz`, traces && sampler);
      const traced = traces && `traces of ${traces.share * 100} %`;
      const name = ['mcpworkflow dev', nodeFlag, traced].filter((part) => part !== undefined).join(' with ');
      return { name, url: `http://${listen}/default/triage-bot/anthropic/v1/messages`, pid };
    },
    stop() {
      for (const child of children) child.kill();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
