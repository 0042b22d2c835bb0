// What is in the program, as a CycloneDX document: npm's own list, cut down to the packages with code in the bundle. Uncut it
// would name every tool of the repository, and without the tools only zod, for the program's packages are bundled and not installed.
import { execFileSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { ROOT, rootManifest } from './root-manifest.ts';
import type { ThirdParty } from './third-party.ts';

interface Component {
  readonly 'bom-ref': string;
  readonly name: string;
  readonly version: string;
  readonly properties?: unknown;
  readonly [member: string]: unknown;
}

/** The members of npm's document that are read here. */
export interface Sbom {
  readonly metadata: { readonly component: Component; readonly [member: string]: unknown };
  readonly components: readonly Component[];
  readonly dependencies: readonly { readonly ref: string; readonly dependsOn?: readonly string[] }[];
  readonly [member: string]: unknown;
}

const without = (object: Readonly<Record<string, unknown>>, member: string) =>
  Object.fromEntries(Object.entries(object).filter(([name]) => name !== member));

const refOf = ({ name, version }: { readonly name: string; readonly version: string }) => `${name}@${version}`;

/**
 * The document with the bundled packages only, and without the time and the number that would make every one of them another.
 * Throws when npm does not know a package that is in the bundle.
 */
export function bundledSbom(npm: Sbom, bundled: readonly ThirdParty[]): Sbom {
  const wanted = new Set(bundled.map(refOf));
  const components = npm.components.filter((component) => wanted.has(refOf(component)));
  const known = new Set(components.map(refOf));
  const missing = [...wanted].filter((ref) => !known.has(ref));
  if (missing.length > 0)
    throw new Error(`in the bundle, but not in package-lock.json: ${missing.join(', ')}; run npm ci`);
  const { name, version } = rootManifest();
  const self = npm.metadata.component['bom-ref'];
  return {
    ...without(npm, 'serialNumber'),
    metadata: {
      ...without(npm.metadata, 'timestamp'),
      component: { 'bom-ref': self, type: 'application', name, version, purl: `pkg:npm/${refOf({ name, version })}` },
    },
    // Here they are what the program consists of, whatever they are to the repository.
    components: components.map((component) => without(component, 'properties') as unknown as Component),
    dependencies: npm.dependencies
      .filter(({ ref }) => ref === self || wanted.has(ref))
      .map(({ ref, dependsOn = [] }) => ({ ref, dependsOn: dependsOn.filter((each) => wanted.has(each)) })),
  };
}

/** Writes it to where the image takes it from. It asks npm, without a network; throws when npm cannot read the lock file. */
export function writeSbom(bundled: readonly ThirdParty[]): void {
  const json = execFileSync('npm', ['sbom', '--package-lock-only', '--sbom-format', 'cyclonedx'], {
    cwd: ROOT,
    encoding: 'utf8',
    maxBuffer: 64 * 2 ** 20,
  });
  const folder = join(ROOT, 'build/image');
  mkdirSync(folder, { recursive: true });
  const sbom = bundledSbom(JSON.parse(json) as Sbom, bundled);
  writeFileSync(join(folder, 'sbom.cdx.json'), `${JSON.stringify(sbom, null, 2)}\n`);
}
