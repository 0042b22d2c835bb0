// Whose code is in the bundle, and under which licence. Read from what the bundler says it took, so that nobody is forgotten.
import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Metafile } from 'esbuild';
import { ROOT } from './root-manifest.ts';

/** A package with code in the bundle. */
export interface ThirdParty {
  readonly name: string;
  readonly version: string;
  /** As its package.json says it, an SPDX expression. */
  readonly license: string;
  /** Every licence and notice that it brings. */
  readonly texts: readonly string[];
}

/** Licences that allow what we do, with a notice. One that is missing here is read by a person before it is added. */
const ALLOWED: ReadonlySet<string> = new Set([
  '0BSD',
  'Apache-2.0',
  'BSD-2-Clause',
  'BSD-3-Clause',
  'BlueOak-1.0.0',
  'ISC',
  'MIT',
  'Python-2.0',
]);

/** Whether an SPDX expression lets us choose a licence that is allowed. */
export function isAllowed(expression: string): boolean {
  const choices = expression.replace(/^\(|\)$/g, '').split(' OR ');
  return choices.some((choice) => choice.split(' AND ').every((each) => ALLOWED.has(each.trim())));
}

const PACKAGE_FOLDER = /^(?:.*\/)?node_modules\/(?:@[^/]+\/)?[^/]+/;

/** The folders of the packages that code was taken from, sorted. */
export function bundledFolders(metafile: Metafile): readonly string[] {
  const inputs = Object.values(metafile.outputs).flatMap((output) =>
    Object.entries(output.inputs).filter(([, { bytesInOutput }]) => bytesInOutput > 0),
  );
  // The plugin's own files have a namespace; what they import is among the inputs too.
  const folders = inputs.flatMap(([path]) => PACKAGE_FOLDER.exec(path)?.[0] ?? []);
  return [...new Set(folders)].sort();
}

function thirdParty(root: string, folder: string): ThirdParty {
  const manifest = JSON.parse(readFileSync(join(root, folder, 'package.json'), 'utf8')) as Record<string, string>;
  const texts = globSync('{LICENSE,LICENCE,NOTICE,license,licence}*', { cwd: join(root, folder) })
    .sort()
    .map((file) =>
      readFileSync(join(root, folder, file), 'utf8')
        .replaceAll('\r\n', '\n')
        .trim(),
    );
  const { name = folder, version = '', license = '' } = manifest;
  return { name, version, license, texts: [...new Set(texts)] };
}

/** Everybody with code in the bundle. Throws when a licence is not one that is known to be allowed. */
export function thirdParties(metafile: Metafile, root: string = ROOT): readonly ThirdParty[] {
  const all = bundledFolders(metafile).map((folder) => thirdParty(root, folder));
  const unknown = all.filter(({ license }) => !isAllowed(license));
  if (unknown.length > 0) {
    const names = unknown.map(({ name, version, license }) => `${name} ${version} (${license || 'none'})`);
    throw new Error(
      `licences that nobody has allowed yet: ${names.join(', ')}; read them, then add them to scripts/build/third-party.ts or ` +
        'do without the package',
    );
  }
  return all;
}

const RULE = '-'.repeat(78);

/** The notices, for people. Texts that are the same word for word are there once, below all who brought them. */
export function noticesText(all: readonly ThirdParty[]): string {
  const byText = new Map<string, ThirdParty[]>();
  for (const each of all) {
    const text = each.texts.join(`\n\n`) || `${each.license}; the package brings no text of it.`;
    byText.set(text, [...(byText.get(text) ?? []), each]);
  }
  const sections = [...byText].map(([text, packages]) => {
    const names = packages.map(({ name, version, license }) => `${name} ${version} (${license})`);
    return `${RULE}\n${names.join('\n')}\n\n${text}\n`;
  });
  return `bin/mcpworkflow.mjs contains code of these packages, under these licences.\n\n${sections.join('\n')}`;
}
