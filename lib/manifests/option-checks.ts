// The kinds of option that a platform has. A check says what is wrong in whole sentences, and never repeats a text: it may be a
// credential in the wrong place. What is known only later, such as a token of a front end, passes wherever it is a leaf.
import { fieldError } from '../api/field-errors.ts';
import type { FieldError } from '../api/field-errors.ts';
import { closest } from '../api/unknown-fields.ts';

/** Where a value is among the options. */
export type Place = readonly (string | number)[];

/** What is wrong with a value: nothing, or an error for each thing. */
export type Check = (value: unknown, place: Place) => readonly FieldError[];

/** An object as it is written, and not an instance of something. Objects of other realms are such, too. */
export function isPlainObject(value: unknown): value is Readonly<Record<string, unknown>> {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return false;
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === null || Object.getPrototypeOf(prototype) === null;
}

/** Whether it may be something that a front end knows only later: an object of any kind, but no list. */
const isOpaque = (value: unknown): boolean =>
  typeof value === 'function' || (typeof value === 'object' && value !== null && !Array.isArray(value));

function kindOf(value: unknown): string {
  if (value === null || value === undefined) return String(value);
  if (Array.isArray(value)) return 'a list';
  if (typeof value === 'string') return value === '' ? 'an empty text' : 'a text';
  if (typeof value === 'number' || typeof value === 'boolean') return String(value);
  return isPlainObject(value) ? 'an object' : 'a value that is known only later';
}

const wrong = (place: Place, expected: string, value: unknown): readonly FieldError[] => [
  fieldError(place, `must be ${expected}, got ${kindOf(value)}`),
];

/** The same of structure, which has to be known when the objects are made. */
const wrongStructure = (place: Place, expected: string, value: unknown): readonly FieldError[] =>
  wrong(place, isOpaque(value) ? `${expected} that is known now` : expected, value);

/** Lets what is known only later pass, and checks everything else. */
const leaf =
  (check: Check): Check =>
  (value, place) =>
    isOpaque(value) ? [] : check(value, place);

/** A text that is structure. */
export const plainText =
  (pattern: RegExp, expected: string): Check =>
  (value, place) => {
    if (typeof value !== 'string') return wrongStructure(place, expected, value);
    return pattern.test(value) ? [] : [fieldError(place, `must be ${expected}`)];
  };

/** A text that is a leaf. */
export const text = (pattern: RegExp, expected: string): Check => leaf(plainText(pattern, expected));

/** One of some words, as a leaf. */
export const oneOf = (...words: readonly string[]): Check =>
  text(new RegExp(`^(${words.join('|')})$`), `one of ${words.join(', ')}`);

/** A whole number of at least `min`, as a leaf. */
export const wholeNumber = (min: number): Check =>
  leaf((value, place) =>
    Number.isInteger(value) && (value as number) >= min ? [] : wrong(place, `a whole number of at least ${min}`, value),
  );

/** True or false, as a leaf. */
export const booleanLeaf: Check = leaf((value, place) =>
  typeof value === 'boolean' ? [] : wrong(place, 'true or false', value),
);

/** A switch. It is structure: what it says decides which objects there are. */
export const flag: Check = (value, place) =>
  typeof value === 'boolean' ? [] : wrongStructure(place, 'true or false', value);

/** Anything with fields, passed on as it is: its schema is the API server's. */
export const fields: Check = leaf((value, place) => wrong(place, 'an object with fields', value));

/** A list of what has fields, passed on as it is. */
export const fieldsList: Check = leaf((value, place) =>
  Array.isArray(value) ? entries(fields, value, place) : wrong(place, 'a list', value),
);

const entries = (check: Check, list: readonly unknown[], place: Place): readonly FieldError[] =>
  list.flatMap((each, index) => check(each, [...place, index]));

/** A list of which every entry is checked. How many there are is structure. */
export const listOf =
  (entry: Check, { min = 0 } = {}): Check =>
  (value, place) => {
    if (!Array.isArray(value)) return wrongStructure(place, 'a list', value);
    if (value.length < min)
      return [fieldError(place, `must have at least ${min} ${min === 1 ? 'entry' : 'entries'}, got ${value.length}`)];
    return entries(entry, value, place);
  };

/** Texts by names, such as labels. `nameProblem` says what is wrong with a name. Names are structure, texts are leaves. */
export const textsBy =
  (nameProblem: (name: string) => string | undefined, value: Check): Check =>
  (given, place) => {
    if (!isPlainObject(given)) return wrongStructure(place, 'an object of names and texts', given);
    return Object.entries(given).flatMap(([name, each]) => {
      const problem = nameProblem(name);
      return problem === undefined ? value(each, [...place, name]) : [fieldError([...place, name], problem)];
    });
  };

/** An object of options. What is undefined was not said; a name that is no option is a mistake. */
export const object =
  (
    options: Readonly<Record<string, Check>>,
    { required = [] }: { readonly required?: readonly string[] } = {},
  ): Check =>
  (value, place) => {
    if (!isPlainObject(value)) return wrongStructure(place, 'an object of options', value);
    const missing = required
      .filter((name) => value[name] === undefined)
      .map((name) => fieldError([...place, name], 'is required'));
    const given = Object.entries(value).flatMap(([name, each]) => {
      const check = Object.hasOwn(options, name) ? options[name] : undefined;
      if (!check) return [fieldError([...place, name], noOption(name, Object.keys(options)))];
      return each === undefined ? [] : check(each, [...place, name]);
    });
    return [...missing, ...given];
  };

function noOption(name: string, known: readonly string[]): string {
  const meant = closest(name, known);
  const fix = meant === undefined ? `the options here are ${known.join(', ')}` : `did you mean ${meant}?`;
  return `is not an option: ${fix}`;
}
