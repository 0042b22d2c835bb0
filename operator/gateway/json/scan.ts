// Finds the top-level members of a JSON object in raw bytes without building any value. It is strict: what JSON.parse
// would refuse is refused here, so a body that passes can be patched in place and is still JSON.

import { nameAt } from './names.ts';
import { nextWord, skipPlain } from './plain-run.ts';
import { isAt } from './text-at.ts';

/** One member of an object: its decoded name and where its key and value stand in the bytes. */
export interface Member {
  readonly name: string;
  readonly keyStart: number;
  readonly valueStart: number;
  readonly valueEnd: number;
}

/** An object in raw bytes: its members in order, and the places of its two braces. */
export interface ScannedObject {
  readonly open: number;
  readonly close: number;
  readonly members: readonly Member[];
}

/** A request body and where its top-level members are. */
export interface ScannedRequest {
  readonly bytes: Buffer;
  readonly object: ScannedObject;
}

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const COMMA = 0x2c;
const COLON = 0x3a;
const OPEN_BRACE = 0x7b;
const CLOSE_BRACE = 0x7d;
const OPEN_BRACKET = 0x5b;
const CLOSE_BRACKET = 0x5d;
const MINUS = 0x2d;
const ZERO = 0x30;
const LETTER_T = 0x74;
const LETTER_F = 0x66;
const LETTER_N = 0x6e;
const LETTER_U = 0x75;
/** `"\/bfnrt`: what may follow a backslash, besides u. */
const ESCAPES: ReadonlySet<number | undefined> = new Set([0x22, 0x5c, 0x2f, 0x62, 0x66, 0x6e, 0x72, 0x74]);

/** Strings that are longer than this get the start-up cost of `skipPlain` back. */
const WORTH_SKIPPING_FAST = 64;

/** Deeper nesting than any request has; a bound for the recursion. */
const MAX_DEPTH = 1000;
const BAD = -1;

type OnMember = (keyStart: number, keyEnd: number, valueStart: number, valueEnd: number) => void;

function skipSpace(bytes: Buffer, at: number): number {
  let i = at;
  for (let c = bytes[i]; c === 0x20 || c === 0x0a || c === 0x0d || c === 0x09; c = bytes[i]) i += 1;
  return i;
}

const isDigit = (c: number | undefined) => c !== undefined && c >= ZERO && c <= 0x39;
const isHex = (c: number | undefined) =>
  c !== undefined && (isDigit(c) || (c >= 0x41 && c <= 0x46) || (c >= 0x61 && c <= 0x66));

/** From a backslash to the last byte of its escape. */
function skipEscape(bytes: Buffer, at: number): number {
  const c = bytes[at + 1];
  if (ESCAPES.has(c)) return at + 1;
  if (c !== LETTER_U) return BAD;
  for (let i = at + 2; i < at + 6; i += 1) if (!isHex(bytes[i])) return BAD;
  return at + 5;
}

function skipString(bytes: Buffer, at: number): number {
  const end = bytes.length;
  const fast = nextWord(bytes, at + WORTH_SKIPPING_FAST);
  for (let i = at + 1; i < end; i += 1) {
    if (i === fast) i = skipPlain(bytes, i);
    const c = bytes[i] as number;
    if (c === QUOTE) return i + 1;
    if (c === BACKSLASH) {
      i = skipEscape(bytes, i);
      if (i === BAD) return BAD;
    } else if (c < 0x20) return BAD;
  }
  return BAD;
}

function skipDigits(bytes: Buffer, at: number): number {
  let i = at;
  while (isDigit(bytes[i])) i += 1;
  return i === at ? BAD : i;
}

function skipFraction(bytes: Buffer, at: number): number {
  return bytes[at] === 0x2e ? skipDigits(bytes, at + 1) : at;
}

function skipExponent(bytes: Buffer, at: number): number {
  const c = bytes[at];
  if (c !== 0x65 && c !== 0x45) return at;
  const sign = bytes[at + 1];
  return skipDigits(bytes, sign === 0x2b || sign === MINUS ? at + 2 : at + 1);
}

function skipNumber(bytes: Buffer, at: number): number {
  let i = bytes[at] === MINUS ? at + 1 : at;
  i = bytes[i] === ZERO ? i + 1 : skipDigits(bytes, i);
  if (i !== BAD) i = skipFraction(bytes, i);
  return i === BAD ? BAD : skipExponent(bytes, i);
}

const skipWord = (bytes: Buffer, at: number, word: string) => (isAt(bytes, at, word) ? at + word.length : BAD);

function skipArray(bytes: Buffer, at: number, depth: number): number {
  let i = skipSpace(bytes, at + 1);
  if (bytes[i] === CLOSE_BRACKET) return i + 1;
  for (;;) {
    i = skipValue(bytes, i, depth + 1);
    if (i === BAD) return BAD;
    i = skipSpace(bytes, i);
    if (bytes[i] === CLOSE_BRACKET) return i + 1;
    if (bytes[i] !== COMMA) return BAD;
    i = skipSpace(bytes, i + 1);
  }
}

/** One `"key": value`; returns the end of the value. */
function skipMember(bytes: Buffer, at: number, depth: number, onMember?: OnMember): number {
  if (bytes[at] !== QUOTE) return BAD;
  const keyEnd = skipString(bytes, at);
  if (keyEnd === BAD) return BAD;
  const colon = skipSpace(bytes, keyEnd);
  if (bytes[colon] !== COLON) return BAD;
  const valueStart = skipSpace(bytes, colon + 1);
  const valueEnd = skipValue(bytes, valueStart, depth + 1);
  if (valueEnd !== BAD) onMember?.(at, keyEnd, valueStart, valueEnd);
  return valueEnd;
}

function skipObject(bytes: Buffer, at: number, depth: number, onMember?: OnMember): number {
  let i = skipSpace(bytes, at + 1);
  if (bytes[i] === CLOSE_BRACE) return i + 1;
  for (;;) {
    i = skipMember(bytes, i, depth, onMember);
    if (i === BAD) return BAD;
    i = skipSpace(bytes, i);
    if (bytes[i] === CLOSE_BRACE) return i + 1;
    if (bytes[i] !== COMMA) return BAD;
    i = skipSpace(bytes, i + 1);
  }
}

/** From the first byte of a value to the byte after it, or BAD. */
function skipValue(bytes: Buffer, at: number, depth: number): number {
  if (depth > MAX_DEPTH) return BAD;
  switch (bytes[at]) {
    case undefined:
      return BAD;
    case QUOTE:
      return skipString(bytes, at);
    case OPEN_BRACE:
      return skipObject(bytes, at, depth);
    case OPEN_BRACKET:
      return skipArray(bytes, at, depth);
    case LETTER_T:
      return skipWord(bytes, at, 'true');
    case LETTER_F:
      return skipWord(bytes, at, 'false');
    case LETTER_N:
      return skipWord(bytes, at, 'null');
    default:
      return skipNumber(bytes, at);
  }
}

/** The object whose first brace is at `open`; undefined when there is none. */
function objectAt(bytes: Buffer, open: number): ScannedObject | undefined {
  if (bytes[open] !== OPEN_BRACE) return undefined;
  const members: Member[] = [];
  const after = skipObject(bytes, open, 0, (keyStart, keyEnd, valueStart, valueEnd) => {
    members.push({ name: nameAt(bytes, keyStart + 1, keyEnd - 1), keyStart, valueStart, valueEnd });
  });
  return after === BAD ? undefined : { open, close: after - 1, members };
}

/** The members of the one JSON object that `bytes` holds from `start` on, or undefined when it is anything else. */
export function scanObject(bytes: Buffer, start = 0, end = bytes.length): ScannedObject | undefined {
  const object = objectAt(bytes, skipSpace(bytes, start));
  return object && skipSpace(bytes, object.close + 1) >= end ? object : undefined;
}

/** The last member of that name, which is the one that JSON.parse would keep. */
export function memberOf(object: ScannedObject, name: string): Member | undefined {
  for (let i = object.members.length - 1; i >= 0; i -= 1) {
    const member = object.members[i];
    if (member?.name === name) return member;
  }
  return undefined;
}

/** The JSON text of a member's value, or undefined when there is no such member. */
export function textOf(bytes: Buffer, object: ScannedObject, name: string): string | undefined {
  const member = memberOf(object, name);
  return member && bytes.toString('utf8', member.valueStart, member.valueEnd);
}

/**
 * Where the value of the first member of that name starts, in the object at `open`. Only what comes before it is walked; the
 * bytes must have been scanned before, as part of an object around them.
 */
export function valueIn(bytes: Buffer, open: number, name: string): number | undefined {
  if (bytes[open] !== OPEN_BRACE) return undefined;
  let i = skipSpace(bytes, open + 1);
  while (bytes[i] === QUOTE) {
    const keyEnd = skipString(bytes, i);
    const valueStart = skipSpace(bytes, skipSpace(bytes, keyEnd) + 1);
    if (nameAt(bytes, i + 1, keyEnd - 1) === name) return valueStart;
    i = skipSpace(bytes, skipValue(bytes, valueStart, 0));
    if (bytes[i] === COMMA) i = skipSpace(bytes, i + 1);
  }
  return undefined;
}

/**
 * Walks the elements of the array at `open`, given by where they start, until `visit` returns false. Says whether there was an
 * array; the bytes must have been scanned before, as part of an object around them.
 */
export function eachElement(bytes: Buffer, open: number, visit: (start: number) => boolean): boolean {
  if (bytes[open] !== OPEN_BRACKET) return false;
  let i = skipSpace(bytes, open + 1);
  while (i < bytes.length && bytes[i] !== CLOSE_BRACKET) {
    if (!visit(i)) return true;
    i = skipSpace(bytes, skipValue(bytes, i, 0));
    if (bytes[i] === COMMA) i = skipSpace(bytes, i + 1);
  }
  return true;
}
