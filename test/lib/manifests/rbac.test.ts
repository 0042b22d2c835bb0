import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { apiCalls, rbacManifests, secretReaderManifests } from '../../../lib/manifests/rbac.ts';
import type { ApiCall, PolicyRule, Program, RbacManifest, RoleManifest } from '../../../lib/manifests/rbac.ts';

const options = {
  namespace: 'mcp-system',
  operatorServiceAccount: 'mcp-operator',
  gatewayServiceAccount: 'mcp-gateway',
} as const;

const isRole = (manifest: RbacManifest): manifest is RoleManifest => 'rules' in manifest;
const roleOf = (program: Program, kind: RoleManifest['kind']): RoleManifest | undefined =>
  rbacManifests(options)
    .filter(isRole)
    .find((role) => role.kind === kind && role.metadata.name === `mcp-${program}`);

const wordsOf = (rules: readonly PolicyRule[]): readonly string[] =>
  rules.flatMap(({ apiGroups, resources, verbs }) =>
    apiGroups.flatMap((group) => resources.flatMap((resource) => verbs.map((verb) => `${verb} ${resource}.${group}`))),
  );

// Written out by hand, not derived: a wider table must be a change that a reviewer sees twice.
const allowed: readonly { program: Program; kind: RoleManifest['kind']; may: readonly string[] }[] = [
  {
    program: 'operator',
    kind: 'ClusterRole',
    may: [
      'list mcpworkflows.ai.example.com',
      'watch mcpworkflows.ai.example.com',
      'update mcpworkflows/status.ai.example.com',
      'patch mcpworkflows/status.ai.example.com',
      'create events.events.k8s.io',
    ],
  },
  {
    program: 'operator',
    kind: 'Role',
    may: [
      'get leases.coordination.k8s.io',
      'create leases.coordination.k8s.io',
      'update leases.coordination.k8s.io',
      'patch events.events.k8s.io',
      'list endpointslices.discovery.k8s.io',
      'watch endpointslices.discovery.k8s.io',
    ],
  },
  {
    program: 'gateway',
    kind: 'ClusterRole',
    may: [
      'list mcpworkflows.ai.example.com',
      'watch mcpworkflows.ai.example.com',
      'create tokenreviews.authentication.k8s.io',
    ],
  },
  {
    program: 'gateway',
    kind: 'Role',
    may: ['list leases.coordination.k8s.io', 'watch leases.coordination.k8s.io'],
  },
];

describe('roles of the two programs', () => {
  it.each(allowed)('the $kind of the $program allows exactly what it calls', ({ program, kind, may }) => {
    expect([...wordsOf(roleOf(program, kind)?.rules ?? [])].sort()).toEqual([...may].sort());
  });

  it('makes a role and a binding for each program, for the cluster and for the namespace', () => {
    const rows = rbacManifests(options).map(({ kind, metadata }) => [kind, metadata.namespace, metadata.name]);
    expect(rows).toEqual(
      (['mcp-operator', 'mcp-gateway'] as const).flatMap((name) => [
        ['ClusterRole', undefined, name],
        ['ClusterRoleBinding', undefined, name],
        ['Role', 'mcp-system', name],
        ['RoleBinding', 'mcp-system', name],
      ]),
    );
  });

  it('binds each role to its own program only', () => {
    for (const manifest of rbacManifests(options)) {
      if (isRole(manifest)) continue;
      const { metadata, roleRef, subjects } = manifest;
      expect(roleRef).toEqual({
        apiGroup: 'rbac.authorization.k8s.io',
        kind: metadata.namespace === undefined ? 'ClusterRole' : 'Role',
        name: metadata.name,
      });
      expect(subjects).toEqual([{ kind: 'ServiceAccount', name: metadata.name, namespace: 'mcp-system' }]);
    }
  });

  it('lets names of roles and the namespace of the accounts differ', () => {
    const [role, binding] = rbacManifests({
      ...options,
      namespace: 'elsewhere',
      serviceAccountNamespace: 'mcp-system',
      roleNames: { operator: 'one', gateway: 'two' },
    }).filter(({ metadata }) => metadata.namespace === 'elsewhere');
    expect(role?.metadata.name).toBe('one');
    expect(binding).toMatchObject({
      roleRef: { name: 'one' },
      subjects: [{ name: 'mcp-operator', namespace: 'mcp-system' }],
    });
  });

  const forbidden: readonly { name: string; breaks: (call: ApiCall) => boolean }[] = [
    { name: 'touches Secrets', breaks: ({ resource }) => resource.startsWith('secrets') },
    {
      name: 'uses a wildcard',
      breaks: (call) => [call.apiGroup, call.resource, ...call.verbs].some((word) => word.includes('*')),
    },
    {
      // A review is created, and stored nowhere.
      name: 'writes from the gateway',
      breaks: ({ program, resource, verbs }) =>
        program === 'gateway' &&
        resource !== 'tokenreviews' &&
        verbs.some((verb) => !['get', 'list', 'watch'].includes(verb)),
    },
    {
      name: 'writes a spec',
      breaks: ({ resource, verbs }) =>
        resource === 'mcpworkflows' && verbs.some((verb) => !['get', 'list', 'watch'].includes(verb)),
    },
    { name: 'deletes', breaks: ({ verbs }) => verbs.includes('delete') },
    { name: 'says nothing of why', breaks: ({ why }) => why.trim() === '' },
  ];
  it.each(forbidden)('no call $name', ({ breaks }) => {
    expect(apiCalls.filter(breaks)).toEqual([]);
  });

  it('says every call once', () => {
    const keys = apiCalls.map(({ program, apiGroup, resource, scope }) =>
      [program, apiGroup, resource, scope].join(' '),
    );
    expect(new Set(keys).size).toBe(keys.length);
  });

  it('makes the same bytes every time', () => {
    expect(JSON.stringify(rbacManifests(options))).toBe(JSON.stringify(rbacManifests({ ...options })));
  });
});

describe('readers of Secrets', () => {
  const subjects = [
    { name: 'mcp-operator', namespace: 'mcp-system' },
    { name: 'mcp-gateway', namespace: 'mcp-system' },
  ];

  it('may read the named Secrets and no other', () => {
    expect(secretReaderManifests({ namespace: 'team-a', secrets: ['vllm'], subjects })).toEqual([
      {
        apiVersion: 'rbac.authorization.k8s.io/v1',
        kind: 'Role',
        metadata: { name: 'mcpworkflow-secrets', namespace: 'team-a' },
        rules: [{ apiGroups: [''], resources: ['secrets'], resourceNames: ['vllm'], verbs: ['list', 'watch'] }],
      },
      {
        apiVersion: 'rbac.authorization.k8s.io/v1',
        kind: 'RoleBinding',
        metadata: { name: 'mcpworkflow-secrets', namespace: 'team-a' },
        roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'Role', name: 'mcpworkflow-secrets' },
        subjects: subjects.map((subject) => ({ kind: 'ServiceAccount', ...subject })),
      },
    ]);
  });

  it('refuses an empty list, which to RBAC would mean every Secret', () => {
    expect(() => secretReaderManifests({ namespace: 'team-a', secrets: [], subjects, name: 'readers' })).toThrow(
      'Role team-a/readers: expected at least one Secret, got none',
    );
  });

  it('does not depend on the order or the repetition of names', () => {
    fc.assert(
      fc.property(fc.uniqueArray(fc.stringMatching(/^[a-z]{1,8}$/), { minLength: 1 }), (secrets) => {
        const turned = [...secrets].reverse();
        const made = secretReaderManifests({ namespace: 'n', secrets, subjects });
        expect(secretReaderManifests({ namespace: 'n', secrets: [...turned, ...turned], subjects })).toEqual(made);
        expect(made[0]).toMatchObject({ rules: [{ resourceNames: [...secrets].sort() }] });
      }),
    );
  });
});
