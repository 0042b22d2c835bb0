// The program as a process: exit codes, and that it ends when told to.
import { afterEach, describe, expect, it } from '@jest/globals';
import { spawn } from 'node:child_process';
import { once } from 'node:events';

const children: ReturnType<typeof spawn>[] = [];
afterEach(() => {
  for (const child of children.splice(0)) child.kill('SIGKILL');
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

describe('the program', () => {
  it('--help lists the commands and exits with 0', async () => {
    const { seen, exited } = start('--help');
    expect(await exited).toBe(0);
    expect(seen.out).toMatch(/operator[^]*gateway[^]*dev[^]*demo[^]*key/);
  }, 20_000);

  it.each([
    [['dev', 'none.yaml'], /^none\.yaml: cannot be read: there is no such file\n$/],
    [['gateway', '--providers', 'p', '--listen', 'everywhere'], /--listen/],
  ])(
    '%p exits with 2 and a sentence',
    async (args, expected) => {
      const { seen, exited } = start(...args);
      expect(await exited).toBe(2);
      expect(seen.err).toMatch(expected);
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
