// What makes two targets the same one: what is called, and whose credential pays for it.
import { sha256 } from './sha256.ts';
import type { CredentialRef, Target } from './types.ts';

/** The parts of a target that its id is made of. */
export interface TargetIdentity extends Pick<Target, 'baseURL' | 'protocol' | 'upstreamModel' | 'credential'> {
  /** Only for a workflow's own provider: its health is nobody else's business. */
  readonly namespace?: string;
}

/** A base URL in the one form that equal ones share: host in lower case, no default port, no slash at the end. */
export const canonicalBaseURL = (baseURL: string): string => new URL(baseURL).href.replace(/\/+$/, '');

/** Where a credential is, on one line. It says nothing of the credential itself. */
export function credentialKey(credential: CredentialRef): string {
  switch (credential.kind) {
    case 'env':
      return `env:${credential.name}`;
    case 'file':
      return `file:${credential.path}`;
    case 'secret':
      return `secret:${credential.namespace}/${credential.name}/${credential.key}`;
  }
}

/** A short id: equal for equal identities, and not to be forged for a foreign one. */
export function targetId({ baseURL, protocol, upstreamModel, credential, namespace }: TargetIdentity): string {
  const key = credential === undefined ? null : credentialKey(credential);
  return sha256(JSON.stringify([canonicalBaseURL(baseURL), protocol, upstreamModel, key, namespace ?? null])).slice(
    0,
    16,
  );
}
