// What a person may type while embedded mode runs.
import { parseBreak } from '../config-options.ts';
import type { Break } from '../config-options.ts';

/** A typed line, understood or not. */
export type TerminalCommand =
  | { readonly kind: 'heal'; readonly model?: string }
  | { readonly kind: 'break'; readonly what: Break }
  | { readonly kind: 'nothing' }
  | { readonly kind: 'unknown'; readonly hint: string };

export const COMMAND_HINT = 'type `break MODEL=MODE`, `heal`, or `heal MODEL`, and Enter';

/** Reads one line. */
export function parseTerminalCommand(line: string): TerminalCommand {
  const [word, argument, ...more] = line.trim().split(/\s+/);
  if (word === undefined || word === '') return { kind: 'nothing' };
  if (more.length > 0) return { kind: 'unknown', hint: COMMAND_HINT };
  if (word === 'heal') return argument === undefined ? { kind: 'heal' } : { kind: 'heal', model: argument };
  if (word === 'break' && argument !== undefined) {
    const what = parseBreak(argument);
    return typeof what === 'string' ? { kind: 'unknown', hint: what } : { kind: 'break', what };
  }
  return { kind: 'unknown', hint: COMMAND_HINT };
}
