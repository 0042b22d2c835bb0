// The first program inside the test node's namespaces: makes the machine's files look like a node's own, waits for its network
// cable, and starts everything in the order in which nothing has to wait for a second attempt. When one of them ends, it ends,
// and with it the node. Run by start-node.ts: `node node-init.ts FOLDER`, where FOLDER has the files of node-files.ts.

import { execFileSync, spawn } from 'node:child_process';
import { closeSync, existsSync, mkdirSync, openSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Agent, request } from 'undici';
import { API_SERVER, CABLE, CONTAINERD_SOCKET, FIXED_FOLDERS, NODE_NAME } from './addresses.ts';
import { apiServerArgs, certificateOf, nodeFiles, type NodeFiles } from './node-files.ts';
import type { NodePrograms } from './node-programs.ts';

/** What start-node.ts tells this program, in the file `node.json` of the folder. */
export interface NodePlan {
  readonly programs: NodePrograms;
  /** Archives of images to load before pods are started. */
  readonly images: readonly string[];
  readonly adminToken: string;
}

const run = (command: string, ...args: readonly string[]): string => execFileSync(command, args, { encoding: 'utf8' });

/** What kubelet wants the kernel to be set to. The settings are the whole machine's, so it is shown files instead. */
const KERNEL_SETTINGS = {
  'vm/overcommit_memory': 1,
  'vm/panic_on_oom': 0,
  'kernel/panic': 10,
  'kernel/panic_on_oops': 1,
  'kernel/keys/root_maxkeys': 1_000_000,
  'kernel/keys/root_maxbytes': 25_000_000,
} as const;

function furnish(folder: string): void {
  run('mount', '--make-rshared', '/');
  run('hostname', NODE_NAME);
  for (const path of ['/run', ...FIXED_FOLDERS]) {
    mkdirSync(path, { recursive: true });
    run('mount', '-t', 'tmpfs', 'tmpfs', path);
  }
  mkdirSync('/run/lock');
  makeControlGroups();
  mkdirSync(join(folder, 'kernel'));
  for (const [name, value] of Object.entries(KERNEL_SETTINGS)) {
    const shown = join(folder, 'kernel', name.replaceAll('/', '.'));
    writeFileSync(shown, `${value}\n`);
    run('mount', '--bind', shown, `/proc/sys/${name}`);
  }
}

/** kubelet's own group has to be there in every hierarchy; a new group of CPUs is empty until it is told which it has. */
function makeControlGroups(): void {
  const root = '/sys/fs/cgroup';
  for (const hierarchy of readdirSync(root)) mkdirSync(join(root, hierarchy, NODE_NAME), { recursive: true });
  for (const name of ['cpuset.cpus', 'cpuset.mems']) {
    writeFileSync(join(root, 'cpuset', NODE_NAME, name), readFileSync(join(root, 'cpuset', name)));
  }
}

/** Waits for the end of the cable that start-node.ts puts into this network, and plugs it in. */
async function connect(): Promise<void> {
  run('ip', 'link', 'set', 'lo', 'up');
  while (!run('ip', '-o', 'link').includes(' eth0@')) await sleep(20);
  run('ip', 'address', 'add', `${CABLE.node}/${CABLE.bits}`, 'dev', 'eth0');
  run('ip', 'link', 'set', 'eth0', 'up');
  run('sysctl', '-qw', 'net.ipv4.ip_forward=1');
  // On machines that build bridges without it there is nothing to switch on.
  if (existsSync('/proc/sys/net/bridge')) run('sysctl', '-qw', 'net.bridge.bridge-nf-call-iptables=1');
}

/** Starts a program for good: when it ends, so does the node. */
function start(files: NodeFiles, name: string, command: string, args: readonly string[]): void {
  const log = openSync(files.log(name), 'a');
  const child = spawn(command, [...args], { stdio: ['ignore', log, log], cwd: files.folder });
  closeSync(log);
  const end = (how: string): void => {
    process.stderr.write(
      `${name} ended (${how}): ${readFileSync(files.log(name), 'utf8').trimEnd().split('\n').slice(-5).join('\n')}\n`,
    );
    process.exit(1);
  };
  child.once('error', (error) => end(error.message));
  child.once('exit', (code, signal) => end(signal ?? `exit code ${code}`));
}

async function until(isTrue: () => Promise<boolean> | boolean): Promise<void> {
  while (!(await isTrue())) await sleep(50);
}

async function loadImages(images: readonly string[]): Promise<void> {
  await until(() => existsSync(CONTAINERD_SOCKET));
  for (const image of images) {
    run('ctr', '--address', CONTAINERD_SOCKET, '--namespace', 'k8s.io', 'images', 'import', image);
  }
}

async function serves(files: NodeFiles, token: string): Promise<void> {
  await until(() => existsSync(certificateOf(files)));
  const dispatcher = new Agent({ connect: { ca: readFileSync(certificateOf(files), 'utf8') } });
  await until(async () => {
    try {
      const answer = await request(`${API_SERVER}/readyz`, {
        dispatcher,
        headers: { authorization: `Bearer ${token}` },
      });
      await answer.body.dump();
      return answer.statusCode === 200;
    } catch {
      return false; // not listening yet
    }
  });
  await dispatcher.close();
}

async function runNode(folder: string): Promise<void> {
  const files = nodeFiles(folder);
  const { programs, images, adminToken } = JSON.parse(readFileSync(join(folder, 'node.json'), 'utf8')) as NodePlan;
  furnish(folder);
  await connect();
  const started = (name: string, command: string, ...args: readonly string[]) => start(files, name, command, args);

  started('containerd', 'containerd', '--config', files.containerd);
  started(
    'etcd',
    programs.etcd,
    `--data-dir=${join(folder, 'etcd')}`,
    '--listen-client-urls=http://127.0.0.1:2379',
    '--advertise-client-urls=http://127.0.0.1:2379',
    '--listen-peer-urls=http://127.0.0.1:2380',
    '--unsafe-no-fsync=true',
  );
  started('kube-apiserver', programs['kube-apiserver'], ...apiServerArgs(files));
  await serves(files, adminToken);
  // Both would be refused before the API server has made its own roles, and then wait long. The usual rate of requests would
  // double the time that the controllers take to start.
  const pace = ['--leader-elect=false', '--bind-address=127.0.0.1', '--kube-api-qps=500', '--kube-api-burst=1000'];
  started(
    'kube-controller-manager',
    programs['kube-controller-manager'],
    `--kubeconfig=${files.kubeconfig('kube-controller-manager')}`,
    `--service-account-private-key-file=${files.serviceAccountKey}`,
    `--root-ca-file=${certificateOf(files)}`,
    '--use-service-account-credentials=true',
    `--flex-volume-plugin-dir=${join(folder, 'volume-plugins')}`,
    ...pace,
  );
  started('kube-scheduler', programs['kube-scheduler'], `--kubeconfig=${files.kubeconfig('kube-scheduler')}`, ...pace);
  started('coredns', programs.coredns, '-conf', files.corefile);
  started('kube-proxy', programs['kube-proxy'], `--config=${files.kubeProxy}`);
  await loadImages(images);
  started(
    'kubelet',
    programs.kubelet,
    `--config=${files.kubelet}`,
    `--kubeconfig=${files.kubeconfig('kubelet')}`,
    `--root-dir=${join(folder, 'kubelet')}`,
    `--cert-dir=${join(folder, 'kubelet', 'pki')}`,
    `--hostname-override=${NODE_NAME}`,
    `--node-ip=${CABLE.node}`,
  );
}

await runNode(process.argv[2] ?? '');
