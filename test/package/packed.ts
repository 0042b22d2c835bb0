// The package as npm would publish it.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { buildPackage } from '../../scripts/build/build.ts';
import { PACKAGE } from '../../scripts/build/root-manifest.ts';
import { execute } from './execute.ts';

/** A tarball and what is in it. */
export interface Packed {
  readonly tarball: string;
  /** Sorted paths. */
  readonly files: readonly string[];
  /** What npm says that it takes on a disk, in bytes. */
  readonly unpackedSize: number;
}

interface PackReport {
  readonly filename: string;
  readonly unpackedSize: number;
  readonly files: readonly { readonly path: string }[];
}

/** Builds the package and packs it into a folder. */
export async function pack(folder: string): Promise<Packed> {
  await buildPackage();
  const { stdout } = await execute('npm', ['pack', '--json', '--pack-destination', folder], PACKAGE);
  const [report] = JSON.parse(stdout) as readonly PackReport[];
  if (!report) throw new Error(`npm pack told nothing: ${stdout}`);
  const { filename, unpackedSize, files } = report;
  return { tarball: join(folder, filename), files: files.map(({ path }) => path).sort(), unpackedSize };
}

/** Files of the package that are text, with their text. */
export const textsOf = ({ files }: Packed): readonly (readonly [path: string, text: string])[] =>
  files.map((path) => [path, readFileSync(join(PACKAGE, path), 'utf8')]);
