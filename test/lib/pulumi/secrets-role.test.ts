// What a workflow asks for beside itself when it names Secrets: a real program against a fake engine.
import { beforeAll, describe, expect, jest, test } from '@jest/globals';
import { join } from 'node:path';
import { runProgram } from '../../fakes/pulumi-engine.ts';
import type { ProgramRun, Registration } from '../../fakes/pulumi-engine.ts';
import { UNKNOWN } from '../../fakes/pulumi-wire.ts';

// A program takes a second or two to start, more where others are at work.
jest.setTimeout(60_000);

let preview: ProgramRun;
let deployment: ProgramRun;
beforeAll(async () => {
  const run = (inPreview: boolean) =>
    runProgram(join(import.meta.dirname, 'programs', 'secrets.ts'), { preview: inPreview });
  [preview, deployment] = await Promise.all([run(true), run(false)]);
});

const find = (of: ProgramRun, name: string) => of.registrations.find((each) => each.name === name);
const named = (of: ProgramRun, name: string): Registration => {
  const found = find(of, name);
  if (!found) throw new Error(`expected ${name}, got ${of.registrations.map((each) => each.name).join(', ')}`);
  return found;
};
const nameOf = (urn: string) => urn.split('::').at(-1);
const waitsFor = (name: string) => named(deployment, name).dependencies.map(nameOf).sort();
const rule = (resourceNames: unknown) => ({
  apiGroups: [''],
  resources: ['secrets'],
  resourceNames,
  verbs: ['list', 'watch'],
});

test('the program is without an error', () => {
  expect([preview, deployment].map(({ exitCode, errors }) => [exitCode, errors])).toEqual([
    [0, []],
    [0, []],
  ]);
});

describe('the Role for the Secrets of a workflow', () => {
  test('and its binding are what operator and gateway need, and nothing more', () => {
    const metadata = { name: 'mcpworkflow-secrets.plain', namespace: 'support' };
    expect(named(deployment, 'plain-secrets-role')).toMatchObject({
      type: 'kubernetes:rbac.authorization.k8s.io/v1:Role',
      inputs: { metadata, rules: [rule(['one', 'two'])] },
    });
    expect(named(deployment, 'plain-secrets-role-binding')).toMatchObject({
      type: 'kubernetes:rbac.authorization.k8s.io/v1:RoleBinding',
      inputs: {
        metadata,
        roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'Role', name: metadata.name },
        subjects: [
          { kind: 'ServiceAccount', name: 'mcpworkflow-operator', namespace: 'mcpworkflow-system' },
          { kind: 'ServiceAccount', name: 'mcpworkflow-gateway', namespace: 'mcpworkflow-system' },
        ],
      },
    });
  });

  test('is there before the workflow, which is there only when it is Ready', () => {
    expect(waitsFor('plain')).toEqual(['plain-secrets-role', 'plain-secrets-role-binding']);
    const order = deployment.registrations.map(({ name }) => name);
    expect(order.indexOf('plain-secrets-role-binding')).toBeLessThan(order.indexOf('plain'));
  });

  test.each(['plain-secrets-role', 'plain-secrets-role-binding'])('has the options of its workflow: %s', (name) => {
    const { parent, provider, protect } = named(deployment, 'plain');
    expect(named(deployment, name)).toMatchObject({ parent, provider, protect });
    expect(provider).toContain('::cluster::');
    expect(protect).toBe(true);
  });

  test('is where its workflow was, so that a new name or parent replaces neither', () => {
    const cluster = named(deployment, 'cluster').urn;
    const stack = deployment.registrations.find(({ type }) => type === 'pulumi:pulumi:Stack')?.urn;
    for (const part of ['secrets-role', 'secrets-role-binding']) {
      const before = named(deployment, `plain-${part}`).aliases.map(({ name, parenturn }) => ({ name, parenturn }));
      expect(before).toEqual(
        expect.arrayContaining([
          { name: `old-${part}`, parenturn: stack },
          { name: '', parenturn: cluster },
        ]),
      );
    }
  });

  test('is named by Pulumi where its workflow is', () => {
    const name = 'nameless-secrets-role-0a1b2c3d';
    expect(named(deployment, 'nameless-secrets-role').inputs['metadata']).toMatchObject({ name });
    expect(named(deployment, 'nameless-secrets-role').inputs['metadata']).not.toHaveProperty('namespace');
    expect(named(deployment, 'nameless-secrets-role-binding').inputs).toMatchObject({
      metadata: { name },
      roleRef: { name },
    });
  });

  test.each([
    [
      'of single Outputs: names of Secrets, of the workflow, of namespaces',
      'late',
      { name: 'mcpworkflow-secrets.late-name', namespace: 'late-team' },
      [rule(['late-secret', 'early'])],
    ],
    [
      'of Outputs of whole parts: providers, metadata, gateway',
      'later',
      { name: 'mcpworkflow-secrets.of-output', namespace: 'other' },
      [rule(['a', 'z'])],
    ],
  ])('is made %s', (_, workflow, metadata, rules) => {
    expect(named(deployment, `${workflow}-secrets-role`).inputs).toMatchObject({ metadata, rules });
    expect(named(deployment, `${workflow}-secrets-role-binding`).inputs).toMatchObject({
      metadata,
      roleRef: { name: metadata.name },
      subjects: [{ namespace: 'ai-platform' }, { namespace: 'ai-platform' }],
    });
  });

  test('leaves a preview all that is known, and keeps no secret that is not its own', () => {
    expect(named(preview, 'late-secrets-role').inputs).toMatchObject({
      metadata: { name: UNKNOWN, namespace: UNKNOWN, labels: { 'app.kubernetes.io/part-of': 'mcpworkflow' } },
      rules: [rule([UNKNOWN, 'early'])],
    });
    expect(named(preview, 'later-secrets-role').inputs).toMatchObject({ rules: UNKNOWN });
    expect(named(preview, 'plain-secrets-role').inputs).toMatchObject({ rules: [rule(['one', 'two'])] });
  });

  test('waits for exactly what it uses', () => {
    expect(waitsFor('late-secrets-role')).toEqual(['name', 'secret', 'team']);
    expect(waitsFor('late-secrets-role-binding')).toEqual(['late-secrets-role', 'name', 'namespace', 'secret', 'team']);
  });

  test('allows nothing, rather than everything, where late providers turn out to be open', () => {
    expect(named(deployment, 'late-open-secrets-role').inputs).toMatchObject({ rules: [] });
  });

  test.each(['open', 'without'])('is not made for a workflow that names no Secret, or says so: %s', (workflow) => {
    expect(named(deployment, workflow).dependencies).toEqual([]);
    expect(find(deployment, `${workflow}-secrets-role`)).toBeUndefined();
  });
});
