// Every compiler that a user may have, and every way to find a package that it knows.
import { writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { execute } from './execute.ts';
import type { Project } from './projects.ts';

/** One compiler, set in one way. */
export interface Compiler {
  readonly name: string;
  /** The npm package that it is in here. */
  readonly package: 'typescript-5' | 'typescript' | 'typescript-7';
  /** Beside what the project itself says. */
  readonly options: Readonly<Record<string, unknown>>;
}

const RESOLUTIONS = {
  nodenext: { module: 'NodeNext', moduleResolution: 'NodeNext' },
  bundler: { module: 'ESNext', moduleResolution: 'Bundler' },
  commonjs: { module: 'CommonJS', moduleResolution: 'Bundler' },
} as const;

const since6 = (name: string, from: Compiler['package']): readonly Compiler[] =>
  Object.entries(RESOLUTIONS).map(([way, options]) => ({
    name: `${name}, ${way}`,
    package: from,
    options,
  }));

/** TypeScript 5 finds packages for CommonJS in the way of Node 10, which its successors no longer know. */
export const COMPILERS: readonly Compiler[] = [
  {
    name: 'TypeScript 5.9, node10',
    package: 'typescript-5',
    options: { module: 'CommonJS', moduleResolution: 'Node10' },
  },
  { name: 'TypeScript 5.9, nodenext', package: 'typescript-5', options: RESOLUTIONS.nodenext },
  { name: 'TypeScript 5.9, bundler', package: 'typescript-5', options: RESOLUTIONS.bundler },
  ...since6('TypeScript 6', 'typescript'),
  ...since6('TypeScript 7', 'typescript-7'),
];

const require = createRequire(import.meta.url);
const tsc = (name: Compiler['package']) => join(require.resolve(`${name}/package.json`), '../bin/tsc');

/** Checks the project with this compiler, and writes nothing. Rejects with what the compiler says. */
export async function checkWith(
  { package: name, options }: Compiler,
  { types, since6 = {} }: Pick<Project, 'types' | 'since6'>,
  folder: string,
): Promise<void> {
  const file = `tsconfig.${name}.${String(options['moduleResolution'])}.${String(options['module'])}.json`;
  const compilerOptions = { types, ...options, ...(name !== 'typescript-5' && since6), noEmit: true };
  writeFileSync(join(folder, file), JSON.stringify({ extends: './tsconfig.json', compilerOptions }, null, 2));
  await execute(process.execPath, [tsc(name), '--project', file], folder);
}

/** Compiles the project as it is with TypeScript 5.9, which its tool would have installed. */
export async function compile(folder: string): Promise<void> {
  await execute(process.execPath, [tsc('typescript-5'), '--project', 'tsconfig.json'], folder);
}
