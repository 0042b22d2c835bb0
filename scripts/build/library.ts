// Compiles lib/ to what is published: CommonJS and declarations, because the projects that use cdk8s and Pulumi are CommonJS, and
// Node strips no types inside node_modules.
import { execFileSync } from 'node:child_process';
import { globSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { transformSync } from '@swc/core';
import { ROOT } from './root-manifest.ts';

/** A relative import, which names a source; what is published has other names. */
const SOURCE_IMPORT = /((?:from|import)\s*\(?\s*')(\.{1,2}\/[^']*)\.ts'/g;

/** The text of a declaration whose imports name what is published. */
export function publishedImports(declaration: string): string {
  return declaration.replace(SOURCE_IMPORT, "$1$2.js'");
}

const MODULE = /\bfrom '([^']+)'/g;

/**
 * One source as CommonJS whose imports are made when something of them is used first: a program that imports a construct pays
 * neither for the schema nor for the other constructs until it makes one.
 */
export function lazyCommonJs(source: string, filename: string): string {
  const code = source.replace(SOURCE_IMPORT, "$1$2.js'");
  return transformSync(code, {
    filename,
    swcrc: false,
    configFile: false,
    jsc: { parser: { syntax: 'typescript' }, target: 'es2022' },
    module: {
      type: 'commonjs',
      importInterop: 'none',
      lazy: Array.from(code.matchAll(MODULE), ([, name = '']) => name),
      // So that ES modules see the names of what they import.
      exportInteropAnnotation: true,
    },
  }).code;
}

/** Compiles every source of `lib` into a folder, without a look at types. */
export function compileSources(lib: string): void {
  for (const name of globSync('**/*.ts', { cwd: join(ROOT, 'lib') })) {
    const out = join(lib, name.replace(/\.ts$/, '.js'));
    mkdirSync(dirname(out), { recursive: true });
    writeFileSync(out, lazyCommonJs(readFileSync(join(ROOT, 'lib', name), 'utf8'), name));
  }
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
  compileSources(lib);
}
