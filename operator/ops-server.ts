// The small server beside the work: health, readiness, metrics, and on a gateway the counters that the operator pulls.
import { createServer } from 'node:http';
import type { Server, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { listenError } from './listen-address.ts';
import type { ListenAddress } from './listen-address.ts';

/** What a GET of a path answers. */
export interface OpsAnswer {
  readonly status: number;
  readonly contentType: string;
  readonly body: string;
}

/** Answers by path. */
export type OpsRoutes = Readonly<Record<string, () => OpsAnswer | Promise<OpsAnswer>>>;

export const text = (status: number, body: string): OpsAnswer => ({
  status,
  contentType: 'text/plain; charset=utf-8',
  body: `${body}\n`,
});
export const json = (value: unknown): OpsAnswer => ({
  status: 200,
  contentType: 'application/json',
  body: JSON.stringify(value),
});

/** A server that listens. */
export interface OpsServer {
  readonly address: ListenAddress;
  stop(): Promise<void>;
}

async function respond(
  routes: OpsRoutes,
  path: string,
  method: string | undefined,
  response: ServerResponse,
): Promise<void> {
  const route = Object.hasOwn(routes, path) ? routes[path] : undefined;
  const answer =
    method !== 'GET' || !route ? text(404, `served here: ${Object.keys(routes).join(' ')}`) : await route();
  response.writeHead(answer.status, { 'content-type': answer.contentType }).end(answer.body);
}

/** Listens on `address`. Rejects with a SetupError that names `flag` when it cannot be had. */
export async function startOpsServer(address: ListenAddress, flag: string, routes: OpsRoutes): Promise<OpsServer> {
  const server: Server = createServer((request, response) => {
    const path = (request.url ?? '/').split('?')[0] ?? '/';
    respond(routes, path, request.method, response).catch((error: unknown) => response.destroy(error as Error));
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', (error) => reject(listenError(error, address, flag)));
    server.listen(address.port, address.host, resolve);
  });
  const { port } = server.address() as AddressInfo;
  return {
    address: { host: address.host, port },
    stop: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
