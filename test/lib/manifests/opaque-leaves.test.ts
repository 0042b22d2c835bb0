// What a front end knows only later comes out as it went in: nobody looks into it, joins it to a text or copies it.
import { describe, expect, it } from '@jest/globals';
import type { PlatformOptions } from '../../../lib/manifests/platform-options.ts';
import { platformManifests } from '../../../lib/manifests/platform.ts';
import { FULL_OPTIONS, membersOf } from './manifest-members.ts';

class Later {}

/** A value of the future: to ask it for anything at all is an error, as is to list what is in it. */
function later(path: string): unknown {
  const looked = () => {
    throw new Error(`${path} was looked into`);
  };
  return new Proxy(new Later(), { get: looked, has: looked, ownKeys: looked, getOwnPropertyDescriptor: looked });
}

/** What decides about structure, or is a name that others are made of. Everything else in FULL_OPTIONS is a leaf. */
const STRUCTURE = [
  /^createNamespace$/,
  /^providers\.\d+\.name$/,
  /^gateway\.(insecureNoAuth|drainLimit)$/,
  /^networkPolicy\.enabled$/,
  /^monitoring\.(serviceMonitor|prometheusRule|runbookURL)$/,
];

/** Goes only into the catalog's text, which a front end computes when it knows the values. */
const CATALOG = /^providers\.\d+\.(protocol|baseURL|(models|reasoning)\.\d+|canary\.\w+|auth\.header)$/;

/** Whole objects that are passed on as they are. */
const WHOLE = [
  /^(operator|gateway)\.(nodeSelector|tolerations|podAnnotations)$/,
  /^(operator|gateway)\.resources\.(requests|limits)$/,
  /^gateway\.serviceAnnotations$/,
  /^networkPolicy\.(callers|scrapers|egress\.apiServer|egress\.to\.\d+)$/,
];

const isScalar = (value: unknown) => typeof value !== 'object' || value === null;
const some = (patterns: readonly RegExp[], path: string) => patterns.some((pattern) => pattern.test(path));
/** Labels have dots in their names, so paths are made of the whole key. */
const placed = (value: unknown) => membersOf(value).filter(([path, each]) => isScalar(each) || some(WHOLE, path));

/** The options with one member exchanged. */
function exchange(value: unknown, path: string, by: unknown, at = ''): unknown {
  if (at === path) return by;
  if (typeof value !== 'object' || value === null) return value;
  const below = (key: string) => (at === '' ? key : `${at}.${key}`);
  if (Array.isArray(value)) return value.map((each: unknown, index) => exchange(each, path, by, below(String(index))));
  return Object.fromEntries(Object.entries(value).map(([key, each]) => [key, exchange(each, path, by, below(key))]));
}

const leaves = placed(FULL_OPTIONS)
  .map(([path]) => path)
  .filter((path) => !some(STRUCTURE, path));

/** Finds a value by identity, without asking it anything. */
function contains(haystack: unknown, needle: unknown): boolean {
  if (haystack === needle) return true;
  if (typeof haystack !== 'object' || haystack === null) return false;
  return Object.values(haystack).some((each) => contains(each, needle));
}

describe('leaves that are known only later', () => {
  it.each(leaves.filter((path) => !CATALOG.test(path)))('%s comes out as it went in', (path) => {
    const token = later(path);
    const options = exchange(FULL_OPTIONS, path, token) as PlatformOptions;
    const made = platformManifests(options, { catalogText: 'known' });
    expect(contains(made, token)).toBe(true);
  });

  it.each(leaves.filter((path) => CATALOG.test(path)))('%s is not looked into where the text is given', (path) => {
    const options = exchange(FULL_OPTIONS, path, later(path)) as PlatformOptions;
    expect(() => platformManifests(options, { catalogText: 'known' })).not.toThrow();
  });

  it('the text of the catalog itself may be known only later', () => {
    const token = later('catalogText');
    const made = platformManifests({}, { catalogText: token as string });
    expect(contains(made['provider-catalog'], token)).toBe(true);
  });

  it.each(
    placed(FULL_OPTIONS)
      .map(([path]) => path)
      .filter((path) => some(STRUCTURE, path)),
  )('%s has to be known now, and the error says so', (path) => {
    const options = exchange(FULL_OPTIONS, path, later(path)) as PlatformOptions;
    const field = path.replace(/\.(\d+)\./, '[$1].');
    expect(() => platformManifests(options, { catalogText: 'known' })).toThrow(`${field}: must be`);
    expect(() => platformManifests(options, { catalogText: 'known' })).toThrow('known now, got a value that is known');
  });

  it('names of cluster-wide objects have no suffix where the namespace is not known', () => {
    const made = platformManifests({ namespace: later('namespace') as string });
    expect(made['operator-cluster-role']?.metadata.name).toBe('mcpworkflow-operator');
  });

  it('Roles for Secrets of a namespace that is not known are counted', () => {
    const made = platformManifests({ workflowSecrets: [{ namespace: later('n') as string, secrets: ['s'] }] });
    expect(Object.keys(made)).toContain('workflow-secrets-role-0');
  });
});
