// What the package is expected to be, as files that a reviewer sees change: which files it has, and what it promises.
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { apiReports } from '../../scripts/build/api-report.ts';
import { ROOT } from '../../scripts/build/root-manifest.ts';
import type { Packed } from './packed.ts';

/** A file of the repository, and the text that it is expected to have. */
export interface Accepted {
  /** Relative to the repository. */
  readonly path: string;
  readonly text: string;
}

/** What they would be for the package that was packed last. */
export const accepted = ({ files }: Packed): readonly Accepted[] => [
  { path: 'test/package/files.txt', text: `${files.join('\n')}\n` },
  ...apiReports(),
];

/** Throws when the file is not so, and names the first line that differs. */
export function expectAccepted({ path, text }: Accepted): void {
  const present = readFileSync(join(ROOT, path), 'utf8').split('\n');
  const wanted = text.split('\n');
  const at = Array.from({ length: Math.max(present.length, wanted.length) }).findIndex(
    (_, index) => present[index] !== wanted[index],
  );
  if (at < 0) return;
  const [was = 'the end', is = 'the end'] = [present[at], wanted[at]];
  throw new Error(
    `${path}:${at + 1} is\n  ${was}\nand the package has\n  ${is}\nIf that is meant: npm run package:accept, and say it in CHANGELOG.md`,
  );
}

/** Writes them all. */
export function writeAccepted(all: readonly Accepted[]): void {
  for (const { path, text } of all) {
    mkdirSync(dirname(join(ROOT, path)), { recursive: true });
    writeFileSync(join(ROOT, path), text);
    console.log(`wrote ${path}`);
  }
}
