// Property values as the engine sends them: plain JSON in which a secret is an object with a signature, and a value that
// nobody knows yet is one of a few well-known strings (sdk/go/common/resource/plugin/rpc.go of Pulumi).

/** A JSON object, on the wire or off it. */
export type Properties = Readonly<Record<string, unknown>>;

const SIGNATURE = '4dabf18193072939515e22adb298388d';
const SECRET = '1b47061264138c4ac30d75fd1eb44270';

/** What stands for a string, boolean, number, array, asset, archive or object that only an `up` can know. */
const UNKNOWN: ReadonlySet<unknown> = new Set([
  '04da6b54-80e4-46f7-96ec-b56ff0331ba9',
  '1c4a061d-8072-4f0a-a4cb-0ff528b18fe7',
  '3eeb2bf0-c639-47a8-9e75-3b44932eb421',
  '6a19a0b0-7e62-4c92-b797-7f8e31da9cc2',
  '030794c1-ac77-496b-92df-f27374a8bd58',
  'e48ece36-62e2-4504-bad9-02848725956a',
  'dd056dcd-154b-4c76-9bd3-c8f88648b5ff',
]);

/** Whether a value is a JSON object. */
export const isObject = (value: unknown): value is Properties =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const isSecret = (value: unknown): value is { readonly value: unknown } =>
  isObject(value) && value[SIGNATURE] === SECRET;

const children = (value: unknown): readonly unknown[] =>
  Array.isArray(value) ? value : isObject(value) ? Object.values(value) : [];

const mapProperties = (properties: Properties, map: (value: unknown, key: string) => unknown): Properties =>
  Object.fromEntries(Object.entries(properties).map(([key, value]) => [key, map(value, key)]));

/** Marks a value as a secret, so that the engine encrypts it in the state and hides it in what it prints. */
export const secret = (value: unknown): Properties => (isSecret(value) ? value : { [SIGNATURE]: SECRET, value });

/** The value without its marks, as the API server takes it. */
export function plain(value: unknown): unknown {
  if (isSecret(value)) return plain(value.value);
  if (Array.isArray(value)) return value.map(plain);
  return isObject(value) ? plainProperties(value) : value;
}

/** As `plain`, of an object. */
export const plainProperties = (properties: Properties): Properties => mapProperties(properties, plain);

/** Whether any part of a value is not known before an `up`. */
export const hasUnknown = (value: unknown): boolean => UNKNOWN.has(value) || children(value).some(hasUnknown);

const hasSecret = (value: unknown): boolean => isSecret(value) || children(value).some(hasSecret);

/**
 * The plain object with a mark wherever `like` has one. An array of which any part is secret is secret as a whole, because
 * its members may have moved.
 */
export function markSecrets(object: Properties, like: Properties): Properties {
  return mapProperties(object, (value, key) => {
    const model = like[key];
    if (!hasSecret(model)) return value;
    return isObject(value) && isObject(model) && !isSecret(model) ? markSecrets(value, model) : secret(value);
  });
}
