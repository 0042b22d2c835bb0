// The commands as a person meets them: what is printed, and how they end.
import { afterEach, describe, expect, it } from '@jest/globals';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { request } from 'undici';
import { PassThrough } from 'node:stream';
import type { DevConfig } from '../../../operator/config.ts';
import { DEMO_MANIFEST } from '../../../operator/dev/demo.ts';
import { howToCall } from '../../../operator/dev/greeting.ts';
import { runDev } from '../../../operator/dev/run.ts';
import { SetupError } from '../../../operator/errors.ts';
import type { WorkflowRoute } from '../../../operator/routes/types.ts';
import { startOTLPReceiver } from '../../fakes/otlp-receiver.ts';

const folders: string[] = [];
afterEach(() => {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true });
});

function setup(files: Record<string, string>) {
  const folder = mkdtempSync(join(tmpdir(), 'mcpworkflow-run-'));
  folders.push(folder);
  for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text);
  const out: string[] = [];
  const stdin = new PassThrough();
  let end = () => {};
  const ended = new Promise<void>((resolve) => (end = resolve));
  const terminal = {
    stdout: { write: (text: string) => out.push(text) },
    stderr: { write: () => true },
    stdin,
    env: {},
    ended,
  };
  const config = (more: Partial<DevConfig> = {}): DevConfig => ({
    command: 'dev',
    files: [join(folder, 'w.yaml')],
    listen: { host: '127.0.0.1', port: 0 },
    insecureNoAuth: false,
    break: [],
    logLevel: 'silent',
    ...more,
  });
  const until = async (text: string) => {
    for (let turn = 0; turn < 400 && !out.join('').includes(text); turn += 1) {
      await new Promise((resolve) => void setTimeout(resolve, 5));
    }
    expect(out.join('')).toContain(text);
  };
  return { folder, out, stdin, end, config, terminal, until };
}

describe('dev', () => {
  it('says how to call it, obeys what is typed, and ends with 0', async () => {
    const { terminal, config, stdin, end, until } = setup({ 'w.yaml': `${DEMO_MANIFEST}---\nkind: Secret\n` });
    const code = runDev(config({ break: [{ model: 'claude-opus-4-8', mode: '529' }] }), terminal);
    await until('export ANTHROPIC_BASE_URL=http://127.0.0.1:');
    await until('export ANTHROPIC_API_KEY=any');
    await until('curl $ANTHROPIC_BASE_URL/v1/messages');
    await until('Secret is left alone');
    await until(
      'claude-opus-4-8 cannot be served (SecretNotFound): the environment variable ANTHROPIC_API_KEY is not set',
    );
    await until('claude-opus-4-8 fails on purpose (529)');
    stdin.write('heal\n');
    await until('healed: claude-opus-4-8');
    stdin.write('break claude-opus-4-8=hang\n');
    await until('broken: claude-opus-4-8 (hang)');
    stdin.write('heal nobody\n');
    await until('nothing is broken');
    end();
    expect(await code).toBe(0);
  });

  it('sends the last traces before it ends', async () => {
    const { terminal, config, end, until, out } = setup({ 'w.yaml': DEMO_MANIFEST });
    const collector = await startOTLPReceiver();
    const code = runDev(config({ otlpEndpoint: collector.origin }), terminal);
    await until('export ANTHROPIC_BASE_URL=');
    const base = /ANTHROPIC_BASE_URL=(\S+)/.exec(out.join(''))?.[1] ?? '';
    const answer = await request(`${base}/v1/models`);
    await answer.body.dump();
    end();
    expect(await code).toBe(0);
    await collector.close();
    expect(collector.spans.map(({ name, attributes }) => [name, attributes['mcpworkflow.refusal']])).toEqual([
      ['GET /{namespace}/{workflow}/anthropic/v1/models', 'no_provider_for_dialect'],
    ]);
    expect(collector.spans[0]?.resource['service.name']).toBe('mcpworkflow-dev');
  });

  // proves mistakes-get-a-sentence
  it('ends with every problem and its place when files are wrong', async () => {
    const { terminal, config, folder } = setup({ 'w.yaml': DEMO_MANIFEST.replace('primary', 'primry') });
    const problem = await runDev(config({ providers: join(folder, 'p.yaml') }), terminal).catch(String);
    expect(problem).toMatch(/p\.yaml: cannot be read: there is no such file\n/);
    expect(problem).toMatch(/w\.yaml:\d+: spec\.models\.primry: .*did you mean primary/);
  });

  it('ends with a sentence when the state cannot be kept where it should', async () => {
    const { terminal, config, folder } = setup({ 'w.yaml': DEMO_MANIFEST });
    const failing = runDev(config({ state: join(folder, 'w.yaml', 'state') }), terminal);
    await expect(failing).rejects.toThrow(SetupError);
    await expect(failing).rejects.toThrow(/^--state .*: cannot be used \(ENOTDIR\)/);
  });
});

describe('how to call a workflow', () => {
  it('is said in the words of its dialect', () => {
    const route = { key: 'team/bot', dialect: 'OpenAI', primary: 'gpt-a', keyHashes: [] } as unknown as WorkflowRoute;
    expect(howToCall('http://127.0.0.1:4000', route)).toEqual([
      'export OPENAI_BASE_URL=http://127.0.0.1:4000/team/bot/openai/v1',
      'export OPENAI_API_KEY=any',
      expect.stringContaining('curl $OPENAI_BASE_URL/chat/completions -H "authorization: Bearer $OPENAI_API_KEY"'),
    ]);
  });

  it('asks for a key where the workflow has some', () => {
    const route = {
      key: 'team/bot',
      dialect: 'Anthropic',
      primary: 'claude',
      keyHashes: ['00'],
    } as unknown as WorkflowRoute;
    expect(howToCall('http://127.0.0.1:4000', route)).toContain("export ANTHROPIC_API_KEY='a key of this workflow'");
  });
});
