// Where credentials come from in a cluster: the catalog's from mounted files and the environment, a workflow's own from the
// Secrets that it names, and those only to the hosts that the Secret allows.
import type { Workflow, WorkflowKey } from '../../lib/api/workflow.ts';
import type { Credential, CredentialSource } from '../credentials.ts';
import type { SecretRef, SecretStore } from '../kube/secrets.ts';
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

/** The Secrets that a workflow names. */
function secretsOf({ metadata, spec }: Workflow): readonly SecretRef[] {
  return spec.models.providers.flatMap(({ auth }) =>
    auth ? [{ namespace: metadata.namespace, name: auth.secretRef.name, key: auth.secretRef.key }] : [],
  );
}

/** Which workflow needs which Secrets, so that exactly those are watched. */
export interface SecretNeeds {
  /** The workflow appeared or changed; without one it is gone. */
  changed(key: WorkflowKey, workflow: Workflow | undefined): void;
  /** False while a Secret that the workflow names has not been read: to judge it now would be a guess. */
  known(workflow: Workflow): boolean;
  /** The workflows that name this Secret. */
  usersOf(secret: { readonly namespace: string; readonly name: string }): readonly WorkflowKey[];
}

/** Keeps the store's watches in step with what workflows name. */
export function createSecretNeeds(secrets: Pick<SecretStore, 'sync' | 'lookup'>): SecretNeeds {
  const needs = new Map<WorkflowKey, readonly SecretRef[]>();
  return {
    changed(key, workflow) {
      const refs = workflow ? secretsOf(workflow) : [];
      // Most workflows have no Secret of their own, and a sync walks through all.
      if (refs.length === 0 && !needs.has(key)) return;
      if (refs.length === 0) needs.delete(key);
      else needs.set(key, refs);
      secrets.sync([...needs.values()].flat());
    },
    known: (workflow) => secretsOf(workflow).every((ref) => secrets.lookup(ref).state !== 'unknown'),
    usersOf: ({ namespace, name }) =>
      [...needs]
        .filter(([, refs]) => refs.some((ref) => ref.namespace === namespace && ref.name === name))
        .map(([key]) => key),
  };
}
