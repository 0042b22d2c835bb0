// Runs over the plain characters of a JSON string four bytes at a time: an image is megabytes of them, and one by one they
// took longer than everything else that is done with a request.

/** In each of the four bytes of a word. */
const ONES = 0x01010101;
const HIGH_BITS = 0x80808080;
const QUOTES = ONES * 0x22;
const BACKSLASHES = ONES * 0x5c;
const SPACES = ONES * 0x20;

/**
 * Whether a word has a quote, a backslash or a control character in it: a byte that is below 0x20, or becomes 0 by that
 * comparison, borrows from its high bit. Bytes above 0x7f have that set before.
 */
const isSpecial = (word: number) =>
  (((word - SPACES) | ((word ^ QUOTES) - ONES) | ((word ^ BACKSLASHES) - ONES)) & ~word & HIGH_BITS) !== 0;

/** The first place from `at` on at which `skipPlain` may start. */
export const nextWord = (bytes: Buffer, at: number): number => at + (-(bytes.byteOffset + at) & 3);

/** From a word in a string to the next one that is not plain, or to the last bytes, which are less than a word. */
export function skipPlain(bytes: Buffer, at: number): number {
  const words = new Int32Array(bytes.buffer, bytes.byteOffset + at, (bytes.length - at) >> 2);
  let i = 0;
  while (i < words.length && !isSpecial(words[i] as number)) i += 1;
  return at + i * 4;
}
