// Whether what was compiled also runs, as CommonJS and as a module.
import { strict as assert } from 'node:assert';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Checks } from './checks.ts';
import { execute } from './execute.ts';
import type { Project } from './projects.ts';

/** A program of one of the projects, and what it has to print. */
interface Program {
  readonly sentence: string;
  /** Its extension says what kind of module it is. */
  readonly file: string;
  readonly text: string;
  readonly expected: RegExp;
}

const PROGRAMS: Readonly<Record<Project['name'], readonly Program[]>> = {
  plain: [
    {
      sentence: 'a module may import the package, and is told what is wrong with a workflow',
      file: 'run.mjs',
      text: "import { answers, crd } from './index.js';\nconsole.log(crd.kind, ...answers.map(({ ok }) => ok));",
      expected: /^CustomResourceDefinition true false\n$/,
    },
    {
      sentence: 'a CommonJS file may require the package, and find the CRD as a file',
      file: 'run.cjs',
      text: [
        "const { KIND } = require('mcpworkflow');",
        "const file = require.resolve('mcpworkflow/crds/mcpworkflows.ai.example.com.yaml');",
        "console.log(KIND, require('node:fs').readFileSync(file, 'utf8').includes('kind: CustomResourceDefinition'));",
      ].join('\n'),
      expected: /^MCPWorkflow true\n$/,
    },
  ],
  cdk8s: [],
  pulumi: [],
};

/** Runs the programs of a project that is compiled. */
export async function checkRuns(checks: Checks, project: Project['name'], folder: string): Promise<void> {
  for (const { sentence, file, text, expected } of PROGRAMS[project]) {
    await checks.check(sentence, async () => {
      writeFileSync(join(folder, file), text);
      assert.match((await execute(process.execPath, [file], folder)).stdout, expected);
    });
  }
}
