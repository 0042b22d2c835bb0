// The connection of a person or a test: a kubeconfig file, with whatever way to log in that it names. The Kubernetes client
// is loaded only here and only when it is needed: it costs half a second and eighty megabytes.
import type { RequestOptions } from 'node:https';
import type { Clock } from '../clock.ts';
import { SetupError } from '../errors.ts';
import type { Connection, TlsSettings } from './connection.ts';

const ASK_AGAIN_AFTER_MS = 30_000;

/** Which kubeconfig and which of its contexts. */
export interface KubeconfigOptions {
  readonly clock: Clock;
  /** @default KUBECONFIG, else the file in the home folder */
  readonly path?: string;
  /** @default the current context of the file */
  readonly context?: string;
}

/** What the client makes up when there is no kubeconfig anywhere. */
const NO_KUBECONFIG = 'http://localhost:8080';

/** The connection that a kubeconfig describes. Rejects with a SetupError when there is no such file, context or cluster. */
export async function kubeconfigConnection(options: KubeconfigOptions): Promise<Connection> {
  const { KubeConfig } = await import('@kubernetes/client-node');
  const load = () => {
    const config = new KubeConfig();
    if (options.path === undefined) config.loadFromDefault();
    else config.loadFromFile(options.path);
    if (options.context !== undefined) config.setCurrentContext(options.context);
    return config;
  };
  const where = options.path === undefined ? 'the kubeconfig' : `--kubeconfig ${options.path}`;
  let config = attempt(where, load);
  const cluster = config.getCurrentCluster();
  if (!cluster) {
    throw new SetupError(
      `${where}: it has no cluster for its context ${config.getCurrentContext()}; correct the context`,
    );
  }
  if (options.path === undefined && cluster.server === NO_KUBECONFIG) {
    throw new SetupError('there is no kubeconfig, and this is no pod: give one with --kubeconfig, or set KUBECONFIG');
  }

  // Each asking reads files and builds an agent that nobody uses, so an answer is kept for a while.
  let known: { readonly request: RequestOptions; readonly at: number } | undefined;
  const settings = async () => {
    if (known && options.clock.now() - known.at < ASK_AGAIN_AFTER_MS) return known.request;
    const request: RequestOptions = {};
    await config.applyToHTTPSOptions(request);
    known = { request, at: options.clock.now() };
    return request;
  };
  return {
    server: cluster.server.replace(/\/+$/, ''),
    tls: async () => tlsOf(await settings()),
    async token(fresh) {
      // A login program's answer is remembered inside the config; a new config asks it again.
      if (fresh) {
        config = load();
        known = undefined;
      }
      return bearerOf(await settings());
    },
  };
}

/** The client's own error may quote the file, and with it a credential: only its code is told. */
function attempt<T>(where: string, load: () => T): T {
  try {
    return load();
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT') throw new SetupError(`${where}: there is no such file`);
    if (code === 'EACCES') throw new SetupError(`${where}: this user may not read it`);
    throw new SetupError(`${where}: this is no kubeconfig; see \`kubectl config view\` for what one looks like`);
  }
}

const text = (value: unknown) =>
  Buffer.isBuffer(value) ? value.toString('utf8') : typeof value === 'string' ? value : undefined;

function tlsOf(request: RequestOptions): TlsSettings {
  const ca = text(request.ca);
  const cert = text(request.cert);
  const key = text(request.key);
  return {
    ...(ca === undefined ? {} : { ca }),
    ...(cert === undefined ? {} : { cert }),
    ...(key === undefined ? {} : { key }),
    ...(request.servername === undefined ? {} : { servername: request.servername }),
    ...(request.rejectUnauthorized === undefined ? {} : { rejectUnauthorized: request.rejectUnauthorized }),
  };
}

function bearerOf(request: RequestOptions): string | undefined {
  const headers: unknown = request.headers;
  if (typeof headers !== 'object' || headers === null || Array.isArray(headers)) return undefined;
  const header: unknown = Reflect.get(headers, 'Authorization') ?? Reflect.get(headers, 'authorization');
  return typeof header === 'string' && header.startsWith('Bearer ') ? header.slice('Bearer '.length) : undefined;
}
