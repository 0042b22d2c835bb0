// The keys that callers show the gateway: 256 random bits behind a prefix by which scanners of leaked secrets know them.
import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';

const PREFIX = 'mwf_';
const BYTES = 32;
/** A key of fewer bits could be guessed from its hash, which is no secret. */
const FORM = /^mwf_[A-Za-z0-9_-]{43}$/;

const digestOf = (key: string): Buffer => createHash('sha256').update(key).digest();

/** A new key. It is written nowhere. */
export const createApiKey = (): string => PREFIX + randomBytes(BYTES).toString('base64url');

/** What a spec has of a key: its SHA-256 in hexadecimal digits. */
export const hashOfApiKey = (key: string): string => digestOf(key).toString('hex');

/** Whether a text has the form of a key. */
export const isApiKey = (text: string): boolean => FORM.test(text);

/**
 * Whether the shown text is the key of one of these hashes. It takes the same time whichever it is, and one that was not made
 * by `createApiKey` is refused whatever its hash.
 */
export function isOneOfKeys(shown: string, hashes: readonly string[]): boolean {
  if (!isApiKey(shown)) return false;
  const digest = digestOf(shown);
  let found = false;
  for (const hash of hashes) found = timingSafeEqual(digest, Buffer.from(hash, 'hex')) || found;
  return found;
}
