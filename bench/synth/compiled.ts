// The library as it is published, in a folder from which it finds the packages of the repository.
import { symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { compileSources } from '../../scripts/build/library.ts';

/** Compiles `lib` of the repository at `root` into `folder`, and returns where the entry of cdk8s is. */
export function compileLibrary(root: string, folder: string): string {
  compileSources(join(folder, 'lib'));
  writeFileSync(join(folder, 'package.json'), '{"type":"commonjs"}');
  symlinkSync(join(root, 'node_modules'), join(folder, 'node_modules'));
  return join(folder, 'lib/cdk8s/index.js');
}
