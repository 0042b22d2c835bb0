// Which hosts are this machine itself, or its link and its cloud's metadata: places that no workflow may send anything to.

/** A host as URLs normalise it: lower case, IPv6 without brackets, no dot at the end. */
export const bareHost = (hostname: string): string =>
  hostname
    .toLowerCase()
    .replace(/\.+$/, '')
    .replace(/^\[(.*)\]$/, '$1');

/** What a host is, when it is no ordinary one. */
export type SpecialHost = 'loopback' | 'link-local' | 'metadata' | 'unspecified' | 'multicast';

const NAMES: Readonly<Record<string, SpecialHost>> = {
  localhost: 'loopback',
  'localhost.localdomain': 'loopback',
  'ip6-localhost': 'loopback',
  'ip6-loopback': 'loopback',
  metadata: 'metadata',
  'metadata.google.internal': 'metadata',
  'metadata.azure.internal': 'metadata',
  'instance-data': 'metadata',
  'instance-data.ec2.internal': 'metadata',
};

// Beside 169.254.169.254, which is link-local anyway: Alibaba, Azure's wire server, Oracle's old one, and over IPv6 AWS and Google.
const METADATA = new Set(['100.100.100.200', '168.63.129.16', '192.0.0.192', 'fd00:ec2::254', 'fd20:ce::254']);

/** What kind of special host this is; undefined for an ordinary one. Takes a host in the form of `bareHost`. */
export function specialHost(host: string): SpecialHost | undefined {
  if (METADATA.has(host)) return 'metadata';
  if (Object.hasOwn(NAMES, host)) return NAMES[host];
  if (host.endsWith('.localhost')) return 'loopback';
  if (host.includes(':')) return specialV6(host);
  const octets = /^\d+\.\d+\.\d+\.\d+$/.test(host) ? host.split('.').map(Number) : undefined;
  return octets && specialV4(octets);
}

function specialV4(octets: readonly number[]): SpecialHost | undefined {
  const [first = 0, second = 0] = octets;
  if (METADATA.has(octets.join('.'))) return 'metadata';
  if (first === 127) return 'loopback';
  if (first === 0) return 'unspecified';
  if (first === 169 && second === 254) return 'link-local';
  return first >= 224 ? 'multicast' : undefined;
}

function specialV6(host: string): SpecialHost | undefined {
  const groups = groupsOf(host);
  const first = groups[0] ?? 0;
  const embedded = embeddedV4(groups);
  if (groups.every((group) => group === 0)) return 'unspecified';
  if (groups.slice(0, 7).every((group) => group === 0) && groups[7] === 1) return 'loopback';
  if (embedded) return specialV4(embedded);
  if ((first & 0xffc0) === 0xfe80 || (first & 0xffc0) === 0xfec0) return 'link-local';
  return first >= 0xff00 ? 'multicast' : undefined;
}

/** The eight groups of an IPv6 address as URLs write it, `::` filled up. */
function groupsOf(host: string): readonly number[] {
  const [head = '', tail] = host.split('::');
  const numbers = (text: string) => (text === '' ? [] : text.split(':').map((group) => Number.parseInt(group, 16)));
  if (tail === undefined) return numbers(head);
  const [left, right] = [numbers(head), numbers(tail)];
  return [...left, ...Array<number>(Math.max(0, 8 - left.length - right.length)).fill(0), ...right];
}

const bytes = (groups: readonly number[]) => groups.flatMap((group) => [group >> 8, group & 0xff]);

// The first six groups of an address that carries an IPv4 address in its last two: mapped, compatible, translated (NAT64).
const CARRIERS = new Set(['0:0:0:0:0:ffff', '0:0:0:0:0:0', '0:0:0:0:ffff:0', '64:ff9b:0:0:0:0']);

/** The IPv4 address inside an IPv6 address, 6to4 included; it is what would be reached in the end. */
function embeddedV4(groups: readonly number[]): readonly number[] | undefined {
  const carrier = groups
    .slice(0, 6)
    .map((group) => group.toString(16))
    .join(':');
  if (CARRIERS.has(carrier)) return bytes(groups.slice(6));
  return groups[0] === 0x2002 ? bytes(groups.slice(1, 3)) : undefined;
}
