// What a test does with a control plane that runs: ask it, write to it, hand out its addresses. Starts and stops nothing.

import { spawn } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { Agent, request } from 'undici';
import { parse } from 'yaml';
import { readWrites, type WriteRecord } from './audit.ts';

/** The users that a plane knows. The last two are ServiceAccounts in `mcp-system`, without any right until a test grants one. */
export const planeUsers = {
  admin: 'admin',
  operator: 'system:serviceaccount:mcp-system:mcp-operator',
  gateway: 'system:serviceaccount:mcp-system:mcp-gateway',
} as const;

/** One of the users. */
export type PlaneUser = keyof typeof planeUsers;

/** Everything that another process needs to reach a plane; plain data. */
export interface PlaneConnection {
  readonly server: string;
  readonly ca: string;
  readonly tokens: Readonly<Record<PlaneUser, string>>;
  readonly folder: string;
  readonly kubectl: string;
}

/** What the API server answered. */
export interface ApiAnswer {
  readonly status: number;
  /** The decoded JSON, or the text if it is none. */
  readonly body: unknown;
}

/** What kubectl did. */
export interface KubectlResult {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** A control plane as tests see it. */
export interface PlaneAccess {
  readonly server: string;
  readonly ca: string;
  readonly adminToken: string;
  readonly operatorToken: string;
  readonly gatewayToken: string;
  readonly connection: PlaneConnection;
  /** Writes a kubeconfig for a user, by default against the API server itself, and returns its path. */
  kubeconfig(user: PlaneUser, server?: string): string;
  kubectl(args: readonly string[], stdin?: string, user?: PlaneUser): Promise<KubectlResult>;
  /** One request with a JSON body, as admin unless a token is given. Never throws for an HTTP status. */
  request(method: string, path: string, body?: unknown, options?: RequestOptions): Promise<ApiAnswer>;
  /** Applies the project's CRD and waits until workflows can be listed. May be called by several suites at once. */
  installCRD(): Promise<void>;
  /** Makes a fresh namespace whose name begins with `prefix`, and returns the name. */
  namespace(prefix: string): Promise<string>;
  /** Every write request that was answered so far, from the audit log. */
  writes(): readonly WriteRecord[];
}

/** How a request differs from the admin's JSON request. */
export interface RequestOptions {
  readonly token?: string;
  readonly contentType?: string;
}

/** Access to a plane, and the one thing it holds: connections. */
export interface OpenAccess extends PlaneAccess {
  /** Drops kept connections; the next request opens new ones. */
  forgetConnections(): Promise<void>;
}

/** Opens access to the plane at the other end of a connection. */
export function openAccess(connection: PlaneConnection): OpenAccess {
  const { server, ca, tokens, folder } = connection;
  const newAgent = (): Agent => new Agent({ connect: { ca }, allowH2: false });
  let agent = newAgent();

  const ask: PlaneAccess['request'] = async (method, path, body, options = {}) => {
    const headers: Record<string, string> = { authorization: `Bearer ${options.token ?? tokens.admin}` };
    if (body !== undefined) headers['content-type'] = options.contentType ?? 'application/json';
    const answer = await request(`${server}${path}`, {
      dispatcher: agent,
      method: method as 'GET',
      headers,
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    return { status: answer.statusCode, body: decode(await answer.body.text()) };
  };

  const kubeconfig: PlaneAccess['kubeconfig'] = (user, to = server) => {
    const host = new URL(to).host.replace(/[^a-z0-9]/g, '-');
    const path = join(folder, `kubeconfig-${user}-${host}.json`);
    writeFileSync(path, kubeconfigOf({ user, server: to, ca, token: tokens[user] }), { mode: 0o600 });
    return path;
  };

  return {
    server,
    ca,
    adminToken: tokens.admin,
    operatorToken: tokens.operator,
    gatewayToken: tokens.gateway,
    connection,
    kubeconfig,
    kubectl: (args, stdin, user = 'admin') => runKubectl(connection, kubeconfig(user), args, stdin),
    request: ask,
    installCRD: () => installCRD(ask),
    async namespace(prefix) {
      const made = await ask('POST', '/api/v1/namespaces', {
        apiVersion: 'v1',
        kind: 'Namespace',
        metadata: { generateName: `${prefix}-` },
      });
      if (made.status !== 201) throw new Error(`expected a namespace, got ${made.status} ${JSON.stringify(made.body)}`);
      return (made.body as { metadata: { name: string } }).metadata.name;
    },
    writes: () => readWrites(join(folder, 'audit.log')),
    async forgetConnections() {
      const old = agent;
      agent = newAgent();
      await old.destroy();
    },
  };
}

function decode(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text; // health endpoints and some errors speak plain text
  }
}

// JSON is YAML: no serialiser is needed.
function kubeconfigOf(cluster: { user: string; server: string; ca: string; token: string }): string {
  return `${JSON.stringify(
    {
      apiVersion: 'v1',
      kind: 'Config',
      clusters: [
        {
          name: 'test',
          cluster: {
            server: cluster.server,
            'certificate-authority-data': Buffer.from(cluster.ca).toString('base64'),
          },
        },
      ],
      users: [{ name: cluster.user, user: { token: cluster.token } }],
      contexts: [{ name: 'test', context: { cluster: 'test', user: cluster.user, namespace: 'default' } }],
      'current-context': 'test',
    },
    undefined,
    2,
  )}\n`;
}

async function runKubectl(
  { kubectl, folder }: PlaneConnection,
  kubeconfig: string,
  args: readonly string[],
  stdin: string | undefined,
): Promise<KubectlResult> {
  const cache = join(folder, 'kubectl-cache');
  mkdirSync(cache, { recursive: true });
  // HOME too: kubectl keeps preferences and caches there, and a test leaves nothing behind.
  const env = { ...process.env, KUBECONFIG: kubeconfig, KUBECACHEDIR: cache, HOME: folder };
  const child = spawn(kubectl, [...args], { env, stdio: 'pipe' });
  let stdout = '';
  let stderr = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => (stdout += text));
  child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text));
  child.stdin.on('error', () => undefined); // kubectl may end before it has read everything
  child.stdin.end(stdin ?? '');
  const { promise, resolve, reject } = Promise.withResolvers<number>();
  child.once('error', reject);
  child.once('close', (code, signal) => resolve(code ?? (signal === null ? 1 : 128)));
  return { code: await promise, stdout, stderr };
}

const crdFile = fileURLToPath(new URL('../../crds/mcpworkflows.ai.example.com.yaml', import.meta.url));

async function installCRD(ask: PlaneAccess['request']): Promise<void> {
  const crd = parse(readFileSync(crdFile, 'utf8')) as {
    readonly metadata: { readonly name: string };
    readonly spec: {
      readonly group: string;
      readonly names: { readonly plural: string };
      readonly versions: readonly { readonly name: string }[];
    };
  };
  const path = `/apis/apiextensions.k8s.io/v1/customresourcedefinitions/${crd.metadata.name}`;
  const applied = await ask('PATCH', `${path}?fieldManager=test-plane&force=true`, crd, {
    contentType: 'application/apply-patch+yaml',
  });
  if (applied.status >= 300) throw new Error(`the CRD was refused: ${applied.status} ${JSON.stringify(applied.body)}`);

  await until('the CRD to be established', async () => {
    const { body } = await ask('GET', path);
    const { status } = body as { status?: { conditions?: readonly { type: string; status: string }[] } };
    const conditions = status?.conditions ?? [];
    return conditions.some((condition) => condition.type === 'Established' && condition.status === 'True');
  });
  // Established comes before the handler is up: the first requests may still see 404, or 429 while the watch cache fills.
  const list = `/apis/${crd.spec.group}/${crd.spec.versions[0]?.name}/${crd.spec.names.plural}?limit=1`;
  await until('workflows to be listed', async () => (await ask('GET', list)).status === 200);
}

/** Asks every 50 ms until the answer is true; an error counts as not yet. Throws after `limitMs`. */
export async function until(what: string, isTrue: () => Promise<boolean> | boolean, limitMs = 30_000): Promise<void> {
  const deadline = performance.now() + limitMs;
  let last: unknown;
  for (;;) {
    try {
      if (await isTrue()) return;
      last = undefined;
    } catch (error) {
      last = error;
    }
    if (performance.now() > deadline) {
      const options = last === undefined ? {} : { cause: last };
      throw new Error(`waited ${limitMs} ms for ${what}, in vain`, options);
    }
    await sleep(50);
  }
}
