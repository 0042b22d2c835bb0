// The Secrets that workflows name. Each is watched by its name, so that a Role for that one name is enough; nothing else can
// be read.
import { ALLOWED_HOSTS_ANNOTATION } from '../../lib/api/workflow.ts';
import type { Clock } from '../clock.ts';
import { httpStatusOf } from './api-errors.ts';
import { listWatch } from './list-watch.ts';
import type { ListWatch } from './list-watch.ts';
import type { KubeLog } from './log.ts';
import type { KubeObject } from './object-cache.ts';
import type { Transport } from './transport.ts';

/** Which Secret. */
export interface SecretName {
  readonly namespace: string;
  readonly name: string;
}

/** One value of one Secret. */
export interface SecretRef extends SecretName {
  readonly key: string;
}

/** What is known of a value. */
export type SecretLookup =
  | {
      readonly state: 'ok';
      readonly value: string;
      /** Rises when the value changes. */
      readonly version: number;
      /** The annotation that names the hosts it may be sent to, as it was written. */
      readonly allowedHosts?: string;
    }
  /** There is no such Secret, or it has no such key. */
  | { readonly state: 'missing' }
  | { readonly state: 'forbidden' }
  /** The API server has not answered yet. */
  | { readonly state: 'unknown' };

/** The Secrets that somebody holds. */
export interface SecretStore {
  /** Watches the Secret until it is released as often as it was held. */
  hold(secret: SecretName): void;
  release(secret: SecretName): void;
  /** Whether a first answer has come, or could not be had: from then on `lookup` says all that can be said. */
  asked(secret: SecretName): boolean;
  lookup(ref: SecretRef): SecretLookup;
  stop(): void;
}

/** What the store asks, and whom it tells. */
export interface SecretStoreOptions {
  readonly transport: Transport;
  readonly clock: Clock;
  readonly log: KubeLog;
  /** What `lookup` says about this Secret may have changed. */
  readonly onChange: (secret: SecretName) => void;
  readonly inactivityMs?: number;
}

interface SecretObject extends KubeObject {
  readonly data?: Readonly<Record<string, string>> | null;
}

interface Watched {
  readonly watch: ListWatch<SecretObject>;
  holders: number;
  asked: boolean;
  forbidden: boolean;
  /** The last value of each key with its version; kept while the Secret is gone, so that the same value is no change. */
  readonly versions: Map<string, { readonly value: string; readonly version: number }>;
}

/** An empty store. */
export function secretStore(options: SecretStoreOptions): SecretStore {
  const secrets = new Map<string, Watched>();
  let lastVersion = 0;

  function open(namespace: string, name: string): Watched {
    const tell = () => options.onChange({ namespace, name });
    const state: Omit<Watched, 'watch'> = { holders: 0, asked: false, forbidden: false, versions: new Map() };
    const watch = listWatch<SecretObject>({
      transport: options.transport,
      clock: options.clock,
      log: options.log,
      path: `/api/v1/namespaces/${encodeURIComponent(namespace)}/secrets`,
      query: { fieldSelector: `metadata.name=${name}` },
      onChange: tell,
      onListed() {
        watched.asked = true;
        watched.forbidden = false;
        tell(); // an empty list is an answer too
      },
      onFailure(error) {
        const forbidden = httpStatusOf(error) === 403;
        if (watched.asked && (watched.forbidden || !forbidden)) return;
        watched.asked = true;
        watched.forbidden = forbidden;
        tell();
      },
      ...(options.inactivityMs === undefined ? {} : { inactivityMs: options.inactivityMs }),
    });
    const watched: Watched = Object.assign(state, { watch });
    return watched;
  }

  function versionOf(watched: Watched, key: string, value: string): number {
    const known = watched.versions.get(key);
    if (known?.value === value) return known.version;
    lastVersion += 1;
    watched.versions.set(key, { value, version: lastVersion });
    return lastVersion;
  }

  return {
    hold({ namespace, name }) {
      const id = `${namespace}/${name}`;
      const watched = secrets.get(id) ?? open(namespace, name);
      watched.holders += 1;
      secrets.set(id, watched);
    },
    release({ namespace, name }) {
      const id = `${namespace}/${name}`;
      const watched = secrets.get(id);
      if (!watched) return;
      watched.holders -= 1;
      if (watched.holders > 0) return;
      watched.watch.stop();
      secrets.delete(id);
    },
    asked: ({ namespace, name }) => secrets.get(`${namespace}/${name}`)?.asked ?? false,
    lookup({ namespace, name, key }) {
      const watched = secrets.get(`${namespace}/${name}`);
      if (!watched) return { state: 'unknown' };
      if (watched.forbidden) return { state: 'forbidden' };
      if (!watched.watch.isSynced()) return { state: 'unknown' };
      const secret = watched.watch.get(`${namespace}/${name}`);
      const value = valueOf(secret, key);
      if (!secret || value === undefined) return { state: 'missing' };
      const allowedHosts = annotationOf(secret, ALLOWED_HOSTS_ANNOTATION);
      const version = versionOf(watched, key, value);
      return { state: 'ok', value, version, ...(allowedHosts === undefined ? {} : { allowedHosts }) };
    },
    stop() {
      for (const { watch } of secrets.values()) watch.stop();
      secrets.clear();
    },
  };
}

/** The value without white space around it: a file's last line end is no part of a key, and would break the header. */
function valueOf(secret: SecretObject | undefined, key: string): string | undefined {
  const encoded = secret?.data && Object.hasOwn(secret.data, key) ? secret.data[key] : undefined;
  if (encoded === undefined) return undefined;
  const value = Buffer.from(encoded, 'base64').toString('utf8').trim();
  return value === '' ? undefined : value;
}

function annotationOf(object: KubeObject, name: string): string | undefined {
  const { annotations } = object.metadata as { readonly annotations?: Readonly<Record<string, string>> };
  return annotations?.[name];
}
