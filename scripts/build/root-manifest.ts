// The package.json of the repository, as far as the build reads it.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

/** What the repository says about itself. Members that the published package takes as they are stay unread. */
export interface RootManifest {
  readonly name: string;
  readonly version: string;
  /** Entry points of the library: TypeScript sources, or files that are published as they are. */
  readonly exports: Readonly<Record<string, string>>;
  readonly [member: string]: unknown;
}

/** The folder that everything else is relative to. */
export const ROOT = join(import.meta.dirname, '../..');

/** Where the package is made. What is in it is what is published. */
export const PACKAGE = join(ROOT, 'build/package');

/** Reads it; throws when there is none. */
export function rootManifest(root: string = ROOT): RootManifest {
  return JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as RootManifest;
}
