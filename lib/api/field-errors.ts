// What is wrong with an object, told to the person who wrote it: which field, and what to write instead. A value is never
// repeated, for it may be a credential in the wrong place.
import type { z } from 'zod';
import type { FieldError } from './field-error.ts';

export type { FieldError } from './field-error.ts';

/** A place in an object, as a person writes it: `spec.models.fallbacks[1]`. */
export function pathText(segments: readonly (string | number)[]): string {
  return segments.reduce<string>((text, segment) => {
    if (typeof segment === 'number') return `${text}[${segment}]`;
    return text === '' ? segment : `${text}.${segment}`;
  }, '');
}

export const fieldError = (segments: readonly (string | number)[], message: string): FieldError => ({
  path: pathText(segments),
  segments,
  message,
});

/** What zod found, as field errors below `prefix`. */
export function fieldErrors(error: z.core.$ZodError, prefix: readonly string[]): readonly FieldError[] {
  return error.issues.flatMap((issue) => {
    const segments = [...prefix, ...issue.path.map((part) => (typeof part === 'number' ? part : String(part)))];
    if (issue.code === 'unrecognized_keys') {
      return issue.keys.map((key) => fieldError([...segments, key], 'is not a field here: correct or remove it'));
    }
    return [fieldError(segments, sentence(issue))];
  });
}

const NOUNS: Readonly<Record<string, string>> = {
  string: 'text',
  number: 'a number',
  int: 'a whole number',
  boolean: 'true or false',
  array: 'a list',
  object: 'an object with fields',
  record: 'an object with fields',
};

function sentence(issue: z.core.$ZodIssue): string {
  if (issue.code === 'invalid_type') return wrongType(issue);
  if (issue.code === 'too_small') return `must ${bound(issue.origin, 'at least', issue.minimum)}`;
  if (issue.code === 'too_big') return `must ${bound(issue.origin, 'at most', issue.maximum)}`;
  if (issue.code === 'invalid_value') return `must be one of ${issue.values.map(String).join(', ')}`;
  // What is wrong with a key is one level down; every other sentence is the schema's own.
  const inner = issue.code === 'invalid_key' ? issue.issues[0] : undefined;
  return inner === undefined ? issue.message : sentence(inner);
}

function wrongType(issue: z.core.$ZodIssueInvalidType): string {
  const noun = NOUNS[issue.expected] ?? issue.expected;
  // zod keeps the input out of issues, which is what we want; only that it is missing shows in the text.
  return issue.message.endsWith('received undefined') ? `is required: write ${noun}` : `must be ${noun}`;
}

function bound(origin: string, limit: 'at least' | 'at most', size: number | bigint): string {
  if (origin === 'string')
    return size === 1 && limit === 'at least' ? 'not be empty' : `have ${limit} ${size} characters`;
  if (origin === 'array') return `have ${limit} ${size} ${size === 1 ? 'entry' : 'entries'}`;
  return `be ${limit} ${size}`;
}
