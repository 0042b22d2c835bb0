// Every call to the API server that the two programs make, in one table, and the roles that allow exactly these.
// Secrets are not in the table: nobody gets "all secrets". A workflow's Secret gets a Role that names it.

/** The programs that talk to the API server. */
export type Program = 'operator' | 'gateway';

/** One kind of call that a program makes. */
export interface ApiCall {
  readonly program: Program;
  /** `''` is the core group. */
  readonly apiGroup: string;
  /** Plural, with the subresource: `mcpworkflows/status`. */
  readonly resource: string;
  readonly verbs: readonly Verb[];
  /** Whether it is made in every namespace or in the program's own only. */
  readonly scope: 'cluster' | 'namespace';
  /** What would stop working without it. */
  readonly why: string;
}

/** What may be done to a resource. */
export type Verb = 'get' | 'list' | 'watch' | 'create' | 'update' | 'patch' | 'delete';

/** The table. A call that is not here is refused by the API server. */
export const apiCalls: readonly ApiCall[] = [
  {
    program: 'operator',
    apiGroup: 'ai.example.com',
    resource: 'mcpworkflows',
    verbs: ['list', 'watch'],
    scope: 'cluster',
    why: 'workflows of every namespace are re-checked',
  },
  {
    program: 'operator',
    apiGroup: 'ai.example.com',
    resource: 'mcpworkflows/status',
    verbs: ['update', 'patch'],
    scope: 'cluster',
    why: 'the verdict and the route are written to the status, never to the spec',
  },
  {
    program: 'operator',
    apiGroup: 'coordination.k8s.io',
    resource: 'leases',
    verbs: ['get', 'create', 'update'],
    scope: 'namespace',
    why: 'one replica leads',
  },
  {
    program: 'operator',
    apiGroup: 'events.k8s.io',
    resource: 'events',
    verbs: ['create'],
    scope: 'cluster',
    why: 'a transition is told in the namespace of its workflow',
  },
  {
    program: 'operator',
    apiGroup: 'events.k8s.io',
    resource: 'events',
    verbs: ['patch'],
    scope: 'namespace',
    why: 'the one Event about a whole herd of workflows regards the lease, and its count rises',
  },
  {
    program: 'operator',
    apiGroup: 'discovery.k8s.io',
    resource: 'endpointslices',
    verbs: ['list', 'watch'],
    scope: 'namespace',
    why: "the gateways' counters are pulled from each of them",
  },
  {
    program: 'gateway',
    apiGroup: 'ai.example.com',
    resource: 'mcpworkflows',
    verbs: ['list', 'watch'],
    scope: 'cluster',
    why: 'routes are made from spec and status',
  },
  {
    program: 'gateway',
    apiGroup: 'coordination.k8s.io',
    resource: 'leases',
    verbs: ['list', 'watch'],
    scope: 'namespace',
    why: 'a lease that is no longer renewed says that the gateway is alone',
  },
  {
    program: 'gateway',
    apiGroup: 'authentication.k8s.io',
    resource: 'tokenreviews',
    verbs: ['create'],
    scope: 'cluster',
    why: 'callers prove who they are with the token of a ServiceAccount',
  },
];

/** The calls of one program. */
export function apiCallsOf(program: Program): readonly ApiCall[] {
  return apiCalls.filter((call) => call.program === program);
}

/** One rule of a role. */
export interface PolicyRule {
  readonly apiGroups: readonly string[];
  readonly resources: readonly string[];
  readonly resourceNames?: readonly string[];
  readonly verbs: readonly string[];
}

/** A ServiceAccount that gets a role. */
export interface ServiceAccountSubject {
  readonly kind: 'ServiceAccount';
  readonly name: string;
  readonly namespace: string;
}

/** A Role or a ClusterRole. */
export interface RoleManifest {
  readonly apiVersion: 'rbac.authorization.k8s.io/v1';
  readonly kind: 'Role' | 'ClusterRole';
  readonly metadata: ManifestName;
  readonly rules: readonly PolicyRule[];
}

/** A RoleBinding or a ClusterRoleBinding. */
export interface RoleBindingManifest {
  readonly apiVersion: 'rbac.authorization.k8s.io/v1';
  readonly kind: 'RoleBinding' | 'ClusterRoleBinding';
  readonly metadata: ManifestName;
  readonly roleRef: {
    readonly apiGroup: 'rbac.authorization.k8s.io';
    readonly kind: 'Role' | 'ClusterRole';
    readonly name: string;
  };
  readonly subjects: readonly ServiceAccountSubject[];
}

/** Any object that this file makes. */
export type RbacManifest = RoleManifest | RoleBindingManifest;

/** How an object is found. Objects of the whole cluster have no namespace. */
export interface ManifestName {
  readonly name: string;
  readonly namespace?: string;
}

/** Where the programs run, and as whom. */
export interface RbacOptions {
  /** The namespace of both programs, their lease and their EndpointSlices. */
  readonly namespace: string;
  /** The operator's ServiceAccount in that namespace. */
  readonly operatorServiceAccount: string;
  /** The gateway's ServiceAccount in that namespace. */
  readonly gatewayServiceAccount: string;
  /** Where the ServiceAccounts are, if not in `namespace`. @default namespace */
  readonly serviceAccountNamespace?: string;
  /** Names of the roles and bindings. @default the name of the ServiceAccount */
  readonly roleNames?: Readonly<Record<Program, string>>;
}

/** The roles and bindings that both programs need, and nothing more. The ServiceAccounts themselves are not among them. */
export function rbacManifests(options: RbacOptions): readonly RbacManifest[] {
  const { operatorServiceAccount, gatewayServiceAccount } = options;
  const accounts: readonly (readonly [Program, string])[] = [
    ['operator', operatorServiceAccount],
    ['gateway', gatewayServiceAccount],
  ];
  return accounts.flatMap(([program, account]) => {
    const name = options.roleNames?.[program] ?? account;
    const subject = serviceAccount(account, options.serviceAccountNamespace ?? options.namespace);
    const calls = apiCallsOf(program);
    return [
      ...grant('cluster', { name }, rulesOf(calls, 'cluster'), [subject]),
      ...grant('namespace', { name, namespace: options.namespace }, rulesOf(calls, 'namespace'), [subject]),
    ];
  });
}

/** Which Secrets may be read by whom. */
export interface SecretReaderOptions {
  /** The namespace of the Secrets. */
  readonly namespace: string;
  /** Names of the Secrets; at least one. */
  readonly secrets: readonly string[];
  /** Usually the ServiceAccounts of operator and gateway. */
  readonly subjects: readonly { readonly name: string; readonly namespace: string }[];
  /** Name of the Role and its binding. @default `mcpworkflow-secrets` */
  readonly name?: string;
}

/** The Role that lets its subjects read the named Secrets and no other, and its binding. */
export function secretReaderManifests(options: SecretReaderOptions): readonly RbacManifest[] {
  const { namespace, secrets, subjects, name = 'mcpworkflow-secrets' } = options;
  // A rule with an empty list of names would be a rule for every name.
  if (secrets.length === 0) throw new Error(`Role ${namespace}/${name}: expected at least one Secret, got none`);
  const accounts = subjects.map((subject) => serviceAccount(subject.name, subject.namespace));
  return grant('namespace', { name, namespace }, secretRules(secrets), accounts);
}

/** What lets its subjects read the named Secrets and no other: without a name no rule at all. */
export function secretRules(secrets: readonly string[]): readonly PolicyRule[] {
  if (secrets.length === 0) return [];
  return [{ apiGroups: [''], resources: ['secrets'], resourceNames: inOrder(secrets), verbs: ['list', 'watch'] }];
}

/** Each name once, sorted; names that are not known yet stay where they are. */
function inOrder(names: readonly string[]): readonly string[] {
  return names.every((name) => typeof name === 'string') ? [...new Set(names)].sort() : [...names];
}

/** An account that gets a role. */
export function serviceAccount(name: string, namespace: string): ServiceAccountSubject {
  return { kind: 'ServiceAccount', name, namespace };
}

function rulesOf(calls: readonly ApiCall[], scope: ApiCall['scope']): readonly PolicyRule[] {
  return calls
    .filter((call) => call.scope === scope)
    .map(({ apiGroup, resource, verbs }) => ({ apiGroups: [apiGroup], resources: [resource], verbs: [...verbs] }));
}

/** A role and its binding. One of a namespace may have none in its name: then it is of the namespace that it is applied to. */
export function grant(
  scope: ApiCall['scope'],
  metadata: ManifestName,
  rules: readonly PolicyRule[],
  subjects: readonly ServiceAccountSubject[],
): readonly [RoleManifest, RoleBindingManifest] {
  const prefix = scope === 'cluster' ? 'Cluster' : '';
  const kind = `${prefix}Role` as const;
  return [
    { apiVersion: 'rbac.authorization.k8s.io/v1', kind, metadata, rules },
    {
      apiVersion: 'rbac.authorization.k8s.io/v1',
      kind: `${prefix}RoleBinding`,
      // Copies: a YAML writer turns an object that it meets twice into an anchor and an alias.
      metadata: { ...metadata },
      roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind, name: metadata.name },
      subjects: subjects.map((subject) => ({ ...subject })),
    },
  ];
}
