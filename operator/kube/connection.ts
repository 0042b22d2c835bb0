// Where the API server is and how one proves who one is. Credentials are asked for again and again, never kept by the
// caller, so that a rotated token or CA is picked up.
import { readFile } from 'node:fs/promises';
import type { Clock } from '../clock.ts';

/** What the TLS connection needs; a change of any of it needs a new connection. */
export interface TlsSettings {
  readonly ca?: string;
  readonly cert?: string;
  readonly key?: string;
  readonly servername?: string;
  readonly rejectUnauthorized?: boolean;
}

/** One way to reach an API server. */
export interface Connection {
  /** Its URL, without a path at the end. */
  readonly server: string;
  tls(): Promise<TlsSettings>;
  /** The bearer token, if there is one. `fresh` demands that no remembered one is used: the server has just refused it. */
  token(fresh: boolean): Promise<string | undefined>;
}

/** A connection that never changes, for tests. */
export function staticConnection(given: {
  readonly server: string;
  readonly ca?: string;
  readonly token?: string;
}): Connection {
  return {
    server: given.server.replace(/\/+$/, ''),
    tls: () => Promise.resolve(given.ca === undefined ? {} : { ca: given.ca }),
    token: () => Promise.resolve(given.token),
  };
}

const SERVICE_ACCOUNT_FOLDER = '/var/run/secrets/kubernetes.io/serviceaccount';
const REREAD_AFTER_MS = 60_000;

/** Where a pod finds its API server. */
export interface InClusterOptions {
  readonly clock: Clock;
  /** The host of the API server, as the kubelet tells it in `KUBERNETES_SERVICE_HOST`. */
  readonly host: string;
  /** Its port, from `KUBERNETES_SERVICE_PORT`. */
  readonly port: string;
  /** @default the folder where the kubelet mounts the service account */
  readonly folder?: string;
}

/** The connection of a pod: its service account's files, read again after at most a minute. */
export function inClusterConnection(options: InClusterOptions): Connection {
  const { clock, port, folder = SERVICE_ACCOUNT_FOLDER } = options;
  const host = options.host.includes(':') ? `[${options.host}]` : options.host;
  const token = reread(`${folder}/token`, clock);
  const ca = reread(`${folder}/ca.crt`, clock);
  return {
    server: `https://${host}:${port}`,
    tls: async () => ({ ca: await ca(false) }),
    token: async (fresh) => (await token(fresh)).trim(),
  };
}

/** A file's text, read at most once a minute unless `fresh`. When it cannot be read for a moment, the last text stands. */
function reread(path: string, clock: Clock): (fresh: boolean) => Promise<string> {
  let known: { readonly text: string; readonly at: number } | undefined;
  return async (fresh) => {
    if (known && !fresh && clock.now() - known.at < REREAD_AFTER_MS) return known.text;
    try {
      known = { text: await readFile(path, 'utf8'), at: clock.now() };
    } catch (error) {
      if (!known) throw error;
    }
    return known.text;
  };
}
