// The package.json that is published, made from the repository's own: there sources are run as they are, here they are compiled.
import type { RootManifest } from './root-manifest.ts';

/** Where the program is in the package. `.mjs`, because the package is CommonJS and the program is not. */
export const PROGRAM = 'bin/mcpworkflow.mjs';

const AS_IT_IS = [
  'name',
  'version',
  'description',
  'keywords',
  'homepage',
  'bugs',
  'repository',
  'license',
  'engines',
  'publishConfig',
  'dependencies',
  'peerDependencies',
  'peerDependenciesMeta',
] as const;

const SOURCE = /^\.\/(lib\/.*)\.ts$/;

interface EntryPoint {
  readonly types: string;
  readonly default: string;
}

/** A source becomes what it is compiled to; anything else is published as it is. */
function published(path: string): EntryPoint | string {
  const stem = SOURCE.exec(path)?.[1];
  return stem === undefined ? path : { types: `./${stem}.d.ts`, default: `./${stem}.js` };
}

/** For resolvers that know no `exports`, such as that of a stock cdk8s project. */
function typesVersions(exports: RootManifest['exports']): Record<string, readonly string[]> {
  return Object.fromEntries(
    Object.entries(exports).flatMap(([name, path]) => {
      const stem = SOURCE.exec(path)?.[1];
      return name === '.' || stem === undefined ? [] : [[name.slice(2), [`${stem}.d.ts`]]];
    }),
  );
}

/** The published package.json, as an object. Throws when the repository's has no entry point `.`. */
export function publishedManifest(root: RootManifest): Record<string, unknown> {
  const main = published(root.exports['.'] ?? '');
  if (typeof main === 'string')
    throw new Error(`package.json: exports["."] must be a source below ./lib, and is ${JSON.stringify(main)}`);
  return {
    ...Object.fromEntries(AS_IT_IS.filter((member) => member in root).map((member) => [member, root[member]])),
    type: 'commonjs',
    sideEffects: false,
    main: main.default,
    types: main.types,
    exports: Object.fromEntries(Object.entries(root.exports).map(([name, path]) => [name, published(path)])),
    typesVersions: { '*': typesVersions(root.exports) },
    bin: { mcpworkflow: PROGRAM },
    files: ['bin', 'crds', 'lib', 'CHANGELOG.md'],
  };
}
