// Where credentials come from in a cluster: the catalog's from mounted files and the environment, a workflow's own from the
// Secrets that it names, and those only to the hosts that the Secret allows.
import type { Credential, CredentialSource } from '../credentials.ts';
import type { SecretStore } from '../kube/secrets.ts';
import { secretMayGoTo } from '../routes/egress.ts';
import type { CredentialRef } from '../routes/types.ts';

const missing = (message: string): Credential => ({ kind: 'missing', reason: 'SecretNotFound', message });
const forbidden = (message: string): Credential => ({ kind: 'missing', reason: 'SecretForbidden', message });

type SecretCredentialRef = Extract<CredentialRef, { kind: 'secret' }>;

function fromSecret(secrets: SecretStore, ref: SecretCredentialRef, url: URL | undefined): Credential {
  const found = secrets.lookup(ref);
  const name = `the Secret ${ref.namespace}/${ref.name}`;
  switch (found.state) {
    case 'ok':
      return url === undefined || secretMayGoTo(found.allowedHosts, url)
        ? { kind: 'found', value: found.value, version: found.version }
        : forbidden(`${name} does not allow ${url.host} in its annotation ai.example.com/allowed-hosts`);
    case 'missing':
      return missing(`${name} with the key ${ref.key} does not exist`);
    case 'forbidden':
      return forbidden(`${name} may not be read: a Role has to name it`);
    case 'unknown':
      return missing(`${name} has not been read yet`);
  }
}

/** Looks up Secrets in the store, everything else in `local`. */
export function clusterCredentials(secrets: SecretStore, local: CredentialSource): CredentialSource {
  return {
    lookup: (ref, url) => (ref.kind === 'secret' ? fromSecret(secrets, ref, url) : local.lookup(ref, url)),
    stop() {
      secrets.stop();
      local.stop();
    },
  };
}
