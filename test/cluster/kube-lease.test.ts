import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { systemClock } from '../../operator/clock.ts';
import { staticConnection } from '../../operator/kube/connection.ts';
import { joinElection } from '../../operator/kube/lease.ts';
import type { Elector, LeaseTimes } from '../../operator/kube/lease.ts';
import { watchLease } from '../../operator/kube/lease-watch.ts';
import { createTransport } from '../../operator/kube/transport.ts';
import type { OpenTransport } from '../../operator/kube/transport.ts';
import { startFaultProxy, type FaultProxy } from './fault-proxy.ts';
import { until } from './plane-access.ts';
import { sharedControlPlane, type SharedPlane } from './shared-plane.ts';

jest.setTimeout(90_000);

const SHORT: LeaseTimes = { durationMs: 3_000, renewDeadlineMs: 2_000, retryMs: 400 };
const clock = systemClock();
const quiet = { error: () => {}, warn: () => {}, info: () => {} };

let plane: SharedPlane;
let namespace: string;
const closing: (() => Promise<unknown>)[] = [];

beforeAll(async () => {
  plane = await sharedControlPlane();
});
afterAll(() => plane.stop());
beforeEach(async () => {
  namespace = await plane.namespace('lease');
});
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close();
});

interface Replica {
  readonly elector: Elector;
  readonly proxy: FaultProxy;
  readonly told: string[];
}

async function replica(identity: string, times?: LeaseTimes): Promise<Replica> {
  const proxy = await startFaultProxy(plane);
  const transport = open(proxy.url);
  const told: string[] = [];
  const elector = joinElection({
    transport,
    clock,
    log: quiet,
    lease: { namespace, name: 'operator' },
    identity,
    ...(times && { times }),
    onStarted: () => told.push('started'),
    onStopped: () => told.push('stopped'),
  });
  closing.push(() => proxy.stop());
  closing.push(() => transport.close());
  closing.push(() => elector.release());
  return { elector, proxy, told };
}

function open(server: string): OpenTransport {
  return createTransport({ connection: staticConnection({ server, ca: plane.ca, token: plane.adminToken }), clock });
}

/** Looks at both every few milliseconds. */
function referee(...replicas: readonly Replica[]) {
  let most = 0;
  const look = setInterval(() => {
    most = Math.max(most, replicas.filter(({ elector }) => elector.isLeader()).length);
  }, 5);
  closing.push(() => Promise.resolve(clearInterval(look)));
  return { mostAtOnce: () => most };
}

// proves one-leader
describe('leader election on the real API server', () => {
  it('one leads, the other takes over when the first cannot reach the server, and there are never two', async () => {
    const a = await replica('a', SHORT);
    await until('a to lead', () => a.elector.isLeader());
    const b = await replica('b', SHORT);
    const { mostAtOnce } = referee(a, b);
    for (const [leader, other] of [
      [a, b],
      [b, a],
    ] as const) {
      await sleep(1_000);
      leader.proxy.faults.add({ kind: 'noAnswer' });
      await until('the other to lead', () => other.elector.isLeader(), 8_000);
      expect(leader.told.at(-1)).toBe('stopped');
      leader.proxy.faults.clear();
    }
    expect(mostAtOnce()).toBe(1);
  });

  it('an event loop that is blocked has lost the Lease when it wakes, and says so before it does anything', async () => {
    const a = await replica('a', SHORT);
    await until('a to lead', () => a.elector.isLeader());
    const blockedUntil = Date.now() + SHORT.renewDeadlineMs + 100;
    while (Date.now() < blockedUntil);
    expect(a.elector.isLeader()).toBe(false);
    await until('a to lead again', () => a.elector.isLeader());
  });

  it('one conflict, 429 or lost answer does not cost the lead', async () => {
    const a = await replica('a', SHORT);
    await until('a to lead', () => a.elector.isLeader());
    for (const status of [409, 429, 500]) {
      a.proxy.faults.add({ kind: 'status', status }, { method: 'PUT' }, 1);
      await sleep(900);
    }
    const touched = await plane.request(
      'PATCH',
      `/apis/coordination.k8s.io/v1/namespaces/${namespace}/leases/operator`,
      { metadata: { annotations: { touched: 'yes' } } },
      { contentType: 'application/merge-patch+json' },
    );
    expect(touched.status).toBe(200);
    await sleep(1_000);
    expect(a.told).toEqual(['started']);
  });

  it('a released Lease is taken within three seconds, and a gateway sees the renewals', async () => {
    const a = await replica('a');
    await until('a to lead', () => a.elector.isLeader());
    const transport = open(plane.server);
    const seen = watchLease({ transport, clock, log: quiet, lease: { namespace, name: 'operator' } });
    closing.push(() => transport.close());
    closing.push(() => Promise.resolve(seen.stop()));
    const b = await replica('b');
    const { mostAtOnce } = referee(a, b);
    await until('a renewal', () => (seen.lastRenewSeenAt() ?? 0) > 0);
    const first = seen.lastRenewSeenAt()!;
    await until('the next renewal', () => seen.lastRenewSeenAt()! > first, 5_000);
    expect(seen.aloneForMs()).toBe(0);
    await a.elector.release();
    const releasedAt = Date.now();
    await until('b to lead', () => b.elector.isLeader(), 5_000);
    expect(Date.now() - releasedAt).toBeLessThan(3_000);
    expect(mostAtOnce()).toBe(1);
  });

  it('the Lease of a process that was killed is taken within 25 seconds', async () => {
    const given = JSON.stringify({ server: plane.server, ca: plane.ca, token: plane.adminToken, namespace });
    const script = fileURLToPath(new URL('elector-to-kill.ts', import.meta.url));
    const child: ChildProcess = spawn(process.execPath, ['--disable-warning=ExperimentalWarning', script, given], {
      stdio: ['ignore', 'pipe', 'inherit'],
      env: { ...process.env, NODE_OPTIONS: '' },
    });
    closing.push(async () => void child.kill('SIGKILL'));
    await once(child.stdout!, 'data');
    const b = await replica('b');
    await sleep(3_000);
    expect(b.elector.isLeader()).toBe(false);
    child.kill('SIGKILL');
    const killedAt = Date.now();
    await until('b to lead', () => b.elector.isLeader(), 30_000);
    expect(Date.now() - killedAt).toBeLessThan(25_000);
    // Not sooner than the promise of the dead: its last renewal was at most one retry period before the kill.
    expect(Date.now() - killedAt).toBeGreaterThan(12_500);
  });
});
