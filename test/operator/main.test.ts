// The program as a process: exit codes, and that it ends when told to.
import { afterEach, describe, expect, it } from '@jest/globals';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const folders: string[] = [];
const children: ReturnType<typeof spawn>[] = [];
afterEach(() => {
  for (const child of children.splice(0)) child.kill('SIGKILL');
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true });
});

function start(...args: string[]) {
  const env = { ...process.env, ANTHROPIC_API_KEY: '' };
  const child = spawn(process.execPath, ['operator/main.ts', ...args], { env, stdio: 'pipe' });
  children.push(child);
  const seen = { out: '', err: '' };
  child.stdout.on('data', (part: Buffer) => (seen.out += part.toString()));
  child.stderr.on('data', (part: Buffer) => (seen.err += part.toString()));
  const exited = once(child, 'exit').then(([code]: unknown[]) => code);
  return { child, seen, exited };
}

/** A catalog, and a kubeconfig of a server that does not answer. */
function startable(): readonly string[] {
  const folder = mkdtempSync(join(tmpdir(), 'mcpworkflow-main-'));
  folders.push(folder);
  const [catalog, kubeconfig] = [join(folder, 'providers.yaml'), join(folder, 'kubeconfig')];
  writeFileSync(catalog, 'providers: []\n');
  const clusters = [{ name: 'c', cluster: { server: 'http://127.0.0.1:1' } }];
  const contexts = [{ name: 'c', context: { cluster: 'c', user: 'u' } }];
  const users = [{ name: 'u', user: {} }];
  const config = { apiVersion: 'v1', kind: 'Config', 'current-context': 'c', clusters, contexts, users };
  writeFileSync(kubeconfig, JSON.stringify(config));
  return ['--providers', catalog, '--kubeconfig', kubeconfig];
}

describe('the program', () => {
  it('--help lists the commands and exits with 0', async () => {
    const { seen, exited } = start('--help');
    expect(await exited).toBe(0);
    expect(seen.out).toMatch(/operator[^]*gateway[^]*dev[^]*demo[^]*key[^]*manifests/);
  }, 20_000);

  it.each([
    [['dev', 'none.yaml'], /^none\.yaml: cannot be read: there is no such file\n$/],
    [['gateway', '--providers', 'p', '--listen', 'everywhere'], /--listen/],
    [['manifests', '--namespace', 'A'], /^error: --namespace must be a namespace: /],
  ])(
    '%p exits with 2 and a sentence',
    async (args, expected) => {
      const { seen, exited } = start(...args);
      expect(await exited).toBe(2);
      expect(seen.err).toMatch(expected);
    },
    20_000,
  );

  // proves mistakes-get-a-sentence
  it.each([
    ['gateway', '--listen', ['--counters-listen', '127.0.0.1:0']],
    ['gateway', '--counters-listen', ['--listen', '127.0.0.1:0']],
    ['operator', '--metrics-listen', ['--gateway-counters', 'http://127.0.0.1:1']],
  ])(
    '%s ends with 2 and a sentence when the port of %s is taken',
    async (command, flag, more) => {
      const taken = createServer().listen(0, '127.0.0.1');
      await once(taken, 'listening');
      const address = `127.0.0.1:${(taken.address() as AddressInfo).port}`;
      const { seen, exited } = start(command, ...startable(), flag, address, ...more);
      const code = await exited;
      taken.close();
      expect(code).toBe(2);
      expect(seen.err).toContain(`${flag} ${address}: the port is in use`);
    },
    20_000,
  );

  it('dev ends with 0 on SIGTERM, though its terminal stays open', async () => {
    const { child, seen, exited } = start('dev', 'examples/yaml/01-triage-bot.yaml', '--listen', '127.0.0.1:0');
    while (!seen.out.includes('Status: curl')) await new Promise((resolve) => void setTimeout(resolve, 20));
    child.kill('SIGTERM');
    expect(await exited).toBe(0);
    expect(seen.err).toBe('');
  }, 20_000);
});
