// Whose URL may be called, and where a Secret may be sent. This is the check when the table is built; names are judged as
// they are written, and what they resolve to is judged by whoever connects.
import { bareHost, specialHost } from './addresses.ts';

/** Where the URLs of a workflow's own providers may point. Entries are `host` for every port, or `host:port`. */
export interface EgressPolicy {
  readonly catalogHosts: readonly string[];
  /** What `--allow-upstream` lists. */
  readonly allowUpstream: readonly string[];
  /** Outside a cluster the file's writer owns the machine: any host but link-local and metadata, loopback included. */
  readonly inCluster: boolean;
}

export type EgressVerdict = { readonly ok: true } | { readonly ok: false; readonly why: string };

const refused = (why: string): EgressVerdict => ({ ok: false, why });
const ALLOWED: EgressVerdict = { ok: true };

const portOf = (url: URL): string => url.port || (url.protocol === 'https:' ? '443' : '80');

/** `host:port` of a URL, the form of `EgressPolicy.catalogHosts`. */
export const hostAndPort = (url: URL): string => {
  const host = bareHost(url.hostname);
  return `${host.includes(':') ? `[${host}]` : host}:${portOf(url)}`;
};

/** The policy that a catalog and the flags give. */
export const egressPolicy = (
  catalog: { readonly providers: readonly { readonly baseURL: string }[] },
  { allowUpstream, inCluster }: Pick<EgressPolicy, 'allowUpstream' | 'inCluster'>,
): EgressPolicy => ({
  catalogHosts: catalog.providers.flatMap(({ baseURL }) =>
    URL.canParse(baseURL) ? [hostAndPort(new URL(baseURL))] : [],
  ),
  allowUpstream,
  inCluster,
});

/** True when `entry`, `host` or `host:port`, means the URL's host. */
function means(entry: string, url: URL): boolean {
  const [, host = '', port] = /^(\[[^\]]*\]|[^:]+)(?::(\d+))?$/.exec(entry.trim()) ?? [];
  const written = `http://${host}/`;
  if (host === '' || !URL.canParse(written)) return false;
  if (bareHost(new URL(written).hostname) !== bareHost(url.hostname)) return false;
  return port === undefined || Number(port) === Number(portOf(url));
}

/** True for `name.namespace.svc` of the workflow's own namespace, with or without the cluster's domain. */
function isOwnService(host: string, namespace: string): boolean {
  // A bare name would be looked up in the gateway's namespace, not the workflow's; and `name.namespace` may be a public
  // name, for `dev` and `ai` are top-level domains as well as namespaces. `svc` is none.
  return host.endsWith(`.${namespace}.svc`) || host.endsWith(`.${namespace}.svc.cluster.local`);
}

/** May a workflow of this namespace have a provider at this URL? */
export function checkEgress(url: URL, namespace: string, policy: EgressPolicy): EgressVerdict {
  const host = bareHost(url.hostname);
  const special = specialHost(host);
  if (special !== undefined && !(special === 'loopback' && !policy.inCluster)) {
    return refused(`${host} is a ${special} address, which no workflow may call: name a host that serves models`);
  }
  if (!policy.inCluster) return ALLOWED;
  const listed = [...policy.catalogHosts, ...policy.allowUpstream].some((entry) => means(entry, url));
  if (listed || isOwnService(host, namespace)) return ALLOWED;
  return refused(
    `${hostAndPort(url)} is neither a Service of this namespace (written name.${namespace}.svc) nor a host of the catalog: ` +
      `ask the platform team for --allow-upstream=${hostAndPort(url)}`,
  );
}

/**
 * May a Secret be sent to this URL? `annotation` is its `ai.example.com/allowed-hosts`, a comma-separated list of `host` or
 * `host:port`; without it the Secret may be sent nowhere.
 */
export const secretMayGoTo = (annotation: string | undefined, url: URL): boolean =>
  annotation !== undefined && annotation.split(',').some((entry) => means(entry, url));
