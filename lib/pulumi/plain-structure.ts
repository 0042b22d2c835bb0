// The places in an operator's arguments whose values may be Outputs, but which may not be Outputs themselves: builders spread
// them, and what they would spread is not there yet. Every other place is checked by the builders.
import { fieldError } from '../api/field-errors.ts';
import type { FieldError } from '../api/field-errors.ts';
import { isOpaque } from './opaque.ts';
import type { MCPOperatorArgs } from './operator-args.ts';

type Fields = Readonly<Record<string, unknown>>;

const SPREAD: readonly (readonly string[])[] = [
  ...['operator', 'gateway'].flatMap((program) => [
    [program, 'nodeSelector'],
    [program, 'tolerations'],
    [program, 'podAnnotations'],
  ]),
  ['gateway', 'serviceAnnotations'],
  ['networkPolicy', 'callers'],
  ['networkPolicy', 'scrapers'],
  ['networkPolicy', 'egress', 'apiServer'],
];

/** An error for each Output that stands for a whole object or list where only values may be Outputs. */
export const structureProblems = (args: MCPOperatorArgs): readonly FieldError[] =>
  SPREAD.filter((path) => isOpaque(at(args as Fields, path))).map((path) =>
    fieldError(path, 'must be known now, got an Output: write it out, with Outputs for the values in it'),
  );

function at(root: Fields, path: readonly string[]): unknown {
  return path.reduce<unknown>(
    // Into an Output nobody may look: it would answer with another one.
    (value, field) => (isOpaque(value) ? undefined : (value as Fields | undefined)?.[field]),
    root,
  );
}
