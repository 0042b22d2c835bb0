// Tokens of real ServiceAccounts, reviewed by a real API server under the role of the gateway.
import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { rbacManifests } from '../../lib/manifests/rbac.ts';
import { systemClock } from '../../operator/clock.ts';
import { createGateway } from '../../operator/gateway/front/server.ts';
import { staticConnection } from '../../operator/kube/connection.ts';
import { tokenReviewer } from '../../operator/kube/token-reviewer.ts';
import type { TokenReviewer } from '../../operator/kube/token-reviewer.ts';
import { createTransport } from '../../operator/kube/transport.ts';
import type { OpenTransport } from '../../operator/kube/transport.ts';
import { until } from './plane-access.ts';
import { buildRouteTable } from '../../operator/routes/table.ts';
import { startControlPlane, type ControlPlane } from './control-plane.ts';

jest.setTimeout(60_000);

const clock = systemClock();
const quiet = { error: () => {}, warn: () => {}, info: () => {} };

let plane: ControlPlane;
let transport: OpenTransport;
let team: string;
let other: string;

beforeAll(async () => {
  plane = await startControlPlane();
  const items = rbacManifests({
    namespace: 'mcp-system',
    operatorServiceAccount: 'mcp-operator',
    gatewayServiceAccount: 'mcp-gateway',
  });
  const list = JSON.stringify({ apiVersion: 'v1', kind: 'List', items });
  expect(await plane.kubectl(['apply', '-f', '-'], list)).toMatchObject({ code: 0 });
  const { server, ca, gatewayToken: token } = plane;
  transport = createTransport({ connection: staticConnection({ server, ca, token }), clock });
  [team, other] = [await plane.namespace('team'), await plane.namespace('other')];
  for (const namespace of [team, other]) await createAccount(namespace, 'bot');
});
afterAll(async () => {
  await transport.close();
  await plane.stop();
});

async function createAccount(namespace: string, name: string): Promise<void> {
  const account = { apiVersion: 'v1', kind: 'ServiceAccount', metadata: { name } };
  const made = await plane.request('POST', `/api/v1/namespaces/${namespace}/serviceaccounts`, account);
  expect(made.status).toBe(201);
}

/** What a pod gets from a projected volume; without an audience it is meant for the API server. */
async function tokenOf(namespace: string, name: string, audience?: string): Promise<string> {
  const made = await plane.request('POST', `/api/v1/namespaces/${namespace}/serviceaccounts/${name}/token`, {
    apiVersion: 'authentication.k8s.io/v1',
    kind: 'TokenRequest',
    spec: { expirationSeconds: 600, ...(audience !== undefined && { audiences: [audience] }) },
  });
  expect(made.status).toBe(201);
  return (made.body as { status: { token: string } }).status.token;
}

/** One that remembers nothing yet, so that the API server is really asked. */
const fresh = (): TokenReviewer => tokenReviewer({ transport, clock, log: quiet });

describe('a token on the real API server', () => {
  it('for our audience tells its ServiceAccount', async () => {
    for (const namespace of [team, other]) {
      const verdict = await fresh().whose(await tokenOf(namespace, 'bot', 'mcpworkflow'));
      expect(verdict).toEqual({ kind: 'serviceAccount', namespace, name: 'bot' });
    }
  });

  it('for the API server is refused', async () => {
    expect(await fresh().whose(await tokenOf(team, 'bot'))).toEqual({ kind: 'nobody' });
  });

  it('for someone else is refused', async () => {
    expect(await fresh().whose(await tokenOf(team, 'bot', 'vault'))).toEqual({ kind: 'nobody' });
  });

  it('with another signature is refused', async () => {
    const [head, payload] = (await tokenOf(team, 'bot', 'mcpworkflow')).split('.');
    const [, , signature] = (await tokenOf(other, 'bot', 'mcpworkflow')).split('.');
    expect(await fresh().whose([head, payload, signature].join('.'))).toEqual({ kind: 'nobody' });
  });

  it('of a ServiceAccount that is gone is refused', async () => {
    await createAccount(team, 'leaver');
    const token = await tokenOf(team, 'leaver', 'mcpworkflow');
    expect(await fresh().whose(token)).toMatchObject({ name: 'leaver' });
    await plane.request('DELETE', `/api/v1/namespaces/${team}/serviceaccounts/leaver`);
    // The API server itself remembers a token for ten seconds.
    await until('the token to be refused', async () => (await fresh().whose(token)).kind === 'nobody');
  });

  it('opens the workflows of its own namespace, behind a gateway', async () => {
    const reviewer = fresh();
    const gateway = createGateway({
      table: () => buildRouteTable([]),
      credentials: () => undefined,
      clock,
      random: () => 0,
      log: { ...quiet, debug: () => {} },
      mustProve: true,
      whose: (token) => reviewer.whose(token),
    });
    const statusFor = async (token: string) => {
      const url = `/${team}/bot/openai/v1/chat/completions`;
      const headers = { authorization: `Bearer ${token}` };
      return (await gateway.app.inject({ method: 'POST', url, payload: '{}', headers })).statusCode;
    };
    // There is no such workflow, which only those are told who may know.
    expect(await statusFor(await tokenOf(team, 'bot', 'mcpworkflow'))).toBe(404);
    expect(await statusFor(await tokenOf(other, 'bot', 'mcpworkflow'))).toBe(403);
    expect(await statusFor(await tokenOf(team, 'bot'))).toBe(401);
    await gateway.stop();
  });

  it('that is known stays good while the API server is gone; a new one has to wait', async () => {
    const ours = fresh();
    const [known, unknown] = [await tokenOf(team, 'bot', 'mcpworkflow'), await tokenOf(other, 'bot', 'mcpworkflow')];
    await ours.whose(known);
    await plane.stopApiServer();
    expect(await ours.whose(known)).toMatchObject({ namespace: team });
    expect(await ours.whose(unknown)).toEqual({ kind: 'notAsked' });
    await plane.startApiServer();
    expect(await ours.whose(unknown)).toMatchObject({ namespace: other });
  });
});
