// The API server as the stand-in provider asks it: which resource a kind is, and one object at a time.
import { readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { Agent, request } from 'undici';
import { parse } from 'yaml';
import { isObject } from './values.ts';
import type { Properties } from './values.ts';

/** Where an object is. */
export interface Address {
  readonly apiVersion: string;
  readonly kind: string;
  readonly name: string;
  /** Absent where the kind has none. */
  readonly namespace: string | undefined;
  /** The path of all objects of its kind and namespace. */
  readonly collection: string;
}

/** How an object is applied. */
export interface ApplyOptions {
  /** Ask only what would come of it. */
  readonly dryRun: boolean;
  /** Take fields from other managers. */
  readonly force: boolean;
  readonly signal: AbortSignal;
}

/** The API server's no, in its own words. */
export class RejectionError extends Error {
  override readonly name = 'RejectionError';
  readonly status: number;
  /** What the answer is about, such as `namespaces` when the namespace of an object is not there. */
  readonly about: string | undefined;

  constructor(message: string, status: number, about: string | undefined) {
    super(message);
    this.status = status;
    this.about = about;
  }
}

/** One API server. */
export interface Kubernetes {
  /** Where an object is or would be; undefined when its kind is not served. */
  locate(object: Properties): Promise<Address | undefined>;
  /** Whether objects can be had there: soon after its definition a kind is known and not yet served. */
  isServed(address: Address, signal: AbortSignal): Promise<boolean>;
  /** The object; undefined when there is none. */
  get(address: Address, signal: AbortSignal): Promise<Properties | undefined>;
  /** Server-side apply as `pulumi-kubernetes`; returns the object as it then is. */
  apply(address: Address, object: Properties, options: ApplyOptions): Promise<Properties>;
  /** Asks for deletion; the object may be there for some time yet. */
  remove(address: Address, propagationPolicy: string, signal: AbortSignal): Promise<void>;
  stop(): Promise<void>;
}

interface Credentials {
  readonly server: string;
  readonly ca: string;
  readonly token: string;
}

/** The first cluster and user of a kubeconfig file. */
function readKubeconfig(path: string): Credentials {
  const config = parse(readFileSync(path, 'utf8')) as {
    readonly clusters?: readonly { readonly cluster: Readonly<Record<string, string>> }[];
    readonly users?: readonly { readonly user: Readonly<Record<string, string>> }[];
  };
  const { server, 'certificate-authority-data': ca } = config.clusters?.[0]?.cluster ?? {};
  const token = config.users?.[0]?.user['token'];
  if (server === undefined || ca === undefined || token === undefined) {
    throw new Error(`${path}: the stand-in provider wants server, certificate-authority-data and token`);
  }
  return { server, ca: Buffer.from(ca, 'base64').toString(), token };
}

interface ApiResource {
  readonly name: string;
  readonly kind: string;
  readonly namespaced: boolean;
}

/** Opens the API server of a kubeconfig file. */
export function openKubernetes(kubeconfig: string): Kubernetes {
  const { server, ca, token } = readKubeconfig(kubeconfig);
  const agent = new Agent({ connect: { ca }, allowH2: false });

  const ask = async (
    method: 'GET' | 'PATCH' | 'DELETE',
    path: string,
    body?: unknown,
    signal?: AbortSignal,
  ): Promise<Properties> => {
    const answer = await request(`${server}${path}`, {
      dispatcher: agent,
      method,
      headers: {
        authorization: `Bearer ${token}`,
        ...(body !== undefined && {
          'content-type': method === 'PATCH' ? 'application/apply-patch+yaml' : 'application/json',
        }),
      },
      ...(signal && { signal }),
      ...(body !== undefined && { body: JSON.stringify(body) }),
    });
    const text = await answer.body.text();
    if (answer.statusCode >= 300) throw rejectionOf(answer.statusCode, text);
    return JSON.parse(text) as Properties;
  };
  const orNothing = async (asked: Promise<Properties>): Promise<Properties | undefined> => {
    try {
      return await asked;
    } catch (error) {
      if (error instanceof RejectionError && error.status === 404) return undefined;
      throw error;
    }
  };
  const pathOf = ({ collection, name }: Address): string => `${collection}/${encodeURIComponent(name)}`;

  return {
    async locate(object) {
      const { apiVersion, kind, metadata } = object as unknown as ObjectHead;
      const root = apiVersion.includes('/') ? `/apis/${apiVersion}` : `/api/${apiVersion}`;
      const served = await orNothing(ask('GET', root));
      const resources = (served?.['resources'] ?? []) as readonly ApiResource[];
      const resource = resources.find((one) => one.kind === kind && !one.name.includes('/'));
      if (resource === undefined) return undefined;
      const namespace = resource.namespaced ? (metadata.namespace ?? 'default') : undefined;
      const within = namespace === undefined ? '' : `/namespaces/${namespace}`;
      return { apiVersion, kind, name: metadata.name, namespace, collection: `${root}${within}/${resource.name}` };
    },
    async isServed({ collection }, signal) {
      try {
        await ask('GET', `${collection}?limit=1`, undefined, signal);
        return true;
      } catch (error) {
        if (error instanceof RejectionError && (error.status === 404 || error.status === 429)) return false;
        throw error;
      }
    },
    get: (address, signal) => orNothing(ask('GET', pathOf(address), undefined, signal)),
    apply(address, object, { dryRun, force, signal }) {
      const query = new URLSearchParams({ fieldManager: 'pulumi-kubernetes', force: String(force) });
      if (dryRun) query.set('dryRun', 'All');
      return ask('PATCH', `${pathOf(address)}?${query.toString()}`, object, signal);
    },
    async remove(address, propagationPolicy, signal) {
      await orNothing(
        ask('DELETE', pathOf(address), { kind: 'DeleteOptions', apiVersion: 'v1', propagationPolicy }, signal),
      );
    },
    stop: () => agent.close(),
  };
}

interface ObjectHead {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: { readonly name: string; readonly namespace?: string };
}

function rejectionOf(status: number, text: string): RejectionError {
  try {
    const body = JSON.parse(text) as { readonly message?: string; readonly details?: { readonly kind?: string } };
    return new RejectionError(body.message ?? text, status, body.details?.kind);
  } catch {
    return new RejectionError(`${status} ${text.trim()}`, status, undefined);
  }
}

const POLL_MS = 100;

/** Looks every 100 ms until `look` returns something, and returns that; undefined when the time is up. */
export async function poll<T>(
  look: () => Promise<T | undefined>,
  limitMs: number,
  signal: AbortSignal,
): Promise<T | undefined> {
  const deadline = performance.now() + limitMs;
  for (;;) {
    const found = await look();
    if (found !== undefined || performance.now() > deadline) return found;
    await sleep(POLL_MS, undefined, { signal });
  }
}

/** A field of an object's metadata. */
export function metadataOf(object: Properties): Properties {
  return isObject(object['metadata']) ? object['metadata'] : {};
}
