import { describe, expect, it } from '@jest/globals';
import { z } from 'zod';
import { namedSecrets } from '../../../lib/manifests/named-secrets.ts';
import { platformManifests } from '../../../lib/manifests/platform.ts';
import { secretRules } from '../../../lib/manifests/rbac.ts';
import { secretsRoleName, workflowSecretManifests } from '../../../lib/manifests/workflow-secrets.ts';
import { specSchema } from '../../../lib/api/spec.ts';

/** A value of the future. */
class Later {}
const later = new Later();
const isLate = (value: unknown) => value instanceof Later;

const auth = (name: unknown) => ({ secretRef: { name, key: 'api-key' } });
const providers = (...auths: readonly unknown[]) => ({
  models: { primary: 'a', providers: auths.map((each) => ({ name: 'x', ...(each !== undefined && { auth: each }) })) },
});

describe('the Secrets that a spec names', () => {
  it.each<readonly [string, unknown, readonly unknown[]]>([
    ['none without providers', { models: { primary: 'a' } }, []],
    ['none of open endpoints', providers(undefined, undefined), []],
    ['one of each provider that has one', providers(auth('b'), undefined, auth('a')), ['b', 'a']],
    ['a name that is known later, as it is', providers(auth(later)), [later]],
    ['none in what nobody has judged yet', { models: { providers: [null, 'x', { auth: 7 }] } }, []],
    ['none in no spec at all', undefined, []],
  ])('%s', (_, spec, names) => {
    expect(namedSecrets(spec, isLate)).toEqual({ names, late: [] });
  });

  it.each<readonly [string, unknown, unknown]>([
    ['the whole spec', later, providers(auth('late'))],
    ['the models', { models: later }, providers(auth('late')).models],
    ['the list of providers', { models: { providers: later } }, providers(auth('late')).models.providers],
    ['one provider', { models: { providers: [later] } }, { auth: auth('late') }],
    ['its credential', providers(later), auth('late')],
    ['the reference to its Secret', providers({ secretRef: later }), { name: 'late' }],
  ])('may be in a part that is known later: %s', (_, spec, known) => {
    const { names, late } = namedSecrets(spec, isLate);
    expect({ names, late: late.map(({ value }) => value) }).toEqual({ names: [], late: [later] });
    expect(late[0]?.namesIn(known)).toEqual(['late']);
    expect(late[0]?.namesIn(undefined)).toEqual([]);
  });

  it('are in no other place of the API', () => {
    const places = (value: unknown, path: string): readonly string[] => {
      if (typeof value !== 'object' || value === null) return [];
      return Object.entries(value).flatMap(([field, each]) =>
        field === 'secretRef' ? [path] : places(each, `${path}/${field}`),
      );
    };
    const schema = z.toJSONSchema(specSchema, { io: 'input', unrepresentable: 'any' });
    expect(places(schema, '')).toEqual(['/properties/models/properties/providers/items/properties/auth/properties']);
  });
});

describe('the Role of a workflow', () => {
  const manifests = (namespace?: string) =>
    workflowSecretManifests({
      name: secretsRoleName('triage-bot'),
      ...(namespace !== undefined && { namespace }),
      platformNamespace: 'ai',
      rules: secretRules(['vllm', 'llama', 'vllm']),
    });

  it('lets operator and gateway read these Secrets in its namespace, and nothing else', () => {
    const metadata = {
      name: 'mcpworkflow-secrets.triage-bot',
      namespace: 'support',
      labels: {
        'app.kubernetes.io/name': 'mcpworkflow',
        'app.kubernetes.io/component': 'workflow',
        'app.kubernetes.io/part-of': 'mcpworkflow',
        'app.kubernetes.io/version': expect.any(String),
      },
    };
    expect(manifests('support')).toEqual({
      role: {
        apiVersion: 'rbac.authorization.k8s.io/v1',
        kind: 'Role',
        metadata,
        rules: [
          { apiGroups: [''], resources: ['secrets'], resourceNames: ['llama', 'vllm'], verbs: ['list', 'watch'] },
        ],
      },
      binding: {
        apiVersion: 'rbac.authorization.k8s.io/v1',
        kind: 'RoleBinding',
        metadata,
        roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'Role', name: 'mcpworkflow-secrets.triage-bot' },
        subjects: [
          { kind: 'ServiceAccount', name: 'mcpworkflow-operator', namespace: 'ai' },
          { kind: 'ServiceAccount', name: 'mcpworkflow-gateway', namespace: 'ai' },
        ],
      },
    });
  });

  it('is of one namespace even where that is not known', () => {
    const { role, binding } = manifests();
    expect([role, binding].map(({ kind, metadata }) => [kind, 'namespace' in metadata])).toEqual([
      ['Role', false],
      ['RoleBinding', false],
    ]);
  });

  it('allows nothing rather than everything where no Secret is named', () => expect(secretRules([])).toEqual([]));

  it('is allowed to the accounts that the platform makes', () => {
    const accounts = Object.values(platformManifests({ namespace: 'ai' }))
      .filter(({ kind }) => kind === 'ServiceAccount')
      .map(({ metadata }) => ({ kind: 'ServiceAccount', name: metadata.name, namespace: metadata.namespace }));
    expect(manifests().binding['subjects']).toEqual(accounts);
  });

  it.each([
    ['of every other workflow, also of one with a dot', 'mcpworkflow-secrets', 'triage', 'triage.bot'],
    ['of the option workflowSecrets', 'triage-bot', 'mcpworkflow-secrets', 'mcpworkflow', 'secrets'],
  ])('has another name than that %s', (_, ...workflows) => {
    const ofOption = ['mcpworkflow-system', 'secrets', 'ai'].flatMap((namespace) =>
      Object.values(platformManifests({ namespace, workflowSecrets: [{ namespace: 'support', secrets: ['s'] }] }))
        .filter(({ kind, metadata }) => kind === 'Role' && metadata.namespace === 'support')
        .map(({ metadata }) => metadata.name),
    );
    const names = [...ofOption, ...workflows.map(secretsRoleName)];
    expect(ofOption).toHaveLength(3);
    expect(new Set(names).size).toBe(names.length);
  });
});
