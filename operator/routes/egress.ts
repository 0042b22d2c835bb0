// Whose URL may be called, where the name in it may lead, and where a Secret may be sent. Names are judged as they are written
// when the table is built, and by what they resolve to when they are connected to.
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

const isListed = (url: URL, { catalogHosts, allowUpstream }: EgressPolicy): boolean =>
  [...catalogHosts, ...allowUpstream].some((entry) => means(entry, url));

/** May a workflow of this namespace have a provider at this URL? */
export function checkEgress(url: URL, namespace: string, policy: EgressPolicy): EgressVerdict {
  const host = bareHost(url.hostname);
  const special = specialHost(host);
  if (special !== undefined && !(special === 'loopback' && !policy.inCluster)) {
    return refused(`${host} is a ${special} address, which no workflow may call: name a host that serves models`);
  }
  if (!policy.inCluster) return ALLOWED;
  if (isListed(url, policy) || isOwnService(host, namespace)) return ALLOWED;
  return refused(
    `${hostAndPort(url)} is neither a Service of this namespace (written name.${namespace}.svc) nor a host of the catalog: ` +
      `ask the platform team for --allow-upstream=${hostAndPort(url)}`,
  );
}

/** The same URL at an address as resolvers write it; undefined when it is none. */
function atAddress(url: URL, address: string): URL | undefined {
  const [bare = ''] = address.split('%'); // behind it is the zone of a link-local one
  const isV6 = bare.includes(':');
  if (!isV6 && !/^\d+\.\d+\.\d+\.\d+$/.test(bare)) return undefined;
  const host = isV6 ? `[${bare}]` : bare;
  return URL.parse(`${url.protocol}//${host}:${portOf(url)}`) ?? undefined;
}

/** Whether the host may resolve to anything: the catalog or `--allow-upstream` names it, or there is no cluster to protect. */
export const mayBeAnywhere = (url: URL, policy: EgressPolicy): boolean => !policy.inCluster || isListed(url, policy);

/**
 * May a connection for this URL go to this address, to which its host resolves? Not where no workflow may call, unless the
 * catalog or `--allow-upstream` names the host, or that very address.
 */
export function checkAddress(url: URL, address: string, policy: EgressPolicy): EgressVerdict {
  if (mayBeAnywhere(url, policy)) return ALLOWED;
  const resolved = atAddress(url, address);
  if (!resolved) return refused(`${url.host} resolves to something that is no address`);
  const special = specialHost(bareHost(resolved.hostname));
  if (special === undefined || isListed(resolved, policy)) return ALLOWED;
  return refused(`${url.host} resolves to a ${special} address, which no workflow may call`);
}

/**
 * May a Secret be sent to this URL? `annotation` is its `ai.example.com/allowed-hosts`, a comma-separated list of `host` or
 * `host:port`; without it the Secret may be sent nowhere.
 */
export const secretMayGoTo = (annotation: string | undefined, url: URL): boolean =>
  annotation !== undefined && annotation.split(',').some((entry) => means(entry, url));
