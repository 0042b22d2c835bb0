import { describe, expect, it } from '@jest/globals';
import { givenCluster } from './cluster.ts';
import { othersNetworks, whyNoNode, type Machine } from './why-no-node.ts';

/** A machine that a node can run on. */
const able: Machine = {
  platform: 'linux',
  root: true,
  has: () => true,
  unshares: () => true,
  cgroup: 'v1',
  routes: () => ['10.0.0.0/24', '192.168.1.0/24'],
};

describe('a node can run', () => {
  it('on a machine that has everything', () => expect(whyNoNode(able)).toBeUndefined());

  it.each<[string, Partial<Machine>, string]>([
    ['on another system than Linux', { platform: 'darwin' }, 'a node needs Linux, and this is darwin'],
    ['without root', { root: false }, 'a node needs root'],
    [
      'without a program of the system',
      { has: (program) => program !== 'setpriv' },
      'a node needs setpriv, of util-linux, iproute2 and procps',
    ],
    [
      'with control groups of version 2 only',
      { cgroup: 'v2' },
      'a node needs control groups of version 1, and this machine has v2',
    ],
    [
      'where namespaces are not permitted',
      { unshares: () => false },
      'a node needs namespaces, and unshare is not permitted here',
    ],
    [
      'without packages, which are named with the command that installs them',
      { has: (program) => program !== 'runc' && program !== '/usr/lib/cni/bridge' },
      'a node needs runc, containernetworking-plugins: `npm run test:e2e:install` installs them on Debian',
    ],
    [
      'where its network is taken',
      { routes: () => ['10.246.0.0/16'] },
      'a node needs the network of 10.246.0.0/16, and this machine uses it',
    ],
  ])('not %s', (_, lack, why) => expect(whyNoNode({ ...able, ...lack })).toBe(why));
});

describe('the cluster of KUBECONFIG', () => {
  it.each<[string, NodeJS.ProcessEnv, object | undefined]>([
    ['is not touched by accident', { KUBECONFIG: '/home/me/.kube/production' }, undefined],
    [
      'is used by whoever says how images are loaded into it',
      { KUBECONFIG: '/tmp/kind', MCPWORKFLOW_E2E_LOAD: 'kind load image-archive' },
      { kubeconfig: '/tmp/kind', load: 'kind load image-archive' },
    ],
  ])('%s', (_, env, given) => expect(givenCluster(env)).toEqual(given));

  it('has to be named where a way to load images is', () => {
    expect(() => givenCluster({ MCPWORKFLOW_E2E_LOAD: 'kind load image-archive' })).toThrow(/KUBECONFIG is not/);
  });
});

it('what a node left behind is no network of others', () => {
  const routes = [
    'default via 192.168.1.1 dev eth0',
    '192.168.1.0/24 dev eth0 proto kernel scope link src 192.168.1.7',
    '10.245.0.0/24 dev mcpwf0 proto kernel scope link src 10.245.0.1',
    'unreachable 10.245.0.0/24 metric 9999',
    'unreachable 10.246.0.0/16 metric 5',
    'local 127.0.0.0/8 dev lo table local proto kernel scope host src 127.0.0.1',
  ];
  expect(othersNetworks(routes.join('\n'))).toEqual(['192.168.1.0/24', '10.246.0.0/16', '127.0.0.0/8']);
});
