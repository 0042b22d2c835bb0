// An HTTPS proxy in front of the API server that fails on demand. It serves with the API server's own certificate, so a
// client needs nothing but another URL. Watches stream through it untouched unless a fault says otherwise.

import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { Agent, createServer, request as httpsRequest } from 'node:https';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { join } from 'node:path';
import { faultBook, isMatch, reasonOf, statusObject } from './fault.ts';
import type { FaultBook, FinalFault, RequestMatch, SeenRequest } from './fault.ts';
import type { PlaneAccess, PlaneUser } from './plane-access.ts';
import { lineGate, type LineGate } from './line-gate.ts';

/** A running proxy. */
export interface FaultProxy {
  /** What a client uses in the place of the API server's URL. */
  readonly url: string;
  readonly ca: string;
  /** Faults for requests to come. */
  readonly faults: Pick<FaultBook, 'add' | 'clear'>;
  /** Every request so far, in the order of arrival. */
  readonly requests: readonly SeenRequest[];
  /** A kubeconfig that leads through the proxy. */
  kubeconfig(user: PlaneUser): string;
  /** Requests whose answers are still under way: usually watches. */
  live(match?: RequestMatch): readonly SeenRequest[];
  /** Breaks the connections of live requests, watches in the middle of a line if `midLine`. Returns how many. */
  cutLive(match?: RequestMatch, midLine?: boolean): number;
  /** Lets live requests hang: no further byte, no end. Returns how many. */
  stallLive(match?: RequestMatch): number;
  /** Ends live watches with an ERROR event in the stream, as the API server does. Returns how many. */
  errorLive(code: number, match?: RequestMatch): number;
  /** Breaks every connection and refuses new ones, until `accept`. */
  refuse(): Promise<void>;
  accept(): Promise<void>;
  stop(): Promise<void>;
}

/** An answer that is being passed on. */
interface Exchange {
  readonly seen: SeenRequest & { status?: number };
  readonly response: ServerResponse;
  readonly gate: LineGate;
}

/** Starts a proxy on a free loopback port. */
export async function startFaultProxy(plane: Pick<PlaneAccess, 'connection' | 'kubeconfig'>): Promise<FaultProxy> {
  const { server: upstream, ca, folder, tokens } = plane.connection;
  const read = (name: string): string => readFileSync(join(folder, 'certs', name), 'utf8');
  const agent = new Agent({ ca, keepAlive: false });
  const book = faultBook();
  const requests: SeenRequest[] = [];
  const exchanges = new Set<Exchange>();
  const sockets = new Set<Socket>();
  const server = createServer({ key: read('apiserver.key'), cert: read('apiserver.crt') }, (request, response) => {
    void handle(request, response);
  });
  // The raw connection, not the encrypted one: a break must reach clients that are still shaking hands.
  server.on('connection', (socket: Socket) => {
    sockets.add(socket);
    socket.once('close', () => sockets.delete(socket));
  });

  const handle = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const seen = toSeen(request, tokens);
    requests.push(seen);
    response.on('error', () => undefined); // a client may leave at any time
    const { delayMs, fault } = book.take(seen);
    if (delayMs > 0) await new Promise((resolve) => setTimeout(resolve, delayMs).unref());
    if (fault !== undefined && answersItself(fault, response)) return void request.resume();
    const gate = lineGate(response);
    if (fault !== undefined) setGate(gate, fault);
    const exchange: Exchange = { seen, response, gate };
    exchanges.add(exchange);
    response.once('close', () => exchanges.delete(exchange));
    forward(request, exchange, { upstream, agent });
  };

  const listen = async (port: number): Promise<void> => {
    server.listen(port, '127.0.0.1');
    await once(server, 'listening');
  };
  const breakAll = async (): Promise<void> => {
    const closed = once(server, 'close');
    server.close();
    for (const socket of sockets) socket.destroy();
    await closed;
  };
  const pick = (match: RequestMatch = {}): readonly Exchange[] =>
    [...exchanges].filter(({ seen }) => isMatch(match, seen));
  const forEachLive = (match: RequestMatch | undefined, change: (exchange: Exchange) => void): number => {
    const picked = pick(match);
    picked.forEach(change);
    return picked.length;
  };

  await listen(0);
  const { port } = server.address() as AddressInfo;
  const url = `https://127.0.0.1:${port}`;
  return {
    url,
    ca,
    faults: book,
    requests,
    kubeconfig: (user) => plane.kubeconfig(user, url),
    live: (match) => pick(match).map(({ seen }) => seen),
    cutLive: (match, midLine = false) =>
      forEachLive(match, ({ response, gate, seen }) => {
        if (midLine && seen.watch) response.write('{"type":"MODIFIED","object":{"metada', () => response.destroy());
        else response.destroy();
        gate.close();
      }),
    stallLive: (match) => forEachLive(match, ({ gate }) => gate.close()),
    errorLive: (code, match) =>
      forEachLive({ ...match, watch: true }, ({ response, gate }) => {
        gate.close();
        response.end(errorEvent(code));
      }),
    async refuse() {
      if (server.listening) await breakAll();
    },
    async accept() {
      if (!server.listening) await listen(port);
    },
    async stop() {
      if (server.listening) await breakAll();
      agent.destroy();
    },
  };
}

function toSeen(request: IncomingMessage, tokens: Readonly<Record<PlaneUser, string>>): SeenRequest {
  const path = request.url ?? '';
  const query = new URL(path, 'https://localhost').searchParams;
  const users = Object.keys(tokens) as PlaneUser[];
  const user = users.find((name) => request.headers.authorization === `Bearer ${tokens[name]}`);
  return {
    method: request.method ?? '',
    path,
    watch: ['1', 'true'].includes(query.get('watch') ?? ''),
    ...(user === undefined ? {} : { user }),
    at: Date.now(),
  };
}

/** Gives the answer of a fault that needs no API server, and says whether it was one. */
function answersItself(fault: FinalFault, response: ServerResponse): boolean {
  switch (fault.kind) {
    case 'status': {
      const retryAfter = fault.retryAfterSeconds;
      response.writeHead(fault.status, {
        'content-type': 'application/json',
        ...(retryAfter === undefined ? {} : { 'retry-after': String(retryAfter) }),
      });
      response.end(JSON.stringify(statusObject(fault.status, fault.reason ?? reasonOf(fault.status))));
      return true;
    }
    case 'errorEvent':
      response.writeHead(200, { 'content-type': 'application/json' });
      response.end(errorEvent(fault.code));
      return true;
    case 'reset':
      response.destroy();
      return true;
    case 'cut':
    case 'stall':
    case 'noAnswer':
      return false;
  }
}

function setGate(gate: LineGate, fault: FinalFault): void {
  if (fault.kind === 'cut') gate.cutAfter(fault.afterLines);
  if (fault.kind === 'stall') gate.closeAfter(fault.afterLines);
  if (fault.kind === 'noAnswer') gate.close();
}

function errorEvent(code: number): string {
  return `${JSON.stringify({ type: 'ERROR', object: statusObject(code, reasonOf(code)) })}\n`;
}

function forward(
  request: IncomingMessage,
  { seen, response, gate }: Exchange,
  to: { upstream: string; agent: Agent },
): void {
  const call = httpsRequest(new URL(request.url ?? '/', to.upstream), {
    agent: to.agent,
    method: request.method,
    headers: request.headers,
  });
  call.once('response', (answer) => {
    seen.status = answer.statusCode ?? 502;
    gate.head(seen.status, answer.headers);
    answer.on('data', (chunk: Buffer) => gate.pass(chunk));
    answer.once('end', () => gate.end());
    answer.on('error', () => gate.broken());
  });
  call.on('error', () => gate.broken());
  // A client that leaves takes its watch on the API server with it.
  response.once('close', () => call.destroy());
  request.pipe(call);
}
