// Replaces, adds and removes top-level members of a scanned JSON object. Every byte outside of them stays as it is.
import type { Member, ScannedObject } from './scan.ts';

/** By member name: the JSON text it shall have, or undefined to remove it. */
export type MemberChanges = ReadonlyMap<string, string | undefined>;

interface Cut {
  readonly from: number;
  readonly to: number;
  readonly text: string;
}

/** A run of removed members goes with the comma that follows it, or, at the end, with the one before it. */
function cutRun(members: readonly Member[], first: number, last: number): Cut {
  const [from, to] = [members[first], members[last]] as [Member, Member];
  const next = members[last + 1];
  if (next) return { from: from.keyStart, to: next.keyStart, text: '' };
  const before = members[first - 1];
  return { from: before ? before.valueEnd : from.keyStart, to: to.valueEnd, text: '' };
}

function removals(members: readonly Member[], removed: (member: Member) => boolean): Cut[] {
  const cuts: Cut[] = [];
  for (let i = 0; i < members.length; i += 1) {
    const first = i;
    while (i < members.length && removed(members[i] as Member)) i += 1;
    if (i > first) cuts.push(cutRun(members, first, i - 1));
  }
  return cuts;
}

function replacements(bytes: Buffer, members: readonly Member[], changes: MemberChanges): Cut[] {
  const cuts: Cut[] = [];
  for (const { name, valueStart, valueEnd } of members) {
    const text = changes.get(name);
    if (text === undefined || bytes.toString('utf8', valueStart, valueEnd) === text) continue;
    cuts.push({ from: valueStart, to: valueEnd, text });
  }
  return cuts;
}

/** New members go behind the last one that stays. */
function insertion(object: ScannedObject, kept: readonly Member[], changes: MemberChanges): Cut[] {
  const present = new Set(object.members.map((member) => member.name));
  const added = [...changes].flatMap(([name, text]) =>
    text === undefined || present.has(name) ? [] : [`${JSON.stringify(name)}:${text}`],
  );
  if (added.length === 0) return [];
  const last = kept.at(-1);
  const at = last ? last.valueEnd : object.open + 1;
  return [{ from: at, to: at, text: (last ? ',' : '') + added.join(',') }];
}

/** The bytes with the changes made. Without any real change it is the same buffer. */
export function splice(bytes: Buffer, object: ScannedObject, changes: MemberChanges): Buffer {
  const removed = (member: Member) => changes.has(member.name) && changes.get(member.name) === undefined;
  const kept = object.members.filter((member) => !removed(member));
  const cuts = [
    ...replacements(bytes, object.members, changes),
    ...insertion(object, kept, changes),
    ...removals(object.members, removed),
  ].sort((a, b) => a.from - b.from || a.to - b.to);
  if (cuts.length === 0) return bytes;
  const parts: Buffer[] = [];
  let at = 0;
  for (const cut of cuts) {
    parts.push(bytes.subarray(at, cut.from), Buffer.from(cut.text));
    at = cut.to;
  }
  parts.push(bytes.subarray(at));
  return Buffer.concat(parts);
}
