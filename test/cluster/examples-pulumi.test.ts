// What the Pulumi examples ask for is what a real API server takes, to the last field.
import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, jest, test } from '@jest/globals';
import { sharedControlPlane } from './shared-plane.ts';
import type { SharedPlane } from './shared-plane.ts';

jest.setTimeout(60_000);

interface Item {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: { readonly name: string; readonly namespace?: string };
}

/** Kinds of the Prometheus operator, which this API server does not have. */
const isForeign = ({ apiVersion }: Item) => apiVersion.startsWith('monitoring.coreos.com/');

let plane: SharedPlane;
beforeAll(async () => {
  plane = await sharedControlPlane();
  await plane.installCRD();
});
afterAll(() => plane.stop());

const examples = JSON.parse(
  execFileSync(process.execPath, [join(import.meta.dirname, 'pulumi-objects.ts')], { encoding: 'utf8' }),
) as Readonly<Record<string, readonly Item[]>>;

const apply = (items: readonly object[], ...more: readonly string[]) =>
  plane.kubectl(
    ['apply', '--server-side', '--validate=strict', ...more, '-f', '-'],
    JSON.stringify({ apiVersion: 'v1', kind: 'List', items }),
  );

describe('an API server takes every object of', () => {
  test.each(Object.entries(examples))('%s', async (_, objects) => {
    const items = objects.filter((item) => !isForeign(item));
    expect(items.length).toBeGreaterThan(0);
    // Even a dry run needs the namespace that an object is in.
    const namespaces = [...new Set(items.flatMap(({ metadata }) => metadata.namespace ?? []))];
    const made = namespaces.map((name) => ({ apiVersion: 'v1', kind: 'Namespace', metadata: { name } }));
    expect(await apply(made)).toMatchObject({ code: 0, stderr: '' });

    // The CRD and the namespaces belong to whoever made them.
    const { code, stdout, stderr } = await apply(items, '--dry-run=server', '--force-conflicts');
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(stdout.trim().split('\n')).toHaveLength(items.length);
  });
});
