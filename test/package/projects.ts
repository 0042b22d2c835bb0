// The projects of users: what each has in its package.json and tsconfig.json, as its own tool makes them, and what it writes.
import { copyFileSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { rootManifest } from '../../scripts/build/root-manifest.ts';
import { execute } from './execute.ts';
import type { Packed } from './packed.ts';

/** A project of a user. */
export interface Project {
  readonly name: 'plain' | 'cdk8s' | 'pulumi';
  /** Its source, beside `projects/<name>/`. */
  readonly source: string;
  readonly manifest: Readonly<Record<string, unknown>>;
  /** Its compilerOptions. */
  readonly compiler: Readonly<Record<string, unknown>>;
  /** What newer compilers have to be told that TypeScript 5 found by itself. */
  readonly types: readonly string[];
  /** What its owner has to change for TypeScript 6. */
  readonly since6?: Readonly<Record<string, unknown>>;
}

const tools = () => rootManifest()['devDependencies'] as Readonly<Record<string, string>>;
/** In the versions that the repository has, so that nothing changes here that did not change there. */
const installed = (...names: readonly string[]) => Object.fromEntries(names.map((name) => [name, tools()[name]]));

/** All of them. */
export const projects = (): readonly Project[] => [
  {
    // Nothing but the package: no types of Node, no toolkit, and it is a module. What the root exports needs the declarations of
    // zod, and these `esModuleInterop`, which the modules of Node imply.
    name: 'plain',
    source: 'index.ts',
    manifest: { type: 'module' },
    types: [],
    compiler: {
      strict: true,
      target: 'ES2022',
      module: 'NodeNext',
      moduleResolution: 'NodeNext',
      types: [],
      esModuleInterop: true,
    },
  },
  {
    // As `cdk8s init typescript-app` makes it, without its test runner.
    name: 'cdk8s',
    source: 'main.ts',
    types: ['node'],
    // Its own types of Node want more than its `es2016` there, with this package or without.
    since6: { lib: ['ES2022'] },
    manifest: {
      main: 'main.js',
      dependencies: installed('cdk8s', 'cdk8s-plus-33', 'constructs'),
      devDependencies: { '@types/node': '14.18.63' },
    },
    compiler: {
      alwaysStrict: true,
      declaration: true,
      experimentalDecorators: true,
      inlineSourceMap: true,
      inlineSources: true,
      lib: ['es2016'],
      module: 'CommonJS',
      noEmitOnError: true,
      noFallthroughCasesInSwitch: true,
      noImplicitAny: true,
      noImplicitReturns: true,
      noImplicitThis: true,
      noUnusedLocals: true,
      noUnusedParameters: true,
      resolveJsonModule: true,
      strict: true,
      strictNullChecks: true,
      strictPropertyInitialization: true,
      stripInternal: true,
      target: 'ES2017',
    },
  },
  {
    // As `pulumi new kubernetes-typescript` makes it.
    name: 'pulumi',
    source: 'index.ts',
    types: ['node'],
    manifest: {
      main: 'index.ts',
      dependencies: installed('@pulumi/kubernetes', '@pulumi/pulumi'),
      devDependencies: { '@types/node': '18.19.130' },
    },
    compiler: {
      strict: true,
      target: 'es2020',
      module: 'commonjs',
      moduleResolution: 'node',
      sourceMap: true,
      experimentalDecorators: true,
      pretty: true,
      noFallthroughCasesInSwitch: true,
      noImplicitReturns: true,
      forceConsistentCasingInFileNames: true,
    },
  },
];

/** Makes the project in a folder of its own below `parent`, installs what it asks for and the package, and gives the folder. */
export async function makeProject(project: Project, packed: Packed, parent: string): Promise<string> {
  const folder = join(parent, project.name);
  mkdirSync(folder, { recursive: true });
  const manifest = { name: `user-${project.name}`, version: '1.0.0', private: true, ...project.manifest };
  writeFileSync(join(folder, 'package.json'), JSON.stringify(manifest, null, 2));
  writeFileSync(
    join(folder, 'tsconfig.json'),
    JSON.stringify({ compilerOptions: project.compiler, files: [project.source] }, null, 2),
  );
  copyFileSync(join(import.meta.dirname, 'projects', project.name, project.source), join(folder, project.source));
  await install(folder, packed.tarball);
  return folder;
}

/** No scripts: the package has none, and those of toolkits download things. */
export const install = (folder: string, ...what: readonly string[]) =>
  execute('npm', ['install', ...['--prefer-offline', '--ignore-scripts', '--no-audit', '--no-fund'], ...what], folder);
