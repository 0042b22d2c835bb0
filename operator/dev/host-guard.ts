// Keeps web pages away from a gateway that asks for no key: a page can make a browser on this machine send requests, by
// its own origin or by a name that resolves to loopback (DNS rebinding), and would spend the user's model keys.
import { isLoopback } from '../listen-address.ts';
import type { ListenAddress } from '../listen-address.ts';

/** `uri-host [ ":" port ]`, RFC 9110 section 7.2. Not by `URL`, which takes more than hosts and longer than the request's JSON. */
const HOST = /^(?:\[([\da-f:.]+)\]|([\w.-]+))(?::\d+)?$/i;

/** The host without its port, lower case; undefined when the text is none. */
function hostOf(authority: string): string | undefined {
  const match = HOST.exec(authority);
  return (match?.[1] ?? match?.[2])?.toLowerCase();
}

/** Whether a request comes from somewhere that has no business here, by its Host and Origin headers. */
export function isForeign(host: string | undefined, origin: string | undefined, listen: ListenAddress): boolean {
  const isOurs = (name: string | undefined) => name !== undefined && (isLoopback(name) || name === listen.host);
  // Bound to more than loopback, any name may be ours; whoever did that has said --insecure-no-auth.
  const checksHost = isLoopback(listen.host);
  if (checksHost && (host === undefined || !isOurs(hostOf(host)))) return true;
  if (origin === undefined) return false;
  const from = URL.parse(origin);
  return !from || !isOurs(from.hostname.replace(/^\[(.*)\]$/, '$1'));
}

/** Whether a body of this type can only have been sent on purpose: pages cannot send JSON elsewhere without being asked. */
export const isJSON = (contentType: string | undefined): boolean =>
  /^application\/([\w.-]+\+)?json\s*(;|$)/i.test(contentType ?? '');
