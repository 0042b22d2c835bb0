// Where credentials come from when there is no API server to ask: the environment and files. File contents are followed,
// so that a rotated key is used without a restart.
import type { Clock } from './clock.ts';
import { lookAt, readTextFile, watchText } from './watched-text.ts';
import type { Look, ReadText } from './watched-text.ts';
import type { CredentialRef } from './routes/types.ts';

/** What is known of a credential. `version` rises whenever the value changes. */
export type Credential =
  | { readonly kind: 'found'; readonly value: string; readonly version: number }
  | { readonly kind: 'missing'; readonly reason: 'SecretNotFound' | 'SecretForbidden'; readonly message: string };

/** Looks credentials up. A value may go into one request header and nowhere else. */
export interface CredentialSource {
  /** `url` is where the credential is to be sent, for sources that allow only some hosts. */
  lookup(ref: CredentialRef, url?: URL): Credential;
  stop(): void;
}

/** What looking credentials up needs. */
export interface CredentialPorts {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly clock: Clock;
  /** A file that was looked up before has another value now. */
  readonly onChange: (ref: CredentialRef) => void;
  readonly read?: ReadText;
  /** How often a file is read. Default 1000. */
  readonly everyMs?: number;
}

const missing = (message: string): Credential => ({ kind: 'missing', reason: 'SecretNotFound', message });

/** Looks up `env` and `file` references; a `secret` is something that only a cluster has. */
export function fileAndEnvCredentials(ports: CredentialPorts): CredentialSource {
  const read = ports.read ?? readTextFile;
  const files = new Map<string, { credential: Credential; stop(): void }>();

  const assess = (path: string, look: Look, version: number): Credential => {
    if (look.kind === 'unreadable') return missing(`the key file ${path} cannot be read: ${look.why}`);
    const value = look.text.trim();
    return value === '' ? missing(`the key file ${path} is empty`) : { kind: 'found', value, version };
  };

  const follow = (path: string) => {
    const first = lookAt(path, read);
    let version = 1;
    const watch = watchText(path, {
      clock: ports.clock,
      read,
      everyMs: ports.everyMs ?? 1_000,
      first,
      onChange(look) {
        version += 1;
        entry.credential = assess(path, look, version);
        ports.onChange({ kind: 'file', path });
      },
    });
    const entry = { credential: assess(path, first, version), stop: () => watch.stop() };
    files.set(path, entry);
    return entry;
  };

  return {
    lookup(ref) {
      switch (ref.kind) {
        case 'env': {
          const value = ports.env[ref.name]?.trim();
          return value
            ? { kind: 'found', value, version: 1 }
            : missing(`the environment variable ${ref.name} is not set`);
        }
        case 'file':
          return (files.get(ref.path) ?? follow(ref.path)).credential;
        case 'secret':
          return missing(
            'there are no Secrets outside a cluster: describe the provider in a file, with auth {env: …} or {file: …}, and pass it with --providers',
          );
      }
    },
    stop() {
      for (const file of files.values()) file.stop();
      files.clear();
    },
  };
}
