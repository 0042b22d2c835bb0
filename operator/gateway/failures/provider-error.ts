// The error body of a provider: the words to branch on, and its message for a human.
import { readErrorWords } from '../../provider-words.ts';
import type { ErrorWords } from '../../provider-words.ts';
import { parseFields } from '../json/json-fields.ts';

/** Larger error bodies are not read as JSON. */
const MAX_ERROR_BYTES = 64 * 1024;

/** Reads `{"error": {…}}`; anything else is an error without words. */
export function readProviderError(body: Buffer): ErrorWords {
  return readErrorWords(body.length > MAX_ERROR_BYTES ? undefined : parseFields(body.toString('utf8'))?.['error']);
}

/** The provider's message for a human: bounded, on one line, without the credential. */
export function quoteOf(error: ErrorWords, credential: string | undefined): string | undefined {
  if (error.message === undefined) return undefined;
  const clean = credential ? error.message.replaceAll(credential, '[credential]') : error.message;
  return clean.replace(/\s+/g, ' ').slice(0, 300);
}
