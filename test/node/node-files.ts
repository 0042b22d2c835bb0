// Everything that the test node's programs read when they start: who is who, and one file of settings for each that has one.

import { generateKeyPairSync, randomBytes } from 'node:crypto';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { API_SERVER, CABLE, CONTAINERD_SOCKET, NODE_NAME, PAUSE_IMAGE, PODS, SERVICES } from './addresses.ts';

/** Who talks to the API server, by the name of the kubeconfig, with user and groups. */
const USERS = {
  admin: ['admin', 'system:masters'],
  'kube-controller-manager': ['system:kube-controller-manager', ''],
  'kube-scheduler': ['system:kube-scheduler', ''],
  'kube-proxy': ['system:kube-proxy', ''],
  kubelet: [`system:node:${NODE_NAME}`, 'system:nodes'],
} as const;

/** One of the users. */
export type NodeUser = keyof typeof USERS;

/** Where the files are: all in the folder of one node. */
export interface NodeFiles {
  readonly folder: string;
  readonly containerd: string;
  readonly kubelet: string;
  readonly kubeProxy: string;
  readonly corefile: string;
  readonly tokens: string;
  readonly serviceAccountKey: string;
  /** The API server makes its certificate here, and is its own authority. */
  readonly certificates: string;
  readonly kubeconfig: (user: NodeUser) => string;
  readonly log: (program: string) => string;
}

/** Where the files of a node in this folder are. */
export function nodeFiles(folder: string): NodeFiles {
  const at = (...parts: readonly string[]) => join(folder, ...parts);
  return {
    folder,
    containerd: at('containerd.toml'),
    kubelet: at('kubelet.json'),
    kubeProxy: at('kube-proxy.json'),
    corefile: at('Corefile'),
    tokens: at('tokens.csv'),
    serviceAccountKey: at('service-accounts.key'),
    certificates: at('certificates'),
    kubeconfig: (user) => at(`kubeconfig-${user}.json`),
    log: (program) => at('log', `${program}.log`),
  };
}

/** Writes the files. Returns the token of the admin. */
export function writeNodeFiles(files: NodeFiles): string {
  const { folder } = files;
  for (const name of ['log', 'cni', 'containerd', 'kubelet', 'pod-logs']) mkdirSync(join(folder, name));
  const tokens = writeUsers(files);
  const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
  writeSecret(files.serviceAccountKey, privateKey.export({ type: 'pkcs1', format: 'pem' }).toString());
  writeFileSync(files.containerd, containerdSettings(folder));
  writeFileSync(join(folder, 'cni', '10-bridge.conflist'), JSON.stringify(podNetwork));
  writeFileSync(files.kubelet, JSON.stringify(kubeletSettings(folder)));
  writeFileSync(files.kubeProxy, JSON.stringify(kubeProxySettings(files)));
  writeFileSync(files.corefile, corefile(files));
  return tokens.admin;
}

const writeSecret = (path: string, text: string): void => writeFileSync(path, text, { mode: 0o600 });

function writeUsers(files: NodeFiles): Readonly<Record<NodeUser, string>> {
  const users = Object.keys(USERS) as readonly NodeUser[];
  const tokens = Object.fromEntries(users.map((user) => [user, randomBytes(16).toString('hex')]));
  const rows = users.map((user) => `${tokens[user]},${USERS[user][0]},${user}-uid,"${USERS[user][1]}"`);
  writeSecret(files.tokens, `${rows.join('\n')}\n`);
  for (const user of users) writeSecret(files.kubeconfig(user), kubeconfig(files, user, tokens[user] ?? ''));
  return tokens as Record<NodeUser, string>;
}

// JSON is YAML: no serialiser is needed here and below.
function kubeconfig(files: NodeFiles, user: NodeUser, token: string): string {
  const cluster = { server: API_SERVER, 'certificate-authority': certificateOf(files) };
  return JSON.stringify({
    apiVersion: 'v1',
    kind: 'Config',
    clusters: [{ name: NODE_NAME, cluster }],
    users: [{ name: user, user: { token } }],
    contexts: [{ name: NODE_NAME, context: { cluster: NODE_NAME, user } }],
    'current-context': NODE_NAME,
  });
}

/** The certificate of the API server, which is made at its start and is there before it listens. */
export const certificateOf = ({ certificates }: NodeFiles): string => join(certificates, 'apiserver.crt');

function containerdSettings(folder: string): string {
  const cri = '[plugins."io.containerd.grpc.v1.cri"';
  return `version = 2
root = "${join(folder, 'containerd')}"
state = "/run/containerd"
[grpc]
  address = "${CONTAINERD_SOCKET}"
[plugins."io.containerd.internal.v1.opt"]
  path = "${join(folder, 'containerd', 'opt')}"
${cri}]
  sandbox_image = "${PAUSE_IMAGE}"
  disable_apparmor = true
  # Without CAP_SYS_RESOURCE no process may be made less likely to be killed for want of memory than it is.
  restrict_oom_score_adj = true
  stream_server_address = "127.0.0.1"
${cri}.containerd]
  snapshotter = "overlayfs"
  default_runtime_name = "runc"
${cri}.containerd.runtimes.runc]
  runtime_type = "io.containerd.runc.v2"
${cri}.containerd.runtimes.runc.options]
  SystemdCgroup = false
${cri}.cni]
  bin_dir = "/usr/lib/cni"
  conf_dir = "${join(folder, 'cni')}"
`;
}

/** A bridge. It enforces no NetworkPolicy, and leads nowhere but to pods and Services. */
const podNetwork = {
  cniVersion: '0.4.0',
  name: 'pods',
  plugins: [
    {
      type: 'bridge',
      bridge: 'cni0',
      isGateway: true,
      ipMasq: true,
      hairpinMode: true,
      ipam: { type: 'host-local', ranges: [[{ subnet: PODS }]], routes: [{ dst: '0.0.0.0/0' }] },
    },
    { type: 'portmap', capabilities: { portMappings: true } },
  ],
};

function kubeletSettings(folder: string): object {
  return {
    apiVersion: 'kubelet.config.k8s.io/v1beta1',
    kind: 'KubeletConfiguration',
    address: '0.0.0.0',
    // Whoever reaches it is on this machine or in one of its pods.
    authentication: { anonymous: { enabled: true }, webhook: { enabled: false } },
    authorization: { mode: 'AlwaysAllow' },
    containerRuntimeEndpoint: `unix://${CONTAINERD_SOCKET}`,
    cgroupDriver: 'cgroupfs',
    cgroupRoot: `/${NODE_NAME}`,
    cgroupsPerQOS: true,
    enforceNodeAllocatable: ['pods'],
    failCgroupV1: false,
    failSwapOn: false,
    oomScoreAdj: 0,
    // It would write settings of the whole machine; node-init.ts shows it what it wants to see instead.
    protectKernelDefaults: true,
    volumePluginDir: join(folder, 'volume-plugins'),
    podLogsDir: join(folder, 'pod-logs'),
    clusterDNS: [CABLE.node],
    clusterDomain: 'cluster.local',
    resolvConf: '',
    // The machine's disk may be as full as it likes: nothing is evicted, and no image is collected.
    imageMaximumGCAge: '0s',
    imageGCHighThresholdPercent: 100,
    evictionHard: {
      'memory.available': '50Mi',
      'nodefs.available': '0%',
      'nodefs.inodesFree': '0%',
      'imagefs.available': '0%',
    },
    registerNode: true,
  };
}

function kubeProxySettings(files: NodeFiles): object {
  return {
    apiVersion: 'kubeproxy.config.k8s.io/v1alpha1',
    kind: 'KubeProxyConfiguration',
    mode: 'iptables',
    oomScoreAdj: 0,
    clusterCIDR: PODS,
    clientConnection: { kubeconfig: files.kubeconfig('kube-proxy') },
    hostnameOverride: NODE_NAME,
    conntrack: { maxPerCore: 0, min: 0, tcpEstablishedTimeout: '0s', tcpCloseWaitTimeout: '0s' },
  };
}

const corefile = (files: NodeFiles): string => `.:53 {
  bind ${CABLE.node}
  errors
  cache 2
  kubernetes cluster.local {
    kubeconfig ${files.kubeconfig('admin')} ${NODE_NAME}
  }
}
`;

/** What the API server is started with. */
export function apiServerArgs(files: NodeFiles): readonly string[] {
  return [
    '--etcd-servers=http://127.0.0.1:2379',
    `--cert-dir=${files.certificates}`,
    '--bind-address=0.0.0.0',
    `--advertise-address=${CABLE.node}`,
    '--secure-port=6443',
    '--service-account-issuer=https://kubernetes.default.svc.cluster.local',
    `--service-account-key-file=${files.serviceAccountKey}`,
    `--service-account-signing-key-file=${files.serviceAccountKey}`,
    '--authorization-mode=Node,RBAC',
    `--token-auth-file=${files.tokens}`,
    '--enable-admission-plugins=NodeRestriction',
    `--service-cluster-ip-range=${SERVICES}`,
    '--kubelet-preferred-address-types=InternalIP',
    '--allow-privileged=true',
  ];
}
