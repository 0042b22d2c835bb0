// The `key` command: makes a key for callers of a workflow, and prints what to do with it. Nothing is stored.
import { stringify } from 'yaml';
import { createApiKey, hashOfApiKey } from './gateway/front/api-key.ts';

/** A new key, in the two forms in which it is needed. */
export interface PrintedKey {
  /** A Secret to apply where the callers run. The key is in it and nowhere else. */
  readonly secret: string;
  /** What to add to the workflow: no secret, so it can live in Git. */
  readonly entry: string;
}

/** Makes a key, and a Secret of that name for it. */
export function newKey(name: string): PrintedKey {
  const key = createApiKey();
  return {
    secret: stringify({ apiVersion: 'v1', kind: 'Secret', metadata: { name }, stringData: { 'api-key': key } }),
    entry: stringify({ spec: { access: { apiKeys: [{ name, sha256: hashOfApiKey(key) }] } } }),
  };
}

/** Prints the Secret alone to `stdout`, so that it can be piped to kubectl, and what the workflow needs to `stderr`. */
export function printKey(name: string, terminal: Record<'stdout' | 'stderr', { write(text: string): unknown }>): void {
  const { secret, entry } = newKey(name);
  terminal.stdout.write(secret);
  terminal.stderr.write(
    `# The Secret is for those who call; the key is stored nowhere else. The workflow needs its hash, beside those that it has
# (two entries at once are a rotation: add the new one, move the callers, remove the old one):
${entry}`,
  );
}
