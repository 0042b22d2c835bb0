// Replaces, adds and removes top-level members of a scanned JSON object. Every byte outside of them stays as it is.
import type { Member, ScannedObject } from './scan.ts';

/** By member name: the JSON text it shall have, or undefined to remove it. */
export type MemberChanges = ReadonlyMap<string, string | undefined>;

/** Of larger objects nothing is copied: what stays goes on from where it lies, or it would be held twice. */
const COPIED_BYTES = 64 * 1024;

interface Cut {
  readonly from: number;
  readonly to: number;
  readonly text: string;
}

/** New members, as they stand in an object: `"b":2,"c":3`. */
function addedBy(changes: MemberChanges, members: readonly Member[]): string {
  let added = '';
  for (const [name, text] of changes) {
    if (text === undefined || members.some((member) => member.name === name)) continue;
    added += `${added === '' ? '' : ','}${JSON.stringify(name)}:${text}`;
  }
  return added;
}

/** New members go behind the last one that stays; a run of removed ones goes with the comma before it. */
function cutsAtEnd(
  { open, members }: ScannedObject,
  kept: Member | undefined,
  removed: Member | undefined,
  changes: MemberChanges,
): readonly Cut[] {
  const cuts: Cut[] = [];
  const end = kept ? kept.valueEnd : open + 1;
  const added = addedBy(changes, members);
  if (added !== '') cuts.push({ from: end, to: end, text: (kept ? ',' : '') + added });
  const last = members.at(-1);
  if (removed && last) cuts.push({ from: kept ? end : removed.keyStart, to: last.valueEnd, text: '' });
  return cuts;
}

/** In order. Anywhere else than at the end a run of removed members goes with the comma that follows it. */
function cutsOf(bytes: Buffer, object: ScannedObject, changes: MemberChanges): Cut[] {
  const cuts: Cut[] = [];
  let kept: Member | undefined;
  let removed: Member | undefined;
  for (const member of object.members) {
    const text = changes.get(member.name);
    if (text === undefined && changes.has(member.name)) {
      removed ??= member;
      continue;
    }
    if (removed) cuts.push({ from: removed.keyStart, to: member.keyStart, text: '' });
    removed = undefined;
    kept = member;
    const { valueStart: from, valueEnd: to } = member;
    if (text !== undefined && bytes.toString('utf8', from, to) !== text) cuts.push({ from, to, text });
  }
  cuts.push(...cutsAtEnd(object, kept, removed, changes));
  return cuts;
}

function copied(bytes: Buffer, cuts: readonly Cut[]): Buffer {
  const size = cuts.reduce((sum, { from, to, text }) => sum - (to - from) + Buffer.byteLength(text), bytes.length);
  const copy = Buffer.allocUnsafe(size);
  let [read, written] = [0, 0];
  for (const { from, to, text } of cuts) {
    written += bytes.copy(copy, written, read, from);
    written += copy.write(text, written);
    read = to;
  }
  bytes.copy(copy, written, read);
  return copy;
}

function inPieces(bytes: Buffer, cuts: readonly Cut[]): Buffer[] {
  const pieces: Buffer[] = [];
  let read = 0;
  for (const { from, to, text } of cuts) {
    pieces.push(bytes.subarray(read, from), Buffer.from(text));
    read = to;
  }
  pieces.push(bytes.subarray(read));
  return pieces.filter(({ length }) => length > 0);
}

/** The bytes with the changes made, in one piece or several; without any real change it is the same buffer. */
export function splice(bytes: Buffer, object: ScannedObject, changes: MemberChanges): readonly Buffer[] {
  const cuts = cutsOf(bytes, object, changes);
  if (cuts.length === 0) return [bytes];
  return bytes.length <= COPIED_BYTES ? [copied(bytes, cuts)] : inPieces(bytes, cuts);
}
