import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { setTimeout as sleep } from 'node:timers/promises';
import { systemClock } from '../../operator/clock.ts';
import { staticConnection } from '../../operator/kube/connection.ts';
import { listWatch } from '../../operator/kube/list-watch.ts';
import type { ListWatch } from '../../operator/kube/list-watch.ts';
import type { KubeObject } from '../../operator/kube/object-cache.ts';
import { createTransport } from '../../operator/kube/transport.ts';
import type { OpenTransport } from '../../operator/kube/transport.ts';
import { startControlPlane, type ControlPlane } from './control-plane.ts';
import { startFaultProxy, type FaultProxy } from './fault-proxy.ts';
import { until } from './plane-access.ts';

jest.setTimeout(120_000);

interface ConfigMap extends KubeObject {
  readonly data?: Readonly<Record<string, string>>;
}

const quiet = { error: () => {}, warn: () => {}, info: () => {} };
const INACTIVITY_MS = 2_000;

let plane: ControlPlane;
let proxy: FaultProxy;
let transport: OpenTransport;
let watch: ListWatch<ConfigMap>;
let maps: string;
let told: string[];

beforeAll(async () => {
  plane = await startControlPlane();
});
afterAll(() => plane.stop());

beforeEach(async () => {
  maps = `/api/v1/namespaces/${await plane.namespace('watch')}/configmaps`;
  proxy = await startFaultProxy(plane);
  const connection = staticConnection({ server: proxy.url, ca: plane.ca, token: plane.adminToken });
  transport = createTransport({ connection, clock: systemClock() });
  told = [];
  await write('a', '0');
  watch = listWatch<ConfigMap>({
    transport,
    clock: systemClock(),
    log: quiet,
    path: maps,
    inactivityMs: INACTIVITY_MS,
    onChange: (_key, map) => told.push(map?.data?.['n'] ?? 'gone'),
  });
  await watch.synced;
  await until('the watch to be open', () => proxy.live({ watch: true }).length === 1 && watch.staleSinceMs() === 0);
});
afterEach(async () => {
  watch.stop();
  await transport.close();
  await proxy.stop();
});

async function write(name: string, n: string): Promise<void> {
  const map = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name }, data: { n } };
  const made = await plane.request('POST', maps, map);
  if (made.status !== 409) return void expect(made.status).toBe(201);
  expect((await plane.request('PUT', `${maps}/${name}`, map)).status).toBe(200);
}
const remove = async (name: string) => expect((await plane.request('DELETE', `${maps}/${name}`)).status).toBe(200);
const valueOf = (name: string) => watch.list().find(({ metadata }) => metadata.name === name)?.data?.['n'];
const lists = () => proxy.requests.filter(({ watch: isWatch }) => !isWatch).length;

/** What must hold after every fault: the copy becomes the truth, a later change comes through, and nothing was asked in a hot loop. */
async function expectToRecover(): Promise<void> {
  const before = proxy.requests.length;
  await write('late', '1');
  await until('the late change', () => valueOf('late') === '1', 45_000);
  await write('late', '2');
  await until('the change after it', () => valueOf('late') === '2');
  expect(proxy.requests.length - before).toBeLessThan(15);
}

// proves watch-never-stops
describe('a watch of the real API server', () => {
  it('tells changes as they happen, without managedFields', async () => {
    await write('a', '1');
    await write('b', '2');
    await remove('a');
    await until('three changes', () => told.length === 4, 5_000);
    expect(told).toEqual(['0', '1', '2', 'gone']);
    expect(watch.list()[0]?.metadata).not.toHaveProperty('managedFields');
  });

  it('misses nothing when it is cut, also in the middle of a line', async () => {
    for (const midLine of [false, true]) {
      expect(proxy.cutLive({ watch: true, path: maps }, midLine)).toBe(1);
      await write('a', `cut-${midLine}`);
      await until('the change', () => valueOf('a') === `cut-${midLine}`, 10_000);
    }
    expect(lists()).toBe(1);
    await expectToRecover();
  });

  it('notices a stall without an end', async () => {
    expect(proxy.stallLive({ watch: true, path: maps })).toBe(1);
    const stalledAt = Date.now();
    await write('a', 'stalled');
    await until('the change', () => valueOf('a') === 'stalled', 10_000);
    expect(Date.now() - stalledAt).toBeLessThan(INACTIVITY_MS + 2_000);
    await expectToRecover();
  });

  it('lists anew after 410 in the stream, and tells what vanished meanwhile', async () => {
    proxy.faults.add({ kind: 'delay', delayMs: 500 }, { path: maps });
    expect(proxy.errorLive(410, { path: maps })).toBe(1);
    await remove('a');
    await until('the deletion', () => watch.keys().length === 0, 10_000);
    expect(told.at(-1)).toBe('gone');
    expect(lists()).toBe(2);
    proxy.faults.clear();
    await expectToRecover();
  });

  it('lists anew after 410 as a status', async () => {
    proxy.faults.add({ kind: 'status', status: 410 }, { watch: true, path: maps }, 1);
    proxy.cutLive({ watch: true, path: maps });
    await until('the second list', () => lists() === 2, 10_000);
    await expectToRecover();
  });

  it('waits out 429 as long as it is told and does not list', async () => {
    const fault = proxy.faults.add(
      { kind: 'status', status: 429, retryAfterSeconds: 3 },
      { watch: true, path: maps },
      1,
    );
    proxy.cutLive({ watch: true, path: maps });
    await write('a', 'throttled');
    await until('the 429', () => fault.hits() === 1, 10_000);
    const refusedAt = Date.now();
    await until('the change', () => valueOf('a') === 'throttled', 10_000);
    expect(Date.now() - refusedAt).toBeGreaterThan(2_900);
    expect(lists()).toBe(1);
  });

  it('outlives a time in which nobody can be reached, and 401, 500 and 503 in between', async () => {
    await proxy.refuse();
    await write('a', 'unseen');
    await sleep(3_000);
    for (const status of [401, 500, 503]) proxy.faults.add({ kind: 'status', status }, { path: maps }, 1);
    await proxy.accept();
    await until('the change', () => valueOf('a') === 'unseen', 40_000);
    await expectToRecover();
  });

  it('is whole after many faults under constant writing', async () => {
    const faults = [
      () => proxy.cutLive({ watch: true }, true),
      () => proxy.errorLive(410),
      () => proxy.stallLive({ watch: true }),
      () => proxy.errorLive(500),
    ];
    for (let n = 0; n < 60; n += 1) {
      await write(`m${n % 7}`, `v${n}`);
      if (n % 9 === 8) await remove(`m${n % 7}`);
      if (n % 15 === 14) faults[Math.floor(n / 15)]?.();
      await sleep(50);
    }
    const truth = async () => {
      const { body } = await plane.request('GET', maps);
      const items = (body as { items: ConfigMap[] }).items;
      return items
        .map(({ metadata, data }) => `${metadata.name}=${data?.['n']}@${metadata.resourceVersion}`)
        .sort()
        .join();
    };
    const copy = () =>
      watch
        .list()
        .map(({ metadata, data }) => `${metadata.name}=${data?.['n']}@${metadata.resourceVersion}`)
        .sort()
        .join();
    const expected = await truth();
    await until('the copy to be the truth', () => copy() === expected, 45_000);
    expect(proxy.requests.length).toBeLessThan(40);
  });

  it('goes on after the API server was killed and started again', async () => {
    await plane.stopApiServer('SIGKILL');
    await sleep(1_000);
    await plane.startApiServer();
    await write('a', 'restarted');
    await until('the change', () => valueOf('a') === 'restarted', 45_000);
    await expectToRecover();
  });
});
