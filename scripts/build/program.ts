// Bundles operator/main.ts into the one file that the image runs and that the package's `bin` is.
import { join } from 'node:path';
import { readFileSync, writeFileSync } from 'node:fs';
import { build } from 'esbuild';
import type { Metafile } from 'esbuild';
import { kubeconfigOnly } from './client-node.ts';
import { PROGRAM } from './published-manifest.ts';
import { ROOT } from './root-manifest.ts';

/** Packages that are CommonJS ask for Node's own modules with `require`, which a module does not have. */
const BANNER = [
  '#!/usr/bin/env node',
  "import { createRequire as createRequireOfBundle } from 'node:module';",
  'const require = createRequireOfBundle(import.meta.url);',
].join('\n');

/** Paths in a source map are relative to the map; what a reader wants is where the file is in the repository, or in a package. */
export function repositoryPath(path: string): string {
  const dependency = path.lastIndexOf('node_modules/');
  return dependency < 0 ? path.replace(/^(\.\.\/)+/, '') : path.slice(dependency);
}

function tidySourceMap(path: string): void {
  const map = JSON.parse(readFileSync(path, 'utf8')) as { sources: readonly string[] };
  writeFileSync(path, JSON.stringify({ ...map, sources: map.sources.map(repositoryPath) }));
}

/**
 * Writes the program and its source map into the package, and says what went into it. Names stay readable, so that a stack
 * trace says where it is without the map: `node --enable-source-maps` costs a hundred megabytes at the first error.
 */
export async function bundleProgram(packageFolder: string): Promise<Metafile> {
  const outfile = join(packageFolder, PROGRAM);
  const { metafile } = await build({
    absWorkingDir: ROOT,
    entryPoints: ['operator/main.ts'],
    outfile,
    bundle: true,
    platform: 'node',
    format: 'esm',
    target: 'node22.19',
    banner: { js: BANNER },
    plugins: [kubeconfigOnly()],
    // The same bytes wherever node_modules really is.
    preserveSymlinks: true,
    sourcemap: 'linked',
    sourcesContent: false,
    // THIRD-PARTY.txt has them all.
    legalComments: 'none',
    metafile: true,
    logLevel: 'warning',
  });
  tidySourceMap(`${outfile}.map`);
  return metafile;
}
