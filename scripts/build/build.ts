// `npm run build`: makes build/package, the folder that is published: the library compiled, the program bundled, the CRD, and a
// package.json that says so. The image is made from it too, and from build/image: the list of what is in the program.
import { chmodSync, cpSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { compileLibrary } from './library.ts';
import { bundleProgram } from './program.ts';
import { PROGRAM, publishedManifest } from './published-manifest.ts';
import { PACKAGE, ROOT, rootManifest } from './root-manifest.ts';
import { writeSbom } from './sbom.ts';
import { noticesText, thirdParties } from './third-party.ts';
import type { ThirdParty } from './third-party.ts';

const AS_IT_IS = ['README.md', 'CHANGELOG.md', 'LICENSE', 'crds'];

/** Makes the package anew, and says whose code is in the program. Throws when a part of it cannot be made. */
export async function buildPackage(folder: string = PACKAGE): Promise<readonly ThirdParty[]> {
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  const manifest = publishedManifest(rootManifest());
  writeFileSync(join(folder, 'package.json'), `${JSON.stringify(manifest, null, 2)}\n`);
  for (const name of AS_IT_IS) cpSync(join(ROOT, name), join(folder, name), { recursive: true });
  compileLibrary(folder);
  const metafile = await bundleProgram(folder);
  chmodSync(join(folder, PROGRAM), 0o755);
  const bundled = thirdParties(metafile);
  writeFileSync(join(folder, 'bin/THIRD-PARTY.txt'), noticesText(bundled));
  return bundled;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const startedAt = performance.now();
  writeSbom(await buildPackage());
  console.log(`build/package made in ${((performance.now() - startedAt) / 1000).toFixed(1)} s`);
}
