// The provider catalog as the text of the mounted file. It is computed from values, so a front end whose values are known
// only later calls this when they are.
import { parseCatalog } from '../api/parse.ts';
import { FILES } from './names.ts';
import { PlatformOptionsError } from './options-error.ts';
import type { ProviderOptions } from './platform-options.ts';

/** Where the key of a provider is mounted. Each has a file of its own, though several may be in one Secret. */
export const keyFileOf = (provider: Pick<ProviderOptions, 'name'>): string => `${FILES.keyFolder}/${provider.name}`;

/** The provider as the catalog has it: a key is a file there. What was not said is left to the catalog's own defaults. */
function entryOf(provider: ProviderOptions): Readonly<Record<string, unknown>> {
  const { name, protocol, baseURL, models, auth, reasoning, canary } = provider;
  return withoutUndefined({
    name,
    protocol,
    baseURL,
    models,
    auth: auth && withoutUndefined({ file: keyFileOf(provider), header: auth.header }),
    reasoning,
    canary: canary && withoutUndefined({ ...canary }),
  });
}

const withoutUndefined = (fields: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> =>
  Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined));

/**
 * The catalog file (YAML) of these providers. Throws a PlatformOptionsError that names every field the catalog's own schema
 * refuses.
 */
export function catalogText(providers: readonly ProviderOptions[]): string {
  const entries = providers.map(entryOf);
  const parsed = parseCatalog({ providers: entries });
  if (!parsed.ok) throw new PlatformOptionsError(parsed.errors);
  if (entries.length === 0) return 'providers: []\n';
  // A line for each field, its value as JSON, which is YAML.
  const lines = entries.flatMap((entry) =>
    Object.entries(entry).map(([field, value], index) => `  ${index === 0 ? '-' : ' '} ${field}: ${flow(value)}`),
  );
  return `providers:\n${lines.join('\n')}\n`;
}

/** JSON with a space after colons and commas, as people write it in YAML. */
function flow(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(flow).join(', ')}]`;
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  const members = Object.entries(value).map(([field, member]) => `${field}: ${flow(member)}`);
  return `{ ${members.join(', ')} }`;
}
