// Replaces, adds and removes top-level members of a scanned JSON object. Every byte outside of them stays as it is.
import type { Member, ScannedObject } from './scan.ts';

/** By member name: the JSON text it shall have, or undefined to remove it. */
export type MemberChanges = ReadonlyMap<string, string | undefined>;

interface Cut {
  readonly from: number;
  readonly to: number;
  readonly text: string;
}

/** New members, as they stand in an object. */
function addedBy(changes: MemberChanges, members: readonly Member[]): string[] {
  const added: string[] = [];
  for (const [name, text] of changes) {
    if (text === undefined || members.some((member) => member.name === name)) continue;
    added.push(`${JSON.stringify(name)}:${text}`);
  }
  return added;
}

/**
 * In order. A run of removed members goes with the comma that follows it, or, at the end, with the one before it; new members go
 * behind the last one that stays.
 */
function cutsOf(bytes: Buffer, { open, members }: ScannedObject, changes: MemberChanges): Cut[] {
  const cuts: Cut[] = [];
  let lastKept: Member | undefined;
  let removedFrom: number | undefined;
  for (const member of members) {
    const { name, keyStart, valueStart, valueEnd } = member;
    const text = changes.get(name);
    if (text === undefined && changes.has(name)) {
      removedFrom ??= keyStart;
      continue;
    }
    if (removedFrom !== undefined) cuts.push({ from: removedFrom, to: keyStart, text: '' });
    removedFrom = undefined;
    lastKept = member;
    if (text !== undefined && bytes.toString('utf8', valueStart, valueEnd) !== text)
      cuts.push({ from: valueStart, to: valueEnd, text });
  }
  const end = lastKept ? lastKept.valueEnd : open + 1;
  const added = addedBy(changes, members);
  if (added.length > 0) cuts.push({ from: end, to: end, text: (lastKept ? ',' : '') + added.join(',') });
  const last = members.at(-1);
  if (removedFrom !== undefined && last) cuts.push({ from: lastKept ? end : removedFrom, to: last.valueEnd, text: '' });
  return cuts;
}

/** The bytes with the changes made. Without any real change it is the same buffer. */
export function splice(bytes: Buffer, object: ScannedObject, changes: MemberChanges): Buffer {
  const cuts = cutsOf(bytes, object, changes);
  if (cuts.length === 0) return bytes;
  const size = cuts.reduce((sum, { from, to, text }) => sum - (to - from) + Buffer.byteLength(text), bytes.length);
  const spliced = Buffer.allocUnsafe(size);
  let [read, written] = [0, 0];
  for (const { from, to, text } of cuts) {
    written += bytes.copy(spliced, written, read, from);
    written += spliced.write(text, written);
    read = to;
  }
  bytes.copy(spliced, written, read);
  return spliced;
}
