// The kinds of option that a platform has. A check says what is wrong in whole sentences, and never repeats a text: it may be a
// credential in the wrong place. What is known only later, such as a token of a front end, passes wherever it is a leaf.
import { closest } from '../api/unknown-fields.ts';

/** What is wrong with a value at `path`: nothing, or a sentence for each thing. */
export type Check = (value: unknown, path: string) => readonly string[];

/** An object as it is written, and not an instance of something. Objects of other realms are such, too. */
export function isPlainObject(value: unknown): value is Readonly<Record<string, unknown>> {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return false;
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === null || Object.getPrototypeOf(prototype) === null;
}

const isObject = (value: unknown): boolean =>
  typeof value === 'function' || (typeof value === 'object' && value !== null && !Array.isArray(value));

function kindOf(value: unknown): string {
  if (value === null) return 'null';
  if (Array.isArray(value)) return 'a list';
  if (typeof value === 'string') return value === '' ? 'an empty text' : 'a text';
  if (typeof value === 'number' || typeof value === 'boolean') return String(value);
  return isPlainObject(value) ? 'an object' : 'a value that is known only later';
}

const wrong = (path: string, expected: string, value: unknown): readonly string[] => [
  `${path}: must be ${expected}, got ${kindOf(value)}`,
];

/** A text that is structure: it has to be known now. */
export const plainText =
  (pattern: RegExp, expected: string): Check =>
  (value, path) => {
    if (typeof value !== 'string') return wrong(path, `${expected}, known now`, value);
    return pattern.test(value) ? [] : [`${path}: must be ${expected}`];
  };

/** A text that is a leaf. */
export const text =
  (pattern: RegExp, expected: string): Check =>
  (value, path) =>
    isObject(value) ? [] : plainText(pattern, expected)(value, path).map((said) => said.replace(', known now', ''));

/** One of some words; a leaf. */
export const oneOf = (...words: readonly string[]): Check =>
  text(new RegExp(`^(${words.join('|')})$`), `one of ${words.join(', ')}`);

/** A whole number of at least `min`; a leaf. */
export const wholeNumber =
  (min: number): Check =>
  (value, path) =>
    isObject(value) || (Number.isInteger(value) && (value as number) >= min)
      ? []
      : wrong(path, `a whole number of at least ${min}`, value);

/** A switch. It is structure: what it says decides which objects there are. */
export const flag: Check = (value, path) =>
  typeof value === 'boolean' ? [] : wrong(path, 'true or false, known now', value);

/** True or false, as a leaf. */
export const booleanLeaf: Check = (value, path) =>
  typeof value === 'boolean' || isObject(value) ? [] : wrong(path, 'true or false', value);

/** Anything with fields, as Kubernetes takes it: its schema is the API server's. */
export const fields: Check = (value, path) => (isObject(value) ? [] : wrong(path, 'an object with fields', value));

/** A list that is passed on as it is, of what Kubernetes takes. */
export const fieldsList: Check = (value, path) =>
  isObject(value) ? [] : listOf(fields)(value, path).map((said) => said.replace(', known now', ''));

/** A list of which every entry is checked. How many there are is structure. */
export const listOf =
  (entry: Check, { min = 0 } = {}): Check =>
  (value, path) => {
    if (!Array.isArray(value)) return wrong(path, 'a list, known now', value);
    if (value.length < min) return [`${path}: must have at least ${min} ${min === 1 ? 'entry' : 'entries'}`];
    return value.flatMap((each: unknown, index) => entry(each, `${path}[${index}]`));
  };

/** Texts by names, such as labels. The names are structure, the texts are leaves. */
export const textsBy =
  (name: (key: string) => string | undefined, value: Check): Check =>
  (given, path) => {
    if (!isPlainObject(given)) return wrong(path, 'an object of names and texts, known now', given);
    return Object.entries(given).flatMap(([key, each]) => {
      const problem = name(key);
      return problem === undefined ? value(each, `${path}.${key}`) : [`${path}.${key}: ${problem}`];
    });
  };

/** An object of options. What is undefined was not said; a name that is no option is a mistake. */
export const object =
  (
    options: Readonly<Record<string, Check>>,
    { required = [] }: { readonly required?: readonly string[] } = {},
  ): Check =>
  (value, path) => {
    if (!isPlainObject(value)) return wrong(path === '' ? 'options' : path, 'an object of options, known now', value);
    const at = (name: string) => (path === '' ? name : `${path}.${name}`);
    const missing = required.filter((name) => value[name] === undefined).map((name) => `${at(name)}: is required`);
    const given = Object.entries(value).flatMap(([name, each]) => {
      const check = Object.hasOwn(options, name) ? options[name] : undefined;
      if (!check) return [`${at(name)}: ${noOption(name, Object.keys(options))}`];
      return each === undefined ? [] : check(each, at(name));
    });
    return [...missing, ...given];
  };

function noOption(name: string, known: readonly string[]): string {
  const meant = closest(name, known);
  return meant === undefined
    ? `is not an option here; there are ${known.join(', ')}`
    : `is not an option here; did you mean ${meant}?`;
}
