// Looks into small JSON values of which nothing is known.

/** The members of an object; none for any other value. */
export type Fields = Readonly<Record<string, unknown>>;

/** The value's members, when it is an object. */
export const fieldsOf = (value: unknown): Fields =>
  typeof value === 'object' && value !== null ? (value as Fields) : {};

/** The text as an object's members, or undefined when it is not JSON or not an object. */
export function parseFields(text: string): Fields | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Fields) : undefined;
  } catch {
    return undefined;
  }
}

/** Whether there is anything in it: not absent, null, an empty string, an empty list or an empty object. */
export function hasSubstance(value: unknown): boolean {
  if (value === undefined || value === null || value === '') return false;
  if (Array.isArray(value)) return value.length > 0;
  return typeof value === 'object' ? Object.keys(value).length > 0 : true;
}
