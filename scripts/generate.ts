// Writes every generated file; with --check it writes nothing and names the files that are not as they should be.
import { readFileSync } from 'node:fs';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { stringify } from 'yaml';
import { workflowCrd } from '../lib/api/crd.ts';
import { specSchema } from '../lib/api/spec.ts';
import { statusSchema } from '../lib/api/status.ts';
import { failuresMarkdown } from '../operator/gateway/failures/failures-doc.ts';
import { metricsMarkdown } from '../operator/telemetry/metrics-doc.ts';
import { apiReference } from './generate/api-reference.ts';
import { withSnippets } from './generate/snippets.ts';
import { specInterfaces } from './generate/spec-interfaces.ts';

/** A file of the repository that is made from the sources. */
export interface Generator {
  readonly path: string;
  readonly content: () => string | Promise<string>;
}

const ROOT = join(dirname(fileURLToPath(import.meta.url)), '..');
const textOf = (path: string): string => readFileSync(join(ROOT, path), 'utf8');

/** The CRD as it is installed. */
export const crdFile: Generator = {
  path: 'crds/mcpworkflows.ai.example.com.yaml',
  content: () =>
    `# generated from lib/api, do not edit: npm run generate\n${stringify(workflowCrd(), { aliasDuplicateObjects: false, lineWidth: 0 })}`,
};

/** Every metric, for people. */
export const metricsFile: Generator = { path: 'docs/metrics.md', content: metricsMarkdown };

/** Every way in which an attempt can fail, for people. */
export const failuresFile: Generator = { path: 'docs/failures.md', content: failuresMarkdown };

/** The spec as interfaces that read well in an editor; test/lib/api/spec-types.test.ts holds them to the schema. */
export const specTypesFile: Generator = {
  path: 'lib/api/spec-types.ts',
  content: () =>
    specInterfaces(specSchema, {
      head: ['// generated from lib/api/spec.ts, do not edit: npm run generate'],
      name: (place) => `MCPWorkflow${place}`,
      wrap: (type) => type,
    }),
};

/** The version of the package as a constant: the published library does not read its package.json. */
export const versionFile: Generator = {
  path: 'lib/manifests/version.ts',
  content() {
    const { version } = JSON.parse(textOf('package.json')) as { readonly version: string };
    return `// generated from package.json, do not edit: npm run generate

/** The version of this package. */
export const VERSION = '${version}';
`;
  },
};

/** The same for Pulumi, where every value may be known later. */
export const specArgsFile: Generator = {
  path: 'lib/pulumi/spec-args.ts',
  content: () =>
    specInterfaces(specSchema, {
      head: [
        '// generated from lib/api/spec.ts, do not edit: npm run generate',
        "import type * as pulumi from '@pulumi/pulumi';",
      ],
      name: (place) => `MCPWorkflow${place}Args`,
      wrap: (type) => `pulumi.Input<${type}>`,
    }),
};

/** The status too, for who reads it by a construct: its type must not need zod's. */
export const statusTypesFile: Generator = {
  path: 'lib/api/status-types.ts',
  content: () =>
    specInterfaces(statusSchema, {
      head: ['// generated from lib/api/status.ts, do not edit: npm run generate'],
      name: (place) => `MCPWorkflowStatus${place === 'Spec' ? '' : place}`,
      wrap: (type) => type,
      onlyRead: true,
    }),
};

/** The API references of both front ends, for people. They are made of files that are generated themselves. */
export const referenceFiles: readonly Generator[] = ['cdk8s', 'pulumi'].map((name) => ({
  path: `docs/api/${name}.md`,
  content: () => apiReference(`lib/${name}/index.ts`, `mcpworkflow/${name}`),
}));

/** Documents that show code: what is written by hand stays as it is. */
export const documentFiles: readonly Generator[] = ['README.md', 'docs/choose-your-way.md'].map((path) => ({
  path,
  content: () => withSnippets(textOf(path), textOf),
}));

/** Everything that is generated, in an order in which it can be. */
export const generators: readonly Generator[] = [
  crdFile,
  metricsFile,
  failuresFile,
  specTypesFile,
  statusTypesFile,
  specArgsFile,
  versionFile,
  ...referenceFiles,
  ...documentFiles,
];

/** The paths of the files that are not as they should be. */
export async function stale(root: string, all: readonly Generator[] = generators): Promise<readonly string[]> {
  const checked = await Promise.all(
    all.map(async ({ path, content }) => {
      const present = await readFile(join(root, path), 'utf8').catch(() => undefined);
      return present === (await content()) ? [] : [path];
    }),
  );
  return checked.flat();
}

async function generate(root: string): Promise<void> {
  for (const { path, content } of generators) {
    await mkdir(dirname(join(root, path)), { recursive: true });
    await writeFile(join(root, path), await content());
    console.log(`wrote ${path}`);
  }
}

async function check(root: string): Promise<void> {
  const differing = await stale(root);
  for (const path of differing) console.error(`${path} is not what its sources give: run npm run generate`);
  if (differing.length > 0) process.exitCode = 1;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  await (process.argv.includes('--check') ? check(ROOT) : generate(ROOT));
}
