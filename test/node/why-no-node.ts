// Whether a node can run on this machine. A machine that lacks something is no failure: the reason is said in one line.

import { execFileSync } from 'node:child_process';
import { accessSync, constants, existsSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { CABLE, NOWHERE, PODS, SERVICES } from './addresses.ts';

/** What `npm run test:e2e:install` installs, and the program by which it is known to be there. */
export const DEBIAN_PACKAGES = {
  containerd: 'containerd',
  runc: 'runc',
  'containernetworking-plugins': '/usr/lib/cni/bridge',
  iptables: 'iptables',
  conntrack: 'conntrack',
  buildah: 'buildah',
} as const;

/** What every Linux has that a node needs. */
const SYSTEM_PROGRAMS = ['unshare', 'nsenter', 'setpriv', 'ip', 'mount', 'sysctl'] as const;

/** What the answer depends on; tests give their own. */
export interface Machine {
  readonly platform: NodeJS.Platform;
  readonly root: boolean;
  /** Whether a program is in the PATH, or a path is there. */
  readonly has: (program: string) => boolean;
  /** Whether new namespaces of all the kinds that a node needs can be made. */
  readonly unshares: () => boolean;
  readonly cgroup: 'v1' | 'v2' | 'none';
  /** Networks that the machine knows a way to, beside the default way. */
  readonly routes: () => readonly string[];
}

/** Why no node can run on this machine, and what would help; undefined when one can. */
export function whyNoNode(machine: Machine = thisMachine()): string | undefined {
  if (machine.platform !== 'linux') return `a node needs Linux, and this is ${machine.platform}`;
  if (!machine.root) return 'a node needs root';
  const lacking = SYSTEM_PROGRAMS.filter((program) => !machine.has(program));
  if (lacking.length > 0) return `a node needs ${lacking.join(', ')}, of util-linux, iproute2 and procps`;
  if (machine.cgroup !== 'v1')
    return `a node needs control groups of version 1, and this machine has ${machine.cgroup}`;
  if (!machine.unshares()) return 'a node needs namespaces, and unshare is not permitted here';
  const packages = Object.entries(DEBIAN_PACKAGES).filter(([, program]) => !machine.has(program));
  if (packages.length > 0) {
    return `a node needs ${packages.map(([name]) => name).join(', ')}: \`npm run test:e2e:install\` installs them on Debian`;
  }
  return takenNetwork(machine);
}

function takenNetwork({ routes }: Machine): string | undefined {
  const wanted = [`${CABLE.machine}/${CABLE.bits}`, PODS, SERVICES].map(twoBytes);
  const taken = routes().find((route) => wanted.includes(twoBytes(route)));
  return taken === undefined ? undefined : `a node needs the network of ${taken}, and this machine uses it`;
}

const twoBytes = (network: string): string => network.split('.').slice(0, 2).join('.');

function thisMachine(): Machine {
  return {
    platform: process.platform,
    root: process.geteuid?.() === 0,
    has: isThere,
    unshares: () => succeeds('unshare', ['--net', '--mount', '--pid', '--uts', '--ipc', '--fork', 'true']),
    cgroup: cgroupVersion(),
    routes: knownRoutes,
  };
}

function isThere(program: string): boolean {
  const candidates = program.startsWith('/')
    ? [program]
    : (process.env['PATH'] ?? '').split(delimiter).map((folder) => join(folder, program));
  return candidates.some((path) => {
    try {
      accessSync(path, constants.X_OK);
      return true;
    } catch {
      return false;
    }
  });
}

function succeeds(command: string, args: readonly string[]): boolean {
  try {
    execFileSync(command, args, { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}

function cgroupVersion(): Machine['cgroup'] {
  if (existsSync('/sys/fs/cgroup/memory')) return 'v1';
  return existsSync('/sys/fs/cgroup/cgroup.controllers') ? 'v2' : 'none';
}

const knownRoutes = (): readonly string[] =>
  othersNetworks(execFileSync('ip', ['-4', 'route', 'show', 'table', 'all'], { encoding: 'utf8' }));

/**
 * The networks in what `ip route` prints. Our own cable and the way to nowhere behind it are not among them: they may be left
 * over, and that is ended before a node starts.
 */
export function othersNetworks(routes: string): readonly string[] {
  const [kind, network] = NOWHERE;
  return routes
    .split('\n')
    .filter((line) => !line.includes(` dev ${CABLE.interface} `) && !line.startsWith(`${kind} ${network} `))
    .map((line) => line.trim().split(/\s+/))
    .map(([first = '', second = '']) => (/^\d/.test(first) ? first : second))
    .filter((address) => /^\d/.test(address));
}
