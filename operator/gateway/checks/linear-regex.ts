// Regular expressions in RE2 syntax, whose time grows with the text and never explodes: no back references, no look-around.
import { RE2JS } from 're2js';
import type { Work } from './work.ts';

/** Patterns that repeat large things often are refused: each character of a text may cost as much as this. */
const MAX_PROGRAM = 1_000;

/** A pattern that can be looked for. */
export interface LinearRegex {
  /** Whether it is found anywhere in the text. May throw WorkSpent. */
  test(text: string): boolean;
}

/** Compiles a pattern, or throws an Error whose message is for its author. */
export function linearRegex(pattern: string, work: Work): LinearRegex {
  const compiled = RE2JS.compile(RE2JS.translateRegExp(pattern));
  const size = compiled.programSize();
  if (size > MAX_PROGRAM) throw new Error(`it repeats too much: ${size} instructions, at most ${MAX_PROGRAM}`);
  return {
    test(text) {
      work.spend(text.length * size);
      return compiled.test(text);
    },
  };
}
