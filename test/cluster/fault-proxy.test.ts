import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { setTimeout as sleep } from 'node:timers/promises';
import { Agent, request } from 'undici';
import { startFaultProxy, type FaultProxy } from './fault-proxy.ts';
import { until } from './plane-access.ts';
import { sharedControlPlane, type SharedPlane } from './shared-plane.ts';

jest.setTimeout(60_000);

let plane: SharedPlane;
let proxy: FaultProxy;
let agent: Agent;
let maps: string;

beforeAll(async () => {
  plane = await sharedControlPlane();
  maps = `/api/v1/namespaces/${await plane.namespace('faults')}/configmaps`;
});
afterAll(() => plane.stop());
beforeEach(async () => {
  proxy = await startFaultProxy(plane);
  agent = new Agent({ connect: { ca: plane.ca }, allowH2: false });
});
afterEach(async () => {
  await agent.destroy();
  await proxy.stop();
});

const write = (): Promise<unknown> =>
  plane.request('POST', maps, { apiVersion: 'v1', kind: 'ConfigMap', metadata: { generateName: 'a-' } });
const headers = (): Record<string, string> => ({ authorization: `Bearer ${plane.adminToken}` });

async function ask(path: string): Promise<{ status: number; retryAfter: unknown; body: string }> {
  const answer = await request(`${proxy.url}${path}`, { dispatcher: agent, headers: headers() });
  return { status: answer.statusCode, retryAfter: answer.headers['retry-after'], body: await answer.body.text() };
}

interface Watching {
  readonly text: () => string;
  readonly ended: () => 'open' | 'whole' | 'broken';
}

/** Watches from the latest version on, so that only writes to come are seen. */
async function watch(): Promise<Watching> {
  const list = (await plane.request('GET', maps)).body as { metadata: { resourceVersion: string } };
  const path = `${maps}?watch=1&resourceVersion=${list.metadata.resourceVersion}`;
  const { body } = await request(`${proxy.url}${path}`, { dispatcher: agent, headers: headers() });
  let text = '';
  let ended: 'open' | 'whole' | 'broken' = 'open';
  body.on('data', (chunk: Buffer) => (text += chunk.toString()));
  body.once('end', () => (ended = 'whole'));
  body.once('error', () => (ended = 'broken'));
  return { text: () => text, ended: () => ended };
}

const linesOf = ({ text }: Watching): number => text().split('\n').length - 1;
const restOf = ({ text }: Watching): string => text().slice(text().lastIndexOf('\n') + 1);

describe('without a fault', () => {
  it('passes requests and answers through, and records them', async () => {
    const before = Date.now();
    expect((await ask(`${maps}?limit=1`)).status).toBe(200);
    expect(proxy.requests).toEqual([
      { method: 'GET', path: `${maps}?limit=1`, watch: false, user: 'admin', at: expect.any(Number), status: 200 },
    ]);
    expect(proxy.requests[0]?.at).toBeGreaterThanOrEqual(before);
  });

  it('streams a watch event by event', async () => {
    const watching = await watch();
    for (const count of [1, 2]) {
      await write();
      await until('the event', () => linesOf(watching) === count);
    }
    expect(proxy.live({ watch: true })).toHaveLength(1);
    expect(watching.ended()).toBe('open');
  });

  it('takes a write, and serves kubectl through its own kubeconfig', async () => {
    const { code, stdout } = await plane.kubectl([
      '--kubeconfig',
      proxy.kubeconfig('admin'),
      'create',
      'configmap',
      'by-kubectl',
      '-n',
      maps.split('/')[4] ?? '',
    ]);
    expect([code, stdout]).toEqual([0, 'configmap/by-kubectl created\n']);
    expect(proxy.requests.some(({ method }) => method === 'POST')).toBe(true);
  });

  it('ends the watch on the API server when the client leaves', async () => {
    await watch();
    await agent.destroy();
    await until('the watch to be gone', () => proxy.live().length === 0);
  });
});

describe('a fault of one answer', () => {
  it.each([401, 410, 429, 500, 503])('answers %d as the API server would, once, then passes', async (status) => {
    const added = proxy.faults.add({ kind: 'status', status }, {}, 1);
    const { status: seen, body } = await ask(maps);
    expect(seen).toBe(status);
    expect(JSON.parse(body)).toMatchObject({ kind: 'Status', status: 'Failure', code: status });
    expect((await ask(maps)).status).toBe(200);
    expect(added.hits()).toBe(1);
  });

  it('says how long to wait', async () => {
    proxy.faults.add({ kind: 'status', status: 429, retryAfterSeconds: 7 });
    expect(await ask(maps)).toMatchObject({ status: 429, retryAfter: '7' });
  });

  const matches = [
    { name: 'the method', match: { method: 'POST' } },
    { name: 'the path', match: { path: '/secrets' } },
    { name: 'being a watch', match: { watch: true } },
    { name: 'the user', match: { user: 'operator' } },
  ] as const;
  it.each(matches)('does not touch a request that differs in $name', async ({ match }) => {
    const added = proxy.faults.add({ kind: 'status', status: 500 }, match);
    expect((await ask(maps)).status).toBe(200);
    expect(added.hits()).toBe(0);
  });

  it('is over when it is removed or all are cleared', async () => {
    proxy.faults.add({ kind: 'status', status: 500 }).remove();
    expect((await ask(maps)).status).toBe(200);
    proxy.faults.add({ kind: 'status', status: 500 });
    proxy.faults.clear();
    expect((await ask(maps)).status).toBe(200);
  });

  it('delays, and then goes on to the next fault', async () => {
    proxy.faults.add({ kind: 'delay', delayMs: 300 });
    proxy.faults.add({ kind: 'status', status: 503 });
    const began = performance.now();
    expect((await ask(maps)).status).toBe(503);
    expect(performance.now() - began).toBeGreaterThanOrEqual(290);
  });

  it('resets the connection', async () => {
    proxy.faults.add({ kind: 'reset' }, {}, 1);
    await expect(ask(maps)).rejects.toThrow();
    expect((await ask(maps)).status).toBe(200);
  });

  it('gives no answer at all, though the API server was asked', async () => {
    proxy.faults.add({ kind: 'noAnswer' });
    const early = await Promise.race([ask(maps).catch(() => 'failed'), sleep(500).then(() => 'nothing')]);
    expect(early).toBe('nothing');
    expect(proxy.live()).toHaveLength(1);
  });
});

describe('a fault of a watch that begins', () => {
  it('says 410 in the stream', async () => {
    proxy.faults.add({ kind: 'errorEvent', code: 410 }, { watch: true }, 1);
    const watching = await watch();
    await until('the end', () => watching.ended() === 'whole');
    expect(JSON.parse(watching.text())).toMatchObject({ type: 'ERROR', object: { code: 410, reason: 'Expired' } });
  });

  it.each([0, 1, 2])('cuts it in the middle of the line after %d lines', async (afterLines) => {
    proxy.faults.add({ kind: 'cut', afterLines }, { watch: true });
    const watching = await watch();
    for (let event = 0; event <= afterLines; event += 1) await write();
    await until('the cut', () => watching.ended() === 'broken');
    expect(linesOf(watching)).toBe(afterLines);
    expect(restOf(watching)).toMatch(/^\{"type":"ADDED"/);
    expect(() => JSON.parse(restOf(watching)) as unknown).toThrow();
  });

  it('stalls it after a line: nothing more comes, and no end', async () => {
    proxy.faults.add({ kind: 'stall', afterLines: 1 }, { watch: true });
    const watching = await watch();
    for (let event = 0; event < 3; event += 1) await write();
    await sleep(300);
    expect([linesOf(watching), restOf(watching), watching.ended()]).toEqual([1, '', 'open']);
  });
});

describe('a fault of a watch that runs', () => {
  it.each([false, true])('cuts it at once (in the middle of a line: %s)', async (midLine) => {
    const watching = await watch();
    expect(proxy.cutLive({ watch: true }, midLine)).toBe(1);
    await until('the cut', () => watching.ended() === 'broken');
    expect(restOf(watching) !== '').toBe(midLine);
    expect(proxy.cutLive()).toBe(0);
  });

  it('stalls it', async () => {
    const watching = await watch();
    expect(proxy.stallLive()).toBe(1);
    await write();
    await sleep(300);
    expect([watching.text(), watching.ended()]).toEqual(['', 'open']);
  });

  it('ends it with an error event', async () => {
    const watching = await watch();
    expect(proxy.errorLive(410, { path: 'configmaps' })).toBe(1);
    await until('the end', () => watching.ended() === 'whole');
    expect(JSON.parse(watching.text())).toMatchObject({ type: 'ERROR', object: { code: 410 } });
  });

  it('refuses everything until it accepts again, on the same port', async () => {
    const watching = await watch();
    await proxy.refuse();
    await until('the break', () => watching.ended() === 'broken');
    await expect(ask(maps)).rejects.toThrow(/ECONNREFUSED/);
    await proxy.accept();
    expect((await ask(maps)).status).toBe(200);
  });
});
