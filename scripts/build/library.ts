// Compiles lib/ to what is published: CommonJS and declarations, because the projects that use cdk8s and Pulumi are CommonJS, and
// Node strips no types inside node_modules.
import { execFileSync } from 'node:child_process';
import { globSync, readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { ROOT } from './root-manifest.ts';

/** A relative import in a declaration: the compiler renames those of the code, and leaves these as they are in the source. */
const SOURCE_IMPORT = /((?:from|import)\s*\(?\s*')(\.{1,2}\/[^']*)\.ts'/g;

/** The text of a declaration whose imports name what is published. */
export function publishedImports(declaration: string): string {
  return declaration.replace(SOURCE_IMPORT, "$1$2.js'");
}

/** Writes `lib` into the package. Throws when something does not compile; the compiler has then said what. */
export function compileLibrary(packageFolder: string): void {
  const tsc = createRequire(import.meta.url).resolve('typescript/bin/tsc');
  const lib = join(packageFolder, 'lib');
  execFileSync(process.execPath, [tsc, '--project', join(ROOT, 'tsconfig.lib.json'), '--outDir', lib], {
    stdio: ['ignore', 'inherit', 'inherit'],
  });
  for (const name of globSync('**/*.d.ts', { cwd: lib })) {
    const path = join(lib, name);
    writeFileSync(path, publishedImports(readFileSync(path, 'utf8')));
  }
}
