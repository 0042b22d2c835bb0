// A gateway that gets SIGTERM while it carries traffic: the real program, on a real API server, as in a rolling update.
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { setTimeout as sleep } from 'node:timers/promises';
import { request } from 'undici';
import { crowdAt, following } from '../e2e/crowd.ts';
import type { Called } from '../e2e/crowd.ts';
import { startDeployment } from '../e2e/deployment.ts';
import type { Deployment, Replica } from '../e2e/deployment.ts';
import { endWithTest } from '../e2e/end-with-test.ts';
import { startCallers } from '../e2e/traffic.ts';
import type { Traffic } from '../e2e/traffic.ts';
import { expectNothingLost, startTriage } from '../e2e/triage.ts';
import { startOTLPReceiver } from '../fakes/otlp-receiver.ts';
import type { OTLPReceiver } from '../fakes/otlp-receiver.ts';
import { until } from './plane-access.ts';

/** A stream has thirteen events or more, so it lasts five seconds, and four from its first content on. */
const EVENT_GAP_MS = 400;
const CLIENTS = 20;
const STREAMS = 10;
const CLIENT_GAP_MS = 50;
const LINGER_MS = 1_500;
const LIMIT_MS = 20_000;
/** Until those who send requests have heard that a gateway is not ready any more. */
const NEWS_MS = 500;

let deployment: Deployment;
let called: Called;
let collector: OTLPReceiver;

beforeAll(async () => {
  collector = await startOTLPReceiver();
  deployment = await startDeployment({ gapMs: EVENT_GAP_MS });
  ({ called } = await startTriage(deployment, 'drain'));
}, 180_000);

afterAll(async () => {
  await deployment?.stop();
  await collector?.close();
}, 60_000);

const keep = endWithTest();

const drainArgs = (lingerMs: number, limitMs: number) => [
  ...['--drain-linger', `${lingerMs}ms`, '--drain-limit', `${limitMs}ms`],
];

async function startReplica(args: readonly string[]): Promise<Replica> {
  const replica = await deployment.startReplica({ args });
  await deployment.untilRouted(Object.values(called), replica.origin);
  return replica;
}

/** Opens one stream for each caller and waits until each has had its first content. Every one is asked once. */
async function openStreams({ origin, program }: Replica): Promise<Traffic> {
  const streams = keep(startCallers(crowdAt(origin, called, { size: STREAMS, stream: true })));
  await until('every stream to have begun', async () => {
    return (await program.metric('mcpworkflow_gateway_open_streams')) === STREAMS;
  });
  void streams.stop();
  return streams;
}

const answersAt = (origin: string) =>
  request(`${origin}/readyz`).then(
    async ({ statusCode, body }) => (await body.dump(), statusCode),
    () => 'refused',
  );

const TRACE = '4bf92f3577b34da6a3ce929d0e0e4736';
const CALLERS_SPAN = '00f067aa0ba902b7';

/** Asks as a part of a trace. The model that answered. */
async function askOnceTraced(origin: string): Promise<string> {
  const { statusCode, headers, body } = await request(`${origin}/${called.openai}/openai/v1/chat/completions`, {
    method: 'POST',
    headers: { traceparent: `00-${TRACE}-${CALLERS_SPAN}-01` },
    body: JSON.stringify({ model: 'any', messages: [{ role: 'user', content: 'hello' }] }),
  });
  await body.dump();
  expect(statusCode).toBe(200);
  return String(headers['x-mcpworkflow-model']);
}

/** The collector has it whole: from its caller's span to the attempt on the model that answered. */
function expectFollowed(model: string): void {
  const spans = collector.spans.filter(({ traceId }) => traceId === TRACE);
  const [namespace, workflow] = called.openai.split('/');
  const server = spans.find(({ kind }) => kind === 'server');
  const attempt = spans.find(({ kind }) => kind === 'client');
  expect(spans).toHaveLength(2);
  expect(server).toMatchObject({ parentId: CALLERS_SPAN, failed: false });
  expect(server?.attributes).toMatchObject({ 'mcpworkflow.namespace': namespace, 'mcpworkflow.workflow': workflow });
  expect(server?.resource['service.name']).toBe('mcpworkflow-gateway');
  expect(attempt).toMatchObject({ parentId: server?.spanId, failed: false });
  expect(attempt?.attributes['mcpworkflow.model']).toBe(model);
}

// proves drain-loses-nothing
describe('a gateway that gets SIGTERM', () => {
  it('is not ready at once, answers all who still come, ends its streams whole, and then itself with 0', async () => {
    const leaving = await startReplica([...drainArgs(LINGER_MS, LIMIT_MS), ...['--otlp-endpoint', collector.origin]]);
    let chosen = 0;
    const crowds = [leaving.origin, deployment.gatewayURL].map((origin) =>
      crowdAt(origin, called, { size: CLIENTS, stream: false }),
    );
    const clients = keep(
      startCallers(
        following(crowds, () => chosen),
        CLIENT_GAP_MS,
      ),
    );
    const streams = await openStreams(leaving);
    const followed = await askOnceTraced(leaving.origin);
    const sentBefore = clients.sent();
    expect(sentBefore).toBeGreaterThan(CLIENTS);

    const ended = leaving.program.end('SIGTERM');
    const signalledAt = performance.now();
    await until('it to say that it is not ready', async () => (await answersAt(leaving.origin)) === 503, LINGER_MS);
    await sleep(NEWS_MS);
    expect(clients.sent() - sentBefore).toBeGreaterThan(CLIENTS);
    chosen = 1;
    await until('it to take nothing new', async () => (await answersAt(leaving.origin)) === 'refused');
    const streamed = streams.take();
    expect(streamed).toMatchObject({ sent: STREAMS, whole: 0 });
    expect(await ended).toBe(0);
    expect(performance.now() - signalledAt).toBeLessThan(LINGER_MS + LIMIT_MS);
    await streams.stop();
    expectNothingLost(streamed);

    await clients.stop();
    expectNothingLost(clients.take());

    // The traces of the streams were at their end only after the gateway had stopped to listen.
    const committed = collector.spans.filter(({ events }) => events.includes('mcpworkflow.commit'));
    expect(committed).toHaveLength(STREAMS);
    expectFollowed(followed);
  }, 60_000);

  it('breaks off what goes on beyond the limit, so that its callers see it, and ends with 0', async () => {
    const leaving = await startReplica(drainArgs(0, 1_000));
    const streams = await openStreams(leaving);
    expect(await leaving.program.end('SIGTERM')).toBe(0);
    await streams.stop();
    expect(streams.take()).toEqual({
      ...{ sent: STREAMS, whole: 0, lost: 0, told: STREAMS, truncatedAsSuccess: 0, errors: [] },
    });
  }, 60_000);
});

describe('a gateway that listens to other machines', () => {
  it('asks every caller for a key', async () => {
    // IPv4 as an address of IPv6: only this machine reaches it, but the program takes it for one that others reach, too.
    const open = await deployment.startReplica({ host: '[::ffff:127.0.0.1]' });
    const statusAt = async (origin: string) => {
      const { statusCode, body } = await request(`${origin}/${called.openai}/openai/v1/models`);
      await body.dump();
      return statusCode;
    };
    expect(await statusAt(open.origin)).toBe(401);
    expect(await statusAt(deployment.gatewayURL)).toBe(200);
    expect(await open.program.end('SIGTERM')).toBe(0);
  }, 30_000);
});
