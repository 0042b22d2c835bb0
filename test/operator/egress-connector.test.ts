// Connections are really made here, to a server on loopback; only names are looked up in the test's own book.
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { createServer } from 'node:http';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Agent, request } from 'undici';
import { egressConnector } from '../../operator/egress-connector.ts';
import type { LookupAll } from '../../operator/egress-connector.ts';
import { EgressDeniedError } from '../../operator/errors.ts';
import { exchange } from '../../operator/observe/exchange.ts';
import type { EgressPolicy } from '../../operator/routes/egress.ts';
import { steppedClock } from '../fakes/clock.ts';

let server: Server;
let port: number;
let connections: number;
const agents: Agent[] = [];

beforeEach(async () => {
  connections = 0;
  server = createServer((incoming, response) => {
    if (incoming.url === '/moved') response.writeHead(302, { location: `http://localhost:${port}/there` });
    response.end(incoming.url);
  });
  server.on('connection', () => (connections += 1));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  ({ port } = server.address() as AddressInfo);
});
afterEach(async () => {
  for (const agent of agents.splice(0)) await agent.destroy();
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
});

/** An agent whose names resolve to what `answers` says, one entry for each time a name is asked for. */
function setup(answers: readonly (readonly string[])[], listed: readonly string[] = [], inCluster = true) {
  const asked: string[] = [];
  const policy: EgressPolicy = { catalogHosts: [], allowUpstream: listed, inCluster };
  const lookup: LookupAll = (host, _options, answer) => {
    const addresses = answers[Math.min(asked.length, answers.length - 1)] ?? [];
    asked.push(host);
    answer(
      null,
      addresses.map((address) => ({ address, family: address.includes(':') ? 6 : 4 })),
    );
  };
  const dispatcher = new Agent({ connect: egressConnector({ policy: () => policy, timeoutMs: 1_000, lookup }) });
  agents.push(dispatcher);
  const get = async (host: string, path = '/') => {
    const { statusCode, body } = await request(`http://${host}:${port}${path}`, { dispatcher, reset: true });
    await body.dump();
    return statusCode;
  };
  return { asked, dispatcher, get };
}

describe('a connection to a host that nobody lists', () => {
  it.each([
    ['leads to loopback', ['127.0.0.1']],
    ['leads to loopback over IPv6', ['::1']],
    ['leads to loopback in disguise', ['::ffff:127.0.0.1']],
    ['leads to the metadata of the cloud', ['169.254.169.254']],
    ['leads to loopback as well', ['203.0.113.9', '127.0.0.1']],
    ['leads nowhere that is an address', ['127.0.0.1.example']],
  ])('is refused when its name %s', async (_, addresses) => {
    const { get } = setup([addresses]);
    await expect(get('vllm.ml.svc')).rejects.toBeInstanceOf(EgressDeniedError);
    expect(connections).toBe(0);
  });

  it('is judged again each time: a name that was good may have been bound to something else', async () => {
    // The first address is listed, so that a server can be there; the second is not.
    const { get, asked } = setup([['127.0.0.1'], ['127.0.0.2']], ['127.0.0.1']);
    expect(await get('vllm.ml.svc')).toBe(200);
    await expect(get('vllm.ml.svc')).rejects.toBeInstanceOf(EgressDeniedError);
    expect(asked).toEqual(['vllm.ml.svc', 'vllm.ml.svc']);
  });

  it('goes to the address that was judged: the name is asked for once', async () => {
    const { get, asked } = setup([['127.0.0.1'], ['127.0.0.2']], ['127.0.0.1']);
    expect(await get('vllm.ml.svc')).toBe(200);
    expect(asked).toHaveLength(1);
  });

  it('fails as it always did when the name has no address', async () => {
    const { get } = setup([[]]);
    await expect(get('vllm.ml.svc')).rejects.not.toBeInstanceOf(EgressDeniedError);
  });
});

describe('a connection that may be made', () => {
  it.each([
    ['to a listed host, wherever it leads', ['models.example'], true],
    ['to a host that leads to a listed address', ['127.0.0.1'], true],
    ['to any host outside of a cluster', [], false],
  ])('%s', async (_, listed, inCluster) => {
    expect(await setup([['127.0.0.1']], listed, inCluster).get('models.example')).toBe(200);
  });

  it('does not follow where the other side sends it', async () => {
    const { get, asked } = setup([['127.0.0.1']], ['models.example']);
    expect(await get('models.example', '/moved')).toBe(302);
    expect(asked).toEqual(['models.example']);
  });
});

describe('a probe', () => {
  it('says what kept it from asking', async () => {
    const { dispatcher } = setup([['127.0.0.1']]);
    const call = {
      method: 'GET',
      url: `http://vllm.ml.svc:${port}/`,
      headers: {},
      timeoutMs: 1_000,
      maxBytes: 9,
    } as const;
    expect(await exchange({ dispatcher, clock: steppedClock() }, call)).toEqual({
      kind: 'noAnswer',
      reason: 'EgressDenied',
    });
  });
});
