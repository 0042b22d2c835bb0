// Whether what was compiled also runs, as CommonJS and as a module.
import { strict as assert } from 'node:assert';
import { writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import type { Checks } from './checks.ts';
import { execute } from './execute.ts';
import type { Project } from './projects.ts';

/** A program of one of the projects, and what it has to print. */
interface Program {
  readonly sentence: string;
  /** Its extension says what kind of module it is. */
  readonly file: string;
  readonly text: readonly string[];
  readonly expected: RegExp;
}

/** Prints what packages were loaded by requiring one and looking at everything that it exports. */
const loadedBy = (name: string) => [
  `({ ...require('${name}') });`,
  'const at = /node_modules\\/((?:@[^/]+\\/)?[^/]+)/;',
  'console.log([...new Set(Object.keys(require.cache).map((path) => at.exec(path)?.[1]))].filter(Boolean).sort().join());',
];

const PROGRAMS: Readonly<Record<Project['name'], readonly Program[]>> = {
  plain: [
    {
      sentence: 'a module may import the package, and is told what is wrong with a workflow',
      file: 'run.mjs',
      text: ["import { answers, crd } from './index.js';", 'console.log(crd.kind, ...answers.map(({ ok }) => ok));'],
      expected: /^CustomResourceDefinition true false\n$/,
    },
    {
      sentence: 'a CommonJS file may require the package, and find the CRD as a file',
      file: 'run.cjs',
      text: [
        "const { KIND } = require('mcpworkflow');",
        "const file = require.resolve('mcpworkflow/crds/mcpworkflows.ai.example.com.yaml');",
        "console.log(KIND, require('node:fs').readFileSync(file, 'utf8').includes('kind: CustomResourceDefinition'));",
      ],
      expected: /^MCPWorkflow true\n$/,
    },
    {
      sentence: 'the package itself loads zod and no toolkit',
      file: 'loaded.cjs',
      text: loadedBy('mcpworkflow'),
      expected: /^mcpworkflow,zod\n$/,
    },
  ],
  cdk8s: [
    {
      sentence: 'the constructs load nothing of Pulumi, and the schema not before it is needed',
      file: 'loaded.cjs',
      text: loadedBy('mcpworkflow/cdk8s'),
      expected: /^(?!.*(pulumi|zod)).*cdk8s.*mcpworkflow.*\n$/,
    },
    {
      sentence: 'a module may import the constructs, and they are the same classes as those that are required',
      file: 'run.mjs',
      text: [
        "import { createRequire } from 'node:module';",
        "import { ApiObject, Testing } from 'cdk8s';",
        "import { MCPWorkflow, MCPWorkflowCRD } from 'mcpworkflow/cdk8s';",
        "const required = createRequire(import.meta.url)('mcpworkflow/cdk8s');",
        'const chart = Testing.chart();',
        "const crd = new MCPWorkflowCRD(chart, 'crd');",
        'console.log(required.MCPWorkflow === MCPWorkflow, ApiObject.isApiObject(crd.node.defaultChild));',
      ],
      expected: /^true true\n$/,
    },
    {
      sentence: 'a spec that is wrong fails at synth, with the path of the construct and the field',
      file: 'wrong.cjs',
      text: [
        "const { Testing } = require('cdk8s');",
        "const { MCPWorkflow } = require('mcpworkflow/cdk8s');",
        'const chart = Testing.chart();',
        "new MCPWorkflow(chart, 'wrong', { spec: { interval: 'often', models: { primary: 'm' } } });",
        'try { Testing.synth(chart); } catch (error) { console.log(error.message); }',
      ],
      expected: /\[test\/wrong\] spec\.interval/,
    },
  ],
  pulumi: [
    {
      sentence: 'the Pulumi program registers the CRD, the operator and its workflow',
      file: 'run.cjs',
      text: [
        "const pulumi = require('@pulumi/pulumi');",
        'const kinds = new Set();',
        'const newResource = ({ name, inputs }) => {',
        '  if (inputs.kind) kinds.add(inputs.kind);',
        '  return { id: name, state: inputs };',
        '};',
        'const mocks = { newResource, call: () => ({}) };',
        "Promise.resolve(pulumi.runtime.setMocks(mocks, 'user', 'test')).then(async () => {",
        "  const { url } = require('./index.js');",
        '  const text = await new Promise((resolve) => pulumi.output(url).apply(resolve));',
        '  await pulumi.runtime.disconnect();',
        "  console.log(text, ['CustomResourceDefinition', 'Deployment', 'MCPWorkflow'].filter((kind) => kinds.has(kind)).join());",
        '});',
      ],
      expected:
        /^http:\/\/mcpworkflow-gateway\.ai-platform\.svc:4000\/support\/triage-bot\/anthropic CustomResourceDefinition,Deployment,MCPWorkflow\n$/,
    },
  ],
};

/** Runs the programs of a project that is compiled. */
export async function checkRuns(checks: Checks, project: Project['name'], folder: string): Promise<void> {
  for (const { sentence, file, text, expected } of PROGRAMS[project]) {
    await checks.check(sentence, async () => {
      writeFileSync(join(folder, file), `${text.join('\n')}\n`);
      assert.match((await execute(process.execPath, [file], folder)).stdout, expected);
    });
  }
  if (project === 'cdk8s') await checks.check('cdk8s synth makes manifests of the cdk8s project', () => synth(folder));
}

/** With the command that the project's own `npm run synth` is. */
async function synth(folder: string): Promise<void> {
  const cdk8s = join(createRequire(import.meta.url).resolve('cdk8s-cli/package.json'), '../bin/cdk8s');
  writeFileSync(join(folder, 'cdk8s.yaml'), 'language: typescript\napp: node main.js\n');
  const { stdout } = await execute(process.execPath, [cdk8s, 'synth', '--stdout', '--check-upgrade=false'], folder);
  for (const line of ['kind: CustomResourceDefinition', 'kind: MCPWorkflow', '  interval: 5s', 'ANTHROPIC_BASE_URL'])
    assert.ok(stdout.includes(line), `${line} is not in what was synthesized:\n${stdout}`);
}
