// Everything that platformManifests makes, before a real API server: it knows every field, warns of nothing, and admits the
// pods where Pod Security restricted is enforced.
import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import type { Manifest, Manifests } from '../../lib/manifests/manifest.ts';
import { platformManifests } from '../../lib/manifests/platform.ts';
import { FULL_OPTIONS, member } from '../lib/manifests/manifest-members.ts';
import { sharedControlPlane } from './shared-plane.ts';
import type { SharedPlane } from './shared-plane.ts';

jest.setTimeout(60_000);

let plane: SharedPlane;
beforeAll(async () => {
  plane = await sharedControlPlane();
});
afterAll(() => plane.stop());

/** Its kinds are not there without the Prometheus operator, and so not in a bare API server. */
const isKnown = ({ apiVersion }: Manifest) => !apiVersion.startsWith('monitoring.coreos.com/');

async function apply(items: readonly Manifest[], ...more: readonly string[]) {
  const list = JSON.stringify({ apiVersion: 'v1', kind: 'List', items });
  return plane.kubectl(['apply', '--server-side', '--validate=strict', ...more, '-f', '-'], list);
}

/** A pod as the controllers would make it of a Deployment. */
const podOf = (deployment: Manifest) => ({
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: {
    name: deployment.metadata.name,
    namespace: deployment.metadata.namespace,
    labels: member(deployment, 'spec.template.metadata.labels'),
  },
  spec: member(deployment, 'spec.template.spec'),
});

const create = (pod: ReturnType<typeof podOf>) =>
  plane.request('POST', `/api/v1/namespaces/${pod.metadata.namespace}/pods?dryRun=All&fieldValidation=Strict`, pod);

const cases: readonly (readonly [string, Manifests])[] = [
  ['without options', platformManifests()],
  ['with every option', platformManifests(FULL_OPTIONS)],
];

describe.each(cases)('a platform %s', (_, manifests) => {
  const { namespace, ...rest } = manifests as Manifests & { readonly namespace: Manifest };
  const deployments = Object.values(manifests).filter(({ kind }) => kind === 'Deployment');

  beforeAll(async () => {
    const foreign = Object.values(rest).flatMap(({ metadata }) => metadata.namespace ?? []);
    const namespaces = [...new Set(foreign)].filter((name) => name !== namespace.metadata.name);
    const others = namespaces.map((name) => ({ apiVersion: 'v1', kind: 'Namespace', metadata: { name } }));
    expect(await apply([namespace, ...others])).toMatchObject({ code: 0, stderr: '' });
  });

  it('is known to the API server field by field, and warned of nowhere', async () => {
    const known = Object.values(rest).filter(isKnown);
    const answer = await apply(known, '--dry-run=server');
    expect(answer).toMatchObject({ code: 0, stderr: '' });
    expect(answer.stdout.trim().split('\n')).toHaveLength(known.length);
  });

  it.each(deployments.map((each) => [each.metadata.name, each] as const))(
    'has pods of %s that Pod Security restricted admits',
    async (_name, deployment) => {
      const { status, body } = await create(podOf(deployment));
      expect({ status, message: (body as { message?: string }).message }).toEqual({ status: 201 });
    },
  );

  it('is in a namespace that refuses pods which are not restricted', async () => {
    const pod = podOf(deployments[0] as Manifest);
    const { status, body } = await create({ ...pod, spec: { ...(pod.spec as object), hostNetwork: true } });
    expect(status).toBe(403);
    expect(body).toMatchObject({ message: expect.stringContaining('violates PodSecurity "restricted') as unknown });
  });
});
