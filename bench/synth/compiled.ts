// The library as it is published: compiled to CommonJS, file by file.
import { globSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import ts from 'typescript';

/** Compiles `lib` of the repository at `root` into `folder`, and returns where the entry of cdk8s is. */
export function compileLibrary(root: string, folder: string): string {
  for (const file of globSync('lib/**/*.ts', { cwd: root })) {
    const { outputText } = ts.transpileModule(readFileSync(join(root, file), 'utf8'), {
      compilerOptions: {
        module: ts.ModuleKind.CommonJS,
        target: ts.ScriptTarget.ES2022,
        esModuleInterop: true,
        rewriteRelativeImportExtensions: true,
      },
    });
    const out = join(folder, file.replace(/\.ts$/, '.js'));
    mkdirSync(dirname(out), { recursive: true });
    writeFileSync(out, outputText);
  }
  writeFileSync(join(folder, 'package.json'), '{"type":"commonjs"}');
  symlinkSync(join(root, 'node_modules'), join(folder, 'node_modules'));
  return join(folder, 'lib/cdk8s/index.js');
}
