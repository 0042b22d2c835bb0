// The server under a gateway, plain or with TLS, within the limits.
import type { RequestListener, Server } from 'node:http';
import { createServer, Server as TlsServer } from 'node:https';
import type { FastifyHttpOptions } from 'fastify';
import type { Limits } from './limits.ts';

/** A certificate with its chain, and its private key; both PEM. */
export interface TlsIdentity {
  readonly cert: string;
  readonly key: string;
}

const contextOf = ({ cert, key }: TlsIdentity) => ({ cert, key, minVersion: 'TLSv1.2' }) as const;

type ServerOptions = Pick<FastifyHttpOptions<Server>, 'http' | 'keepAliveTimeout' | 'requestTimeout' | 'serverFactory'>;

/** What fastify is to be told of its server. Without an identity it speaks plain HTTP. */
export function serverOptions(limits: Limits, identity: TlsIdentity | undefined): ServerOptions {
  const http = {
    maxHeaderSize: limits.headerBytes,
    headersTimeout: limits.headersMs,
    connectionsCheckingInterval: limits.lookMs,
  };
  const timeouts = { keepAliveTimeout: limits.keepAliveMs, requestTimeout: limits.requestMs };
  if (!identity) return { http, ...timeouts };
  // Made here and not by fastify, which would make one for each address of `localhost`: only one can be renewed.
  const serverFactory = (handler: RequestListener): Server =>
    createServer({ ...http, ...timeouts, ...contextOf(identity) }, handler);
  return { serverFactory };
}

/** New connections see the new certificate; those that are open go on. */
export function renewIdentity(server: Server, identity: TlsIdentity): void {
  if (!(server instanceof TlsServer)) throw new Error('expected a server with TLS, got one without');
  server.setSecureContext(contextOf(identity));
}
