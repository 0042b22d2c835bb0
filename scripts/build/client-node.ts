// Of the Kubernetes client the program needs the reading of a kubeconfig. Its index also names every call of the Kubernetes API,
// which makes sixteen of twenty-two megabytes, and no bundler can tell that nobody calls them.
import { join } from 'node:path';
import type { Plugin } from 'esbuild';
import { ROOT } from './root-manifest.ts';

const NAMESPACE = 'client-node';

interface Cut {
  /** What is imported. */
  readonly filter: RegExp;
  readonly name: string;
  /** Relative to the `dist` of the client. */
  readonly folder: string;
  /** What it is instead. An import of anything else fails the build. */
  readonly contents: string;
}

const CUTS: readonly Cut[] = [
  {
    filter: /^@kubernetes\/client-node$/,
    name: 'client',
    folder: '.',
    contents: "export { KubeConfig } from './config.js';",
  },
  {
    // As the client's own config.js says it.
    filter: /^\.\/gen\/index\.js$/,
    name: 'gen',
    folder: 'gen',
    contents: [
      "export { createConfiguration } from './configuration.js';",
      "export { ServerConfiguration } from './servers.js';",
    ].join('\n'),
  },
];

/** Leaves everything of the client but KubeConfig out of the bundle. */
export function kubeconfigOnly(): Plugin {
  // Not resolved: behind a symbolic link that would be another path than the bundler's, and every dependency be there twice.
  const dist = join(ROOT, 'node_modules/@kubernetes/client-node/dist');
  return {
    name: 'kubeconfig-only',
    setup(build) {
      for (const { filter, name, folder, contents } of CUTS) {
        build.onResolve({ filter }, () => ({ path: name, namespace: NAMESPACE }));
        build.onLoad({ filter: new RegExp(`^${name}$`), namespace: NAMESPACE }, () => ({
          contents,
          resolveDir: join(dist, folder),
        }));
      }
    },
  };
}
