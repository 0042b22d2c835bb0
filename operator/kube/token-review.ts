// Asks the API server whose token it is, once. Only tokens that were made for this gateway count: one that is meant for
// the API server would give whoever holds the gateway all that its owner may do there.
import type { Transport } from './transport.ts';

/** The audience that a token must have been made for. */
export const TOKEN_AUDIENCE = 'mcpworkflow';

/** A ServiceAccount that a token speaks for. */
export interface ServiceAccount {
  readonly kind: 'serviceAccount';
  readonly namespace: string;
  readonly name: string;
}

/** Whose token it is. `nobody`: it is not valid, not meant for us, or not a ServiceAccount's. */
export type TokenOwner = ServiceAccount | { readonly kind: 'nobody' };

export const NOBODY: TokenOwner = { kind: 'nobody' };

const PATH = '/apis/authentication.k8s.io/v1/tokenreviews';
const SERVICE_ACCOUNT = /^system:serviceaccount:([^:]+):([^:]+)$/;

interface ReviewStatus {
  readonly authenticated?: unknown;
  readonly audiences?: unknown;
  readonly user?: { readonly username?: unknown } | null;
}

const membersOf = (value: unknown): Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null ? { ...value } : {};

function ownerOf({ authenticated, audiences, user }: ReviewStatus): TokenOwner {
  // A server that does not know of audiences leaves them out, and has not judged what was asked.
  const isForUs = Array.isArray(audiences) && audiences.includes(TOKEN_AUDIENCE);
  if (authenticated !== true || !isForUs || typeof user?.username !== 'string') return NOBODY;
  const [, namespace, name] = SERVICE_ACCOUNT.exec(user.username) ?? [];
  return namespace !== undefined && name !== undefined ? { kind: 'serviceAccount', namespace, name } : NOBODY;
}

/** Whose token it is. Rejects, as the transport does, when the API server could not be asked. */
export async function reviewToken(
  transport: Pick<Transport, 'request'>,
  token: string,
  timeoutMs: number,
): Promise<TokenOwner> {
  const body = {
    apiVersion: 'authentication.k8s.io/v1',
    kind: 'TokenReview',
    spec: { token, audiences: [TOKEN_AUDIENCE] },
  };
  const answer = await transport.request('POST', PATH, { body, timeoutMs });
  return ownerOf(membersOf(membersOf(answer.body)['status']));
}

/**
 * When a token ends by its own word, in epoch milliseconds: enough to refuse it, never to accept it. Infinity when it does
 * not say; undefined when it is no token that a ServiceAccount could have.
 */
export function expiryOf(token: string): number | undefined {
  const [, payload] = /^[\w-]+\.([\w-]+)\.[\w-]+$/.exec(token) ?? [];
  if (payload === undefined) return undefined;
  try {
    const { exp } = membersOf(JSON.parse(Buffer.from(payload, 'base64url').toString('utf8')));
    return typeof exp === 'number' ? exp * 1_000 : Infinity;
  } catch {
    return undefined; // three words with dots between them
  }
}
