// `npm run test:package`: packs what would be published, installs it in the projects of users, and looks whether it works there.
import { strict as assert } from 'node:assert';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { homedir, tmpdir } from 'node:os';
import { join } from 'node:path';
import { formatMessage } from 'publint/utils';
import { publint } from 'publint';
import { PACKAGE, ROOT, rootManifest } from '../../scripts/build/root-manifest.ts';
import { accepted, expectAccepted } from './accepted.ts';
import { Checks } from './checks.ts';
import { checkWith, compile, COMPILERS } from './compilers.ts';
import { execute } from './execute.ts';
import { pack, textsOf } from './packed.ts';
import type { Packed } from './packed.ts';
import { checkDemo, checkProgram } from './program.ts';
import { makeProject, projects } from './projects.ts';
import type { Project } from './projects.ts';
import { checkRuns } from './runs.ts';

/** Compilers at a time. */
const LANES = 2;

const checks = new Checks();
const scratch = mkdtempSync(join(tmpdir(), 'mcpworkflow-package-'));

async function checkPackage(packed: Packed): Promise<void> {
  for (const file of accepted(packed))
    await checks.check(`${file.path} is what the package is`, () => expectAccepted(file));
  await checks.check('nothing in the package names a path of the machine that made it', () => {
    const naming = textsOf(packed).filter(([, text]) => text.includes(ROOT) || text.includes(`${homedir()}/`));
    assert.deepEqual(
      naming.map(([path]) => path),
      [],
    );
  });
  await checks.check('publint has nothing to say', async () => {
    const { messages, pkg } = await publint({ pkgDir: PACKAGE, strict: true });
    assert.deepEqual(
      messages.map((message) => formatMessage(message, pkg)),
      [],
    );
  });
  await checks.check('every way to find the types of an entry point finds the right ones', async () => {
    const attw = join(ROOT, 'node_modules/@arethetypeswrong/cli/dist/index.js');
    await execute(process.execPath, [attw, '--no-emoji', '--no-color', packed.tarball], scratch);
  });
}

/** What was installed, `@scope/name` each. */
const installedIn = (folder: string): readonly string[] =>
  readdirSync(join(folder, 'node_modules'))
    .filter((name) => !name.startsWith('.'))
    .flatMap((name) =>
      name.startsWith('@') ? readdirSync(join(folder, 'node_modules', name)).map((each) => `${name}/${each}`) : [name],
    );

async function checkProject(project: Project, folder: string): Promise<void> {
  await checks.check(`the ${project.name} project compiles as its tool made it`, () => compile(folder));
  // Each lane takes the next that nobody has taken.
  const left = COMPILERS.values();
  const lane = async () => {
    for (const compiler of left)
      await checks.check(`the ${project.name} project compiles with ${compiler.name}`, () =>
        checkWith(compiler, project, folder),
      );
  };
  await Promise.all(Array.from({ length: LANES }, lane));
  await checkRuns(checks, project.name, folder);
}

try {
  const packed = await pack(scratch);
  console.log(`${packed.files.length} files, ${(packed.unpackedSize / 1e6).toFixed(1)} MB unpacked`);
  const known = projects().filter(({ name }) => name === 'plain' || `./${name}` in rootManifest().exports);
  const [plain, ...others] = known;
  if (!plain) throw new Error('there is no project');
  const folder = await makeProject(plain, packed, scratch);
  await checks.check('installing the package brings zod and nothing else', () => {
    assert.deepEqual(installedIn(folder).toSorted(), ['mcpworkflow', 'zod']);
  });
  // It mostly waits, and so do installations.
  const demo = checkDemo(checks, folder);
  const made = others.map((project) => makeProject(project, packed, scratch));
  await Promise.allSettled(made);
  await checkPackage(packed);
  await checkProject(plain, folder);
  await checkProgram(checks, folder, scratch);
  for (const [index, project] of others.entries()) await checkProject(project, (await made[index]) ?? '');
  await demo;
} finally {
  rmSync(scratch, { recursive: true, force: true });
}
checks.end();
