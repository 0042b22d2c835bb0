// Who may call a workflow: the decision alone. What a caller shows and what is known of it come in, a verdict goes out. What
// is said to those who may not call is the same whether or not there is such a workflow.
import type { IncomingHttpHeaders } from 'node:http';
import { isOneOfKeys } from './api-key.ts';
import type { OwnError } from '../dialects/errors.ts';

/** Whose token it is; or nobody's, when it proves nothing; or that it could not be asked. */
export type Identity =
  | { readonly kind: 'serviceAccount'; readonly namespace: string }
  | { readonly kind: 'nobody' }
  | { readonly kind: 'notAsked' };

/**
 * `unproven`: nothing that was shown proves anything. `foreign`: a ServiceAccount of another namespace. `notAsked`: it could
 * not be found out.
 */
export type Verdict = 'allowed' | 'unproven' | 'foreign' | 'notAsked';

/** What a call is judged by. */
export interface Claim {
  /** Of the path, whether there is such a workflow or not. */
  readonly namespace: string;
  /** Of the workflow; none when there is no such workflow. */
  readonly keyHashes: readonly string[];
  readonly shown: readonly string[];
  /** What reviews said of what was shown, if it is a token. */
  readonly identities: readonly Identity[];
}

/** What the official SDKs send as their key: both headers are read in both dialects. */
export function shownBy({ authorization, 'x-api-key': apiKey }: IncomingHttpHeaders): readonly string[] {
  const bearer = /^Bearer +(\S+)$/i.exec(authorization ?? '')?.[1];
  return [apiKey, bearer].filter((each) => typeof each === 'string').filter((each) => each !== '');
}

/** Judges a call. */
export function judgeAccess({ namespace, keyHashes, shown, identities }: Claim): Verdict {
  if (shown.some((each) => isOneOfKeys(each, keyHashes))) return 'allowed';
  const accounts = identities.filter((each) => each.kind === 'serviceAccount');
  if (accounts.some((account) => account.namespace === namespace)) return 'allowed';
  if (identities.some(({ kind }) => kind === 'notAsked')) return 'notAsked';
  return accounts.length > 0 ? 'foreign' : 'unproven';
}

/** What those are told who may not call. */
export const TURNED_AWAY: Readonly<Record<Exclude<Verdict, 'allowed'>, OwnError>> = {
  unproven: {
    status: 401,
    code: 'invalid_api_key',
    message:
      'send as API key a key of this workflow (`mcpworkflow key` makes one, and spec.access.apiKeys has its hash), or the token ' +
      'of a ServiceAccount of its namespace with the audience mcpworkflow',
    shouldRetry: false,
  },
  foreign: {
    status: 403,
    code: 'permission_denied',
    message: 'a ServiceAccount may call the workflows of its own namespace only',
    shouldRetry: false,
  },
  notAsked: {
    status: 503,
    code: 'identity_unknown',
    message: 'who you are could not be checked just now',
    retryAfter: 2,
    shouldRetry: true,
  },
};
