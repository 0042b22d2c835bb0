// A real kube-apiserver on a real etcd, for one test run, on free loopback ports, gone without trace afterwards.
// There is no controller-manager: nothing is garbage-collected, and a namespace that is deleted stays Terminating.

import { execFileSync } from 'node:child_process';
import { generateKeyPairSync, randomBytes } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { auditPolicy } from './audit.ts';
import { findBinaries, type Binaries } from './binaries.ts';
import { freePort } from './free-port.ts';
import { openAccess, planeUsers, until, type OpenAccess, type PlaneAccess, type PlaneUser } from './plane-access.ts';
import { supervise, type SupervisedProcess, type Supervision } from './supervised.ts';

/** How a plane may differ from the usual one. */
export interface ControlPlaneOptions {
  /** Appended to the API server's arguments, such as `--max-mutating-requests-inflight=1`. */
  readonly extraApiServerArgs?: readonly string[];
  /** The API server's port. @default a free one */
  readonly port?: number;
}

/** A plane that the caller started and must stop. */
export interface ControlPlane extends PlaneAccess {
  /** The process that cleans up when this one is gone: ending it ends the plane. */
  readonly supervisorPid: number;
  /** Settles when the plane is gone, whoever ended it. */
  readonly ended: Promise<void>;
  /** Process ids of what runs now. */
  processes(): readonly number[];
  /** Ends the API server only; etcd keeps the data. */
  stopApiServer(signal?: 'SIGTERM' | 'SIGKILL'): Promise<void>;
  /** Starts it again on the same port, with the same certificate and tokens, and waits until it serves. */
  startApiServer(): Promise<void>;
  restartApiServer(signal?: 'SIGTERM' | 'SIGKILL'): Promise<void>;
  stop(): Promise<void>;
}

/** The processes of a plane, and the means to end and start the API server. */
interface Running {
  readonly access: OpenAccess;
  readonly startApiServer: () => Promise<void>;
  readonly stopApiServer: (signal?: 'SIGTERM' | 'SIGKILL') => Promise<void>;
  readonly processes: () => readonly number[];
}

const attempts = 5;

/** Starts a plane and waits until it serves. Takes about five seconds, and some minutes when the programs must be built first. */
export async function startControlPlane(options: ControlPlaneOptions = {}): Promise<ControlPlane> {
  const binaries = await findBinaries();
  for (let attempt = 1; ; attempt += 1) {
    const supervision = await supervise('mcpworkflow-plane-');
    try {
      return toControlPlane(supervision, await run(supervision, binaries, options));
    } catch (error) {
      await supervision.stop();
      // A free port may be taken by someone else before our process binds it: then another one.
      if (!(error instanceof EndedEarlyError) || attempt === attempts) throw error;
    }
  }
}

/** A process of the plane ended while the plane was starting. */
class EndedEarlyError extends Error {
  override readonly name = 'EndedEarlyError';
}

function toControlPlane(supervision: Supervision, running: Running): ControlPlane {
  const { access, startApiServer, stopApiServer } = running;
  return {
    ...access,
    supervisorPid: supervision.pid,
    ended: supervision.ended,
    processes: () => [supervision.pid, ...running.processes()],
    stopApiServer,
    startApiServer,
    async restartApiServer(signal) {
      await stopApiServer(signal);
      await startApiServer();
    },
    async stop() {
      await access.forgetConnections();
      await supervision.stop();
    },
  };
}

async function run(supervision: Supervision, binaries: Binaries, options: ControlPlaneOptions): Promise<Running> {
  const { folder } = supervision;
  const tokens = writeCredentials(folder);
  const client = await freePort();
  const peer = await freePort();
  const port = options.port ?? (await freePort());
  const server = `https://127.0.0.1:${port}`;

  const etcd = await supervision.start('etcd', binaries.etcd, etcdArgs(binaries.etcd, folder, client, peer));
  const apiServerArgs = [...argsOfApiServer(folder, client, port), ...(options.extraApiServerArgs ?? [])];
  const launch = (): Promise<SupervisedProcess> =>
    supervision.start('kube-apiserver', binaries['kube-apiserver'], apiServerArgs);
  let apiServer = await launch();

  const failIfEnded = (): void => {
    for (const [name, process] of [
      ['etcd', etcd],
      ['kube-apiserver', apiServer],
    ] as const) {
      const how = process.hasEnded();
      if (how !== undefined) throw new EndedEarlyError(`${name} ended (${how}): ${lastLines(folder, name)}`);
    }
  };
  const ca = await readCertificate(folder, failIfEnded);
  const access = openAccess({ server, ca, tokens, folder, kubectl: binaries.kubectl });
  const serves = async (): Promise<void> => {
    try {
      await waitUntilServing(access, failIfEnded);
    } catch (error) {
      await access.forgetConnections();
      throw error;
    }
  };
  await serves();
  await access.request('POST', '/api/v1/namespaces', {
    apiVersion: 'v1',
    kind: 'Namespace',
    metadata: { name: 'mcp-system' },
  });

  return {
    access,
    processes: () => [etcd, apiServer].filter((one) => one.hasEnded() === undefined).map(({ pid }) => pid),
    async stopApiServer(signal = 'SIGTERM') {
      await endProcess(supervision, apiServer, signal);
      await access.forgetConnections();
    },
    async startApiServer() {
      // The port was ours a moment ago; whoever took it for a moment as an outgoing one will give it back.
      for (let attempt = 1; ; attempt += 1) {
        apiServer = await launch();
        try {
          return await serves();
        } catch (error) {
          if (!(error instanceof EndedEarlyError) || attempt === attempts) throw error;
          await sleep(500);
        }
      }
    },
  };
}

const politeMs = 15_000;

async function endProcess(supervision: Supervision, process: SupervisedProcess, signal: 'SIGTERM' | 'SIGKILL') {
  process.signal(signal);
  const impatient = setTimeout(() => process.signal('SIGKILL'), politeMs);
  await supervision.awaiting(process.ended);
  clearTimeout(impatient);
}

function writeCredentials(folder: string): Readonly<Record<PlaneUser, string>> {
  const secret = (): string => randomBytes(16).toString('hex');
  const tokens = { admin: secret(), operator: secret(), gateway: secret() };
  const accountGroups = 'system:serviceaccounts,system:serviceaccounts:mcp-system';
  const rows = [
    `${tokens.admin},${planeUsers.admin},admin-uid,"system:masters"`,
    `${tokens.operator},${planeUsers.operator},operator-uid,"${accountGroups}"`,
    `${tokens.gateway},${planeUsers.gateway},gateway-uid,"${accountGroups}"`,
  ];
  const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
  const write = (name: string, text: string): void => writeFileSync(join(folder, name), text, { mode: 0o600 });
  write('tokens.csv', `${rows.join('\n')}\n`);
  write('sa.key', privateKey.export({ type: 'pkcs1', format: 'pem' }).toString());
  write('audit-policy.json', auditPolicy);
  return tokens;
}

function etcdArgs(etcd: string, folder: string, client: number, peer: number): readonly string[] {
  // Renamed in 3.6, and a KUBEBUILDER_ASSETS folder may hold either. Without it a quiet watch gets no bookmark for ten minutes.
  const help = execFileSync(etcd, ['--help'], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] });
  const notify = ['--watch-progress-notify-interval', '--experimental-watch-progress-notify-interval'].find((flag) =>
    help.includes(`  ${flag} `),
  );
  return [
    `--data-dir=${join(folder, 'etcd')}`,
    `--listen-client-urls=http://127.0.0.1:${client}`,
    `--advertise-client-urls=http://127.0.0.1:${client}`,
    `--listen-peer-urls=http://127.0.0.1:${peer}`,
    '--unsafe-no-fsync=true',
    ...(notify === undefined ? [] : [`${notify}=5s`]),
  ];
}

function argsOfApiServer(folder: string, etcdPort: number, port: number): readonly string[] {
  return [
    `--etcd-servers=http://127.0.0.1:${etcdPort}`,
    `--cert-dir=${join(folder, 'certs')}`,
    '--bind-address=127.0.0.1',
    '--advertise-address=127.0.0.1',
    '--endpoint-reconciler-type=none', // it refuses to publish a loopback address, and nobody looks for one
    `--secure-port=${port}`,
    `--service-account-issuer=https://127.0.0.1:${port}/`,
    `--service-account-key-file=${join(folder, 'sa.key')}`,
    `--service-account-signing-key-file=${join(folder, 'sa.key')}`,
    '--service-cluster-ip-range=10.0.0.0/24',
    '--allow-privileged=true',
    '--disable-admission-plugins=ServiceAccount',
    '--authorization-mode=RBAC',
    `--token-auth-file=${join(folder, 'tokens.csv')}`,
    `--audit-policy-file=${join(folder, 'audit-policy.json')}`,
    `--audit-log-path=${join(folder, 'audit.log')}`,
  ];
}

/** The server makes its own certificate at its first start; it is its own CA. */
async function readCertificate(folder: string, failIfEnded: () => void): Promise<string> {
  const path = join(folder, 'certs', 'apiserver.crt');
  for (let waitedMs = 0; ; waitedMs += 50) {
    failIfEnded();
    const text = readIfThere(path);
    if (text.trimEnd().endsWith('-----END CERTIFICATE-----')) return text;
    if (waitedMs > 30_000) throw new Error('the API server made no certificate within 30 s');
    await sleep(50);
  }
}

function readIfThere(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}

async function waitUntilServing(access: PlaneAccess, failIfEnded: () => void): Promise<void> {
  let ended: unknown;
  const serves = async (): Promise<boolean> => {
    try {
      failIfEnded();
    } catch (error) {
      ended = error;
      return true;
    }
    if ((await access.request('GET', '/readyz')).status !== 200) return false;
    // Ready comes before the first namespace is there.
    return (await access.request('GET', '/api/v1/namespaces/default')).status === 200;
  };
  await until('the API server to be ready', serves, 60_000); // three seconds, more on a machine that is busy building
  if (ended !== undefined) throw ended as Error;
}

function lastLines(folder: string, name: string): string {
  return readIfThere(join(folder, `${name}.log`))
    .trimEnd()
    .split('\n')
    .slice(-5)
    .join('\n');
}
