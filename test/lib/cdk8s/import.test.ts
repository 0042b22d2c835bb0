// Those who do not use this package generate their own constructs from the CRD. The reader of `cdk8s import` refuses more than
// the API server does: keys with unusual characters, for example.
import { afterEach, beforeEach, expect, it } from '@jest/globals';
import { execFile } from 'node:child_process';
import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { promisify } from 'node:util';
import ts from 'typescript';

const require = createRequire(import.meta.url);
const CRD = resolve(import.meta.dirname, '../../../crds/mcpworkflows.ai.example.com.yaml');

/** What a user writes against the generated file. */
const PROGRAM = `
import { App, Chart } from 'cdk8s';
import { McpWorkflow } from './ai.example.com';

new McpWorkflow(new Chart(new App(), 'chart'), 'workflow', {
  spec: { models: { primary: 'claude-opus-4-8', fallbacks: ['claude-sonnet-4-6'] }, interval: '3s' },
});
`;

let folder = '';
beforeEach(async () => void (folder = await mkdtemp(join(tmpdir(), 'mcpworkflow-import-'))));
afterEach(() => rm(folder, { recursive: true, force: true }));

const packageOf = (name: string) => dirname(require.resolve(`${name}/package.json`));

function errorsOf(file: string): readonly string[] {
  const program = ts.createProgram([file], {
    module: ts.ModuleKind.NodeNext,
    target: ts.ScriptTarget.ES2022,
    strict: true,
    noEmit: true,
    skipLibCheck: true,
    types: [],
    paths: { cdk8s: [packageOf('cdk8s')], constructs: [packageOf('constructs')] },
  });
  return ts.getPreEmitDiagnostics(program).map(({ messageText }) => ts.flattenDiagnosticMessageText(messageText, '\n'));
}

it('the CRD can be imported by cdk8s-cli, and what it generates compiles', async () => {
  const cli = join(packageOf('cdk8s-cli'), 'bin/cdk8s');
  const flags = ['--language', 'typescript', '--output', folder, '--no-save', '--no-check-upgrade'];
  await promisify(execFile)(process.execPath, [cli, 'import', CRD, ...flags], { cwd: folder });
  expect(await readdir(folder)).toEqual(['ai.example.com.ts']);
  const file = join(folder, 'main.ts');
  await writeFile(file, PROGRAM);
  expect(errorsOf(file)).toEqual([]);
  // The compiler does look at it: a field that the CRD does not have is an error.
  await writeFile(file, PROGRAM.replace('fallbacks', 'fallback'));
  expect(errorsOf(file)).toEqual([
    expect.stringContaining("'fallback' does not exist in type 'McpWorkflowSpecModels'"),
  ]);
}, 60_000);
