// A gateway whose routes, catalog and certificate change under traffic: the real program, on a real API server.
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { X509Certificate } from 'node:crypto';
import { once } from 'node:events';
import { readFileSync, writeFileSync } from 'node:fs';
import { connect } from 'node:tls';
import { Agent, fetch as undiciFetch, request } from 'undici';
import { crowdAt } from '../e2e/crowd.ts';
import type { Called } from '../e2e/crowd.ts';
import { startDeployment } from '../e2e/deployment.ts';
import type { Deployment, Replica } from '../e2e/deployment.ts';
import { mount } from '../e2e/mounted.ts';
import type { Mounted } from '../e2e/mounted.ts';
import { endWithTest } from '../e2e/end-with-test.ts';
import { startCallers } from '../e2e/traffic.ts';
import { expectNothingLost, MODELS, NAMES, specOf, startTriage } from '../e2e/triage.ts';
import type { Triage } from '../e2e/triage.ts';
import { selfSigned } from '../fakes/certificate.ts';
import { until } from './plane-access.ts';

/** A stream lasts three seconds, and so lives through several changes. */
const EVENT_GAP_MS = 200;
const CLIENTS = 20;
const STREAMS = 10;
const ROUNDS = 6;

const CERTIFICATES = [selfSigned('first.example'), selfSigned('second.example')] as const;
const secretOf = ({ cert, key }: (typeof CERTIFICATES)[number]) => ({ 'tls.crt': cert, 'tls.key': key });

let deployment: Deployment;
let triage: Triage;
let called: Called;
let secret: Mounted;
let replica: Replica;
/** Trusts both certificates. */
let dispatcher: Agent;

beforeAll(async () => {
  secret = mount(secretOf(CERTIFICATES[0]));
  dispatcher = new Agent({ connect: { ca: CERTIFICATES.map(({ cert }) => cert) } });
  deployment = await startDeployment({ gapMs: EVENT_GAP_MS });
  triage = await startTriage(deployment, 'reload');
  ({ called } = triage);
  const args = ['--tls-cert', secret.path('tls.crt'), '--tls-key', secret.path('tls.key')];
  replica = await deployment.startReplica({ tls: true, args });
}, 180_000);

afterAll(async () => {
  await deployment?.stop();
  await dispatcher.close();
  secret.remove();
}, 60_000);

const keep = endWithTest();

const fetchTrusting = ((input: string, init: object) =>
  undiciFetch(input, { ...init, dispatcher })) as unknown as typeof globalThis.fetch;

/** Whose certificate a new connection sees. */
async function shownCertificate(): Promise<string> {
  const socket = connect({ port: Number(new URL(replica.origin).port), host: '127.0.0.1', rejectUnauthorized: false });
  await once(socket, 'secureConnect');
  const shown = socket.getPeerX509Certificate()?.fingerprint256 ?? 'none';
  socket.destroy();
  return shown;
}

/** Which model a new request is served by. */
async function servedBy(workflow: string): Promise<unknown> {
  const path = workflow === called.anthropic ? 'anthropic/v1/messages' : 'openai/v1/chat/completions';
  const { headers, body } = await request(`${replica.origin}/${workflow}/${path}`, {
    dispatcher,
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ model: 'any', max_tokens: 9, messages: [{ role: 'user', content: 'Who are you?' }] }),
  });
  await body.dump();
  return headers['x-mcpworkflow-model'];
}

/** Whether the first gateway knows the workflow. */
async function isRouted(key: string): Promise<boolean> {
  const { statusCode, body } = await request(`${deployment.gatewayURL}/${key}/openai/v1/models`);
  await body.dump();
  return statusCode !== 404;
}

const routes = () => NAMES.map((name) => [`${triage.workflows.namespace}/${name}`, MODELS[name]] as const);

interface Entry {
  readonly name: string;
  readonly baseURL: string;
  readonly auth: object;
}

/** Lets each provider of the catalog be where the other one was: both answer for any model. */
function swapProviders(): void {
  const { providers } = JSON.parse(readFileSync(deployment.catalogFile, 'utf8')) as { readonly providers: Entry[] };
  const partnerOf = ({ name }: Entry) => {
    const [whose, dialect] = name.split('-');
    return providers.find((each) => each.name === `${whose === 'primary' ? 'fallback' : 'primary'}-${dialect}`);
  };
  const swapped = providers.map((entry) => {
    const partner = partnerOf(entry);
    return { ...entry, baseURL: partner?.baseURL, auth: partner?.auth };
  });
  writeFileSync(deployment.catalogFile, JSON.stringify({ providers: swapped }));
}

// proves reload-loses-nothing
describe('a gateway under traffic', () => {
  it('loses nothing while spec, catalog and certificate change again and again', async () => {
    const crowd = (size: number, stream: boolean) =>
      crowdAt(replica.origin, called, { size, stream, fetch: fetchTrusting });
    const traffic = keep(startCallers([...crowd(CLIENTS, false), ...crowd(STREAMS, true)]));
    let swapped = false;
    for (let round = 1; round <= ROUNDS; round += 1) {
      swapped = !swapped;
      const certificate = CERTIFICATES[swapped ? 1 : 0];
      secret.show(secretOf(certificate));
      swapProviders();
      for (const name of NAMES) {
        const { primary, fallback } = MODELS[name];
        await triage.workflows.edit(name, specOf(swapped ? { primary: fallback, fallback: primary } : MODELS[name]));
      }

      const { fingerprint256 } = new X509Certificate(certificate.cert);
      await until('the new certificate to be shown', async () => (await shownCertificate()) === fingerprint256);
      for (const [workflow, { primary, fallback }] of routes()) {
        const expected = swapped ? fallback : primary;
        await until(`${expected} to serve`, async () => (await servedBy(workflow)) === expected);
        // Whichever serves is now the other model, at the same place.
        const before = deployment.primary.requests().length;
        await until(`${expected} to be asked where the catalog says`, async () => {
          await servedBy(workflow);
          return deployment.primary
            .requests()
            .slice(before)
            .some(({ model, canary }) => model === expected && !canary);
        });
      }
    }
    await traffic.stop();
    const tally = traffic.take();
    expect(tally.sent).toBeGreaterThan(10 * (CLIENTS + STREAMS));
    expectNothingLost(tally);
  }, 120_000);

  it('serves a stream to its end by the table that it began with, though its workflow is gone', async () => {
    const { workflows } = triage;
    const leaving = { anthropic: 'leaving-anthropic', openai: 'leaving-openai' };
    await workflows.create(leaving.anthropic, specOf(MODELS['triage-anthropic']));
    await workflows.create(leaving.openai, specOf(MODELS['triage-openai']));
    const keys = [leaving.anthropic, leaving.openai].map((name) => `${workflows.namespace}/${name}`);
    const [anthropic = '', openai = ''] = keys;
    await deployment.untilRouted(keys);
    const crowd = crowdAt(deployment.gatewayURL, { anthropic, openai }, { size: STREAMS, stream: true });
    const streams = keep(startCallers(crowd));
    await until('every stream to have begun', async () => {
      return (await deployment.gateway().metric('mcpworkflow_gateway_open_streams')) === STREAMS;
    });
    const stopped = streams.stop();
    const tally = streams.take();

    for (const name of Object.values(leaving)) await workflows.remove(name);
    for (const key of keys) await until(`${key} to be gone`, async () => !(await isRouted(key)));
    expect(tally).toMatchObject({ sent: STREAMS, whole: 0, lost: 0, told: 0 });
    await stopped;
    expectNothingLost(tally);
  }, 60_000);
});
