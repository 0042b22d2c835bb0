// The names of members: the same few in every body. Each is made once and found again by its bytes, which costs less than to
// make a string of them.

import { isAt } from './text-at.ts';

/** Names that a body makes up for itself must not fill the memory: two that meet in a slot take turns in it. */
const SLOTS = 512;
const LONGEST_KEPT = 32;

const kept = new Array<string>(SLOTS).fill('');

function slotOf(bytes: Buffer, start: number, end: number): number {
  let hash = end - start;
  for (let i = start; i < end; i += 1) hash = (hash * 31 + (bytes[i] as number)) | 0;
  return hash & (SLOTS - 1);
}

/** The name between two quotes that the bytes from `start` to `end` stand for. */
export function nameAt(bytes: Buffer, start: number, end: number): string {
  const slot = slotOf(bytes, start, end);
  const known = kept[slot] as string;
  if (known.length === end - start && isAt(bytes, start, known)) return known;
  const text = bytes.toString('utf8', start, end);
  if (text.includes('\\')) return JSON.parse(`"${text}"`) as string;
  // Of other characters than ASCII there are fewer than bytes, and such names are compared with no bytes.
  if (text.length === end - start && text.length <= LONGEST_KEPT) kept[slot] = text;
  return text;
}
