// Which workflow needs which Secrets, so that exactly those are watched.
import type { Workflow, WorkflowKey } from '../../lib/api/workflow.ts';
import type { SecretName, SecretStore } from '../kube/secrets.ts';

/** Who needs what. */
export interface SecretNeeds {
  /** The workflow appeared or changed; without one it is gone. */
  changed(key: WorkflowKey, workflow: Workflow | undefined): void;
  /** False while a Secret that the workflow names has not been asked for: to judge it now would be a guess. */
  asked(key: WorkflowKey): boolean;
  /** The workflows that name this Secret. */
  usersOf(secret: SecretName): Iterable<WorkflowKey>;
}

const NONE: ReadonlyMap<string, SecretName> = new Map();
const idOf = ({ namespace, name }: SecretName) => `${namespace}/${name}`;

/** The Secrets that a workflow names, each once. */
function secretsOf({ metadata: { namespace }, spec }: Workflow): ReadonlyMap<string, SecretName> {
  const secrets = spec.models.providers.flatMap(({ auth }) => (auth ? [{ namespace, name: auth.secretRef.name }] : []));
  return new Map(secrets.map((secret) => [idOf(secret), secret]));
}

/** Holds in the store what workflows name. */
export function createSecretNeeds(store: Pick<SecretStore, 'hold' | 'release' | 'asked'>): SecretNeeds {
  const needs = new Map<WorkflowKey, ReadonlyMap<string, SecretName>>();
  const users = new Map<string, Set<WorkflowKey>>();

  function hold(key: WorkflowKey, id: string, secret: SecretName): void {
    store.hold(secret);
    users.set(id, (users.get(id) ?? new Set()).add(key));
  }
  function release(key: WorkflowKey, id: string, secret: SecretName): void {
    store.release(secret);
    const rest = users.get(id);
    rest?.delete(key);
    if (rest?.size === 0) users.delete(id);
  }

  return {
    changed(key, workflow) {
      const before = needs.get(key) ?? NONE;
      const after = workflow ? secretsOf(workflow) : NONE;
      if (after.size > 0) needs.set(key, after);
      else needs.delete(key);
      for (const [id, secret] of after) if (!before.has(id)) hold(key, id, secret);
      for (const [id, secret] of before) if (!after.has(id)) release(key, id, secret);
    },
    asked: (key) => [...(needs.get(key)?.values() ?? [])].every((secret) => store.asked(secret)),
    usersOf: (secret) => users.get(idOf(secret)) ?? [],
  };
}
