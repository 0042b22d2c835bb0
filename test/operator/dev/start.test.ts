// Embedded mode as a whole, over loopback: the same parts as in a cluster, on a stepped clock.
import { afterEach, describe, expect, it } from '@jest/globals';
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { request } from 'undici';
import { catalogSchema } from '../../../lib/api/catalog.ts';
import { DEMO_MANIFEST } from '../../../operator/dev/demo.ts';
import { expectedAnswer } from '../../../operator/dev/provider/answer.ts';
import { startProvider } from '../../../operator/dev/provider/provider.ts';
import { startDev } from '../../../operator/dev/start.ts';
import type { DevOptions } from '../../../operator/dev/start.ts';
import { SetupError } from '../../../operator/errors.ts';
import { formatProblem, InvalidFileError } from '../../../operator/file-problem.ts';
import { silentLogger } from '../../../operator/telemetry/logger.ts';
import { steppedClock } from '../../fakes/clock.ts';
import { driveUntil } from './drive.ts';

const stops: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const stop of stops.splice(0).reverse()) await stop();
});

const KEY = 'default/triage-bot';

async function setup(more: Partial<DevOptions> = {}, env: Record<string, string> = { KEY: 'sk-1' }) {
  const clock = steppedClock();
  const provider = await startProvider({ clock, gapMs: 0, key: 'sk-1' });
  stops.push(() => provider.stop());
  const files: Record<string, string> = { 'w.yaml': DEMO_MANIFEST };
  const said: string[] = [];
  const catalog = catalogSchema.parse({
    providers: [
      {
        name: 'real',
        protocol: 'Anthropic',
        baseURL: provider.anthropicURL,
        models: ['claude-*'],
        auth: { env: 'KEY' },
      },
    ],
  });
  const read = (path: string) => {
    const text = files[path];
    if (text === undefined) throw Object.assign(new Error(path), { code: 'ENOENT' });
    return text;
  };
  const start = () =>
    startDev(
      {
        files: ['w.yaml'],
        catalog: { fixed: catalog },
        listen: { host: '127.0.0.1', port: 0 },
        break: [],
        ...more,
      },
      {
        clock,
        env,
        log: silentLogger,
        read,
        onStatus: () => {},
        onEvent: (_workflow, { reason }) => said.push(reason),
        onProblems: (problems) => said.push(...problems.map(formatProblem)),
        onEdit: (what) => said.push(`edit of ${what}`),
      },
    );
  const started = async () => {
    const dev = await start();
    stops.push(() => dev.stop());
    const origin = `http://127.0.0.1:${dev.address.port}`;
    const get = async (path: string, headers: Record<string, string> = {}) => {
      const { statusCode, body } = await request(origin + path, { headers });
      return { status: statusCode, text: await body.text() };
    };
    const ask = async (
      prompt: string,
      headers: Record<string, string> = { 'content-type': 'application/json' },
      more: object = {},
    ) => {
      const { statusCode, body } = await request(`${origin}/${KEY}/anthropic/v1/messages`, {
        method: 'POST',
        headers,
        body: JSON.stringify({ model: 'any', max_tokens: 9, messages: [{ role: 'user', content: prompt }], ...more }),
      });
      return { status: statusCode, text: await body.text() };
    };
    const status = () => dev.store.get(KEY)?.status;
    return { dev, get, ask, status };
  };
  return { clock, provider, files, said, start, started };
}

describe('embedded mode', () => {
  it('serves the manifest of the README, becomes Healthy, and shows it as JSON', async () => {
    const { clock, started } = await setup();
    const { get, ask, status } = await started();
    expect((await get('/readyz')).status).toBe(200);
    expect((await ask('nonce')).text).toContain(expectedAnswer('claude-opus-4-8', 'nonce'));
    expect(await driveUntil(clock, 12_000, () => status()?.phase === 'Healthy')).toBe(true);

    const list = JSON.parse((await get('/workflows')).text) as { items: unknown[] };
    const one = JSON.parse((await get(`/workflows/${KEY}`)).text) as object;
    expect(list.items).toEqual([one]);
    expect(one).toMatchObject({
      kind: 'MCPWorkflow',
      metadata: { name: 'triage-bot' },
      status: { phase: 'Healthy', activeModel: 'claude-opus-4-8' },
    });
    expect((await get('/healthz')).status).toBe(200);
    expect((await get('/metrics')).text).toContain('mcpworkflow_gateway_requests_total');
  });

  it('names what there is when asked for what there is not', async () => {
    const { get } = await (await setup()).started();
    expect(await get('/workflows/default/other')).toMatchObject({ status: 404, text: expect.stringContaining(KEY) });
  });

  it('is no use to web pages', async () => {
    const { get, ask } = await (await setup()).started();
    expect((await get('/workflows', { host: 'evil.example' })).status).toBe(403);
    expect((await get('/workflows', { origin: 'https://evil.example' })).status).toBe(403);
    expect((await ask('x', { 'content-type': 'text/plain' })).status).toBe(403);
  });

  it('a model that is broken on purpose is rerouted without a lost request, and comes back when it is healed', async () => {
    const { clock, said, started } = await setup();
    const { dev, ask, status } = await started();
    await driveUntil(clock, 12_000, () => status()?.phase === 'Healthy');
    await dev.breaks.break('claude-opus-4-8', '529');
    for (let turn = 0; turn < 5; turn += 1) {
      expect((await ask(`n${turn}`)).text).toContain(expectedAnswer('claude-sonnet-4-6', `n${turn}`));
    }
    expect(await driveUntil(clock, 15_000, () => status()?.activeModel === 'claude-sonnet-4-6')).toBe(true);
    expect(said).toContain('Overloaded');
    expect(dev.breaks.heal()).toEqual(['claude-opus-4-8']);
    expect(await driveUntil(clock, 30_000, () => status()?.activeModel === 'claude-opus-4-8')).toBe(true);
    // The changes of a few milliseconds become one table.
    await driveUntil(clock, 100, () => false);
    expect((await ask('back')).text).toContain(expectedAnswer('claude-opus-4-8', 'back'));
  });

  it('an edit is in use at once; a bad one keeps the last good state', async () => {
    const { clock, files, said, started } = await setup();
    const { ask } = await started();
    files['w.yaml'] = DEMO_MANIFEST.replace('claude-opus-4-8', 'claude-next');
    await driveUntil(clock, 2_000, () => said.length > 0);
    await driveUntil(clock, 100, () => false);
    expect(said[0]).toBe(`edit of ${KEY}`);
    expect((await ask('x')).text).toContain(expectedAnswer('claude-next', 'x'));
    files['w.yaml'] = DEMO_MANIFEST.replace('primary', 'primry');
    const complaint = () => said.find((text) => text.startsWith('w.yaml:'));
    await driveUntil(clock, 2_000, () => complaint() !== undefined);
    expect(complaint()).toMatch(/^w\.yaml:\d+: spec\.models\./);
    expect((await ask('y')).text).toContain(expectedAnswer('claude-next', 'y'));
  });

  // proves failed-checks-are-kept-back
  it('a model whose answers fail a check is rerouted, and no caller sees one of them', async () => {
    const { clock, files, said, started } = await setup();
    const check = '{name: no-opus, type: Regex, pattern: This is claude-opus, match: Forbidden}';
    files['w.yaml'] = `${DEMO_MANIFEST}  checks:\n  - ${check}\n`;
    const { ask, status } = await started();
    for (let turn = 0; turn < 4; turn += 1) {
      expect((await ask(`n${turn}`)).text).toContain(expectedAnswer('claude-sonnet-4-6', `n${turn}`));
    }
    expect(await driveUntil(clock, 15_000, () => status()?.activeModel === 'claude-sonnet-4-6')).toBe(true);
    // Canaries know nothing of checks: one may have begun to prove it well again.
    expect(status()).toMatchObject({ phase: 'Rerouted', models: [{ rank: 'Inference', reason: 'CheckFailed' }, {}] });
    expect(said).toContain('CheckFailed');
    expect((await ask('last')).text).toContain(expectedAnswer('claude-sonnet-4-6', 'last'));
  });

  it('a model that breaks the schemas of its callers is rerouted, and each gets an answer that keeps to its own', async () => {
    const { clock, started } = await setup();
    const { dev, ask, status } = await started();
    await driveUntil(clock, 12_000, () => status()?.phase === 'Healthy');
    await dev.breaks.break('claude-opus-4-8', 'off-schema');
    const schema = { type: 'object', required: ['severity'], properties: { severity: { enum: ['low', 'high'] } } };
    const declaring = { output_config: { format: { type: 'json_schema', schema } } };
    for (let turn = 0; turn < 4; turn += 1) {
      const answer = await ask('n', { 'content-type': 'application/json' }, declaring);
      expect(JSON.parse(answer.text)).toMatchObject({ content: [{ text: '{"severity":"low"}' }] });
    }
    expect(await driveUntil(clock, 15_000, () => status()?.activeModel === 'claude-sonnet-4-6')).toBe(true);
    expect(status()).toMatchObject({ phase: 'Rerouted', models: [{ reason: 'SchemaViolation' }, {}] });
  });

  it('a check that cannot compile is told with its line, and the last good state goes on', async () => {
    const { clock, files, said, started } = await setup();
    const { ask } = await started();
    files['w.yaml'] = `${DEMO_MANIFEST}  checks:\n  - {name: c, type: Regex, pattern: '(?=a)', match: Required}\n`;
    await driveUntil(clock, 2_000, () => said.length > 0);
    expect(said[0]).toMatch(/^w\.yaml:11: spec\.checks\[0\]\.pattern: does not compile: error parsing regexp/);
    expect((await ask('y')).text).toContain(expectedAnswer('claude-opus-4-8', 'y'));
  });

  it('a missing key matters where it is needed: the status says which', async () => {
    const { clock, started } = await setup({}, {});
    const { status } = await started();
    await driveUntil(clock, 3_000, () => status()?.phase !== undefined);
    expect(status()?.models?.[0]).toMatchObject({ state: 'NotServing', reason: 'SecretNotFound' });
    expect(status()?.conditions).toContainEqual(expect.objectContaining({ type: 'Stalled', status: 'True' }));
  });
});

describe('embedded mode that cannot start', () => {
  it('says what is wrong in the catalog and in the workflows at once', async () => {
    const { files, start } = await setup({ files: ['w.yaml', 'none.yaml'], catalog: { file: 'p.yaml' } });
    files['p.yaml'] = 'providers: [{name: a}]';
    const error: unknown = await start().catch((thrown: unknown) => thrown);
    if (!(error instanceof InvalidFileError)) throw error;
    const places = error.problems.map(({ file, field }) => `${file} ${field ?? ''}`);
    expect(places).toContain('p.yaml providers[0].protocol');
    expect(places).toContain('none.yaml ');
  });

  it('says so when the port is in use, and leaves nothing behind', async () => {
    const taken = createServer().listen(0, '127.0.0.1');
    stops.push(() => new Promise((resolve) => taken.close(() => resolve())));
    await new Promise((resolve) => taken.once('listening', resolve));
    const listen = { host: '127.0.0.1', port: (taken.address() as AddressInfo).port };
    const { clock, start } = await setup({ listen });
    const error: unknown = await start().catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(SetupError);
    expect(String(error)).toContain(`--listen 127.0.0.1:${listen.port}: the port is in use`);
    expect(clock.pending()).toBe(0);
  });
});
