// What the Pulumi SDK puts on the wire for values that are not plain, made readable for tests. The signatures are part of
// Pulumi's protocol and never change.

const SIGNATURE = '4dabf18193072939515e22adb298388d';
const SECRET = '1b47061264138c4ac30d75fd1eb44270';
const OUTPUT_VALUE = 'd0e6a833031e9bbcd3f4e8bde6ca49a4';
const UNKNOWN_VALUE = '04da6b54-80e4-46f7-96ec-b56ff0331ba9';

/** A value that is not known before the deployment. */
export const UNKNOWN = '<unknown>';

/** A value that the state keeps encrypted. */
export interface WireSecret {
  readonly secret: unknown;
}

/** The value as a test may read it: secrets are `{ secret: … }`, unknown values are `UNKNOWN`. */
export function readable(value: unknown): unknown {
  if (value === UNKNOWN_VALUE) return UNKNOWN;
  if (Array.isArray(value)) return value.map(readable);
  if (typeof value !== 'object' || value === null) return value;
  const fields = value as Readonly<Record<string, unknown>>;
  const secret = fields[SIGNATURE] === SECRET || (fields[SIGNATURE] === OUTPUT_VALUE && fields['secret'] === true);
  if (secret) return { secret: readable(fields['value']) };
  if (fields[SIGNATURE] === OUTPUT_VALUE) return 'value' in fields ? readable(fields['value']) : UNKNOWN;
  return Object.fromEntries(Object.entries(fields).map(([name, child]) => [name, readable(child)]));
}
