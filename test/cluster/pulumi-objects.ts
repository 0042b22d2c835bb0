// Prints, as JSON, every object that the Pulumi examples ask for, by example and stack: a program of its own, because Pulumi
// knows one run of a program in a process, and jest would load it for each suite.
import { readFileSync } from 'node:fs';
import { parse } from 'yaml';
import { runWithMocks } from '../../examples/pulumi/run-with-mocks.ts';
import type { Stack } from '../../examples/pulumi/run-with-mocks.ts';

const folder = new URL('../../examples/pulumi/', import.meta.url);
const configOf = (stack: string) =>
  (parse(readFileSync(new URL(`02-platform-team/Pulumi.${stack}.yaml`, folder), 'utf8')) as Pick<Stack, 'config'>)
    .config ?? {};

const runs: Readonly<Record<string, readonly Stack[]>> = {
  '01-minimal': [{ project: 'minimal', stack: 'dev', config: { 'minimal:anthropicKey': 'sk-ant-example' } }],
  '02-platform-team': ['staging', 'production'].map((stack) => ({
    project: 'ai-platform',
    stack,
    config: configOf(stack),
  })),
  '03-app-with-connect': [
    {
      project: 'triage',
      stack: 'staging',
      config: { 'triage:platform': 'my-org/ai-platform/staging', 'triage:keySha256': 'a'.repeat(64) },
      referred: { gateway: { namespace: 'ai-platform' } },
    },
  ],
};

const printed: Record<string, unknown[]> = {};
for (const [example, stacks] of Object.entries(runs))
  for (const stack of stacks) {
    const { objects } = await runWithMocks(new URL(`${example}/index.ts`, folder), stack);
    printed[`${example} ${stack.stack}`] = objects
      .filter(({ type }) => type.startsWith('kubernetes:'))
      .map(({ name, inputs }) => ({ ...inputs, metadata: { name, ...(inputs['metadata'] as object) } }));
  }
process.stdout.write(JSON.stringify(printed, plain));

/** Mocks hand secrets over wrapped; here they are what the API server gets. */
function plain(_key: string, value: unknown): unknown {
  const wrapped = typeof value === 'object' && value !== null && '4dabf18193072939515e22adb298388d' in value;
  return wrapped && 'value' in value ? value.value : value;
}
