// Both environments come from one program, and differ where their files say so.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { parse } from 'yaml';
import { runWithMocks } from '../run-with-mocks.ts';

async function deploy(stack: string) {
  const file = readFileSync(new URL(`Pulumi.${stack}.yaml`, import.meta.url), 'utf8');
  const { config } = parse(file) as { readonly config: Readonly<Record<string, string>> };
  return runWithMocks(new URL('index.ts', import.meta.url), { project: 'ai-platform', stack, config });
}

const environments = { staging: await deploy('staging'), production: await deploy('production') };

for (const [environment, { objects, outputs }] of Object.entries(environments)) {
  assert.deepEqual(outputs['gateway'], { namespace: 'ai-platform', tls: false, insecureNoAuth: false });
  const labels = objects
    .filter(({ type }) => type.startsWith('kubernetes:') && !type.endsWith(':CustomResourceDefinition'))
    .map(({ inputs }) => (inputs['metadata'] as { readonly labels: Readonly<Record<string, string>> }).labels);
  assert.ok(
    labels.every((each) => each['environment'] === environment),
    'every object says which environment it is of',
  );
}

const { staging, production } = environments;
const inputsOf = ({ objects }: typeof staging, name: string) => objects.find((each) => each.name === name)?.inputs;
const replicas = (of: typeof staging) =>
  (inputsOf(of, 'ai-gateway-deployment')?.['spec'] as { replicas: number }).replicas;
assert.deepEqual([replicas(staging), replicas(production)], [1, 3]);
assert.match(JSON.stringify(inputsOf(production, 'ai-provider-catalog')), /anthropic\.eu\.example\.com/);
assert.equal(inputsOf(staging, 'ai-prometheus-rule'), undefined, 'only production is watched');
assert.ok(inputsOf(production, 'ai-prometheus-rule'));
