// What the cdk8s examples put out, before a real API server: a user who copies one gets objects of which every field is known.
import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { readdirSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { synthesize } from '../../examples/cdk8s/synthesize.ts';
import type { Applied } from '../../examples/cdk8s/synthesize.ts';
import { sharedControlPlane } from './shared-plane.ts';
import type { SharedPlane } from './shared-plane.ts';

jest.setTimeout(60_000);

const folder = resolve(import.meta.dirname, '../../examples/cdk8s');
const examples = readdirSync(folder, { withFileTypes: true }).flatMap((entry) =>
  entry.isDirectory() ? [entry.name] : [],
);

let plane: SharedPlane;
beforeAll(async () => {
  plane = await sharedControlPlane();
  await plane.installCRD();
});
afterAll(() => plane.stop());

/** Its kinds are not there without the Prometheus operator, and so not in a bare API server. */
const isKnown = ({ apiVersion }: Applied) => !apiVersion.startsWith('monitoring.coreos.com/');

async function apply(items: readonly object[], ...more: readonly string[]) {
  const list = JSON.stringify({ apiVersion: 'v1', kind: 'List', items });
  return plane.kubectl(['apply', '--server-side', '--validate=strict', ...more, '-f', '-'], list);
}

it('finds the examples', () => expect(examples.length).toBeGreaterThanOrEqual(3));

describe.each(examples)('%s', (name) => {
  let objects: readonly Applied[];
  beforeAll(async () => {
    objects = await synthesize(join(folder, name));
    const namespaces = new Set(objects.flatMap(({ metadata }) => metadata.namespace ?? []));
    const bare = [...namespaces].map((namespace) => ({
      apiVersion: 'v1',
      kind: 'Namespace',
      metadata: { name: namespace },
    }));
    expect(await apply(bare)).toMatchObject({ code: 0, stderr: '' });
  });

  it('is known to the API server field by field, and warned of nowhere', async () => {
    const known = objects.filter(isKnown);
    const answer = await apply(known, '--dry-run=server', '--force-conflicts');
    expect(answer).toMatchObject({ code: 0, stderr: '' });
    expect(answer.stdout.trim().split('\n')).toHaveLength(known.length);
  });
});
