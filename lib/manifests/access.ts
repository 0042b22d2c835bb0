// Who the programs are, what they may ask of the API server, and the roles for people.
import { GROUP, PLURAL } from '../api/workflow.ts';
import type { Manifest, Manifests } from './manifest.ts';
import { labelsOf, metadataOf, nameBeyond } from './metadata.ts';
import { nameOf } from './names.ts';
import type { Platform } from './platform-defaults.ts';
import type { WorkflowSecretsOptions } from './platform-options.ts';
import { rbacManifests, secretReaderManifests } from './rbac.ts';
import type { Program, RbacManifest } from './rbac.ts';

const PROGRAMS: readonly Program[] = ['operator', 'gateway'];

/** The account that the pods of a program run as. */
const serviceAccount = (platform: Platform, program: Program): Manifest => ({
  apiVersion: 'v1',
  kind: 'ServiceAccount',
  metadata: metadataOf(platform, nameOf(program), program),
  automountServiceAccountToken: false,
});

const labelled = (platform: Platform, manifest: RbacManifest, program: Program): Manifest => {
  const { apiVersion, kind, metadata, ...rest } = manifest;
  return { apiVersion, kind, metadata: { ...metadata, labels: labelsOf(platform, program) }, ...rest };
};

const KIND_IDS: Readonly<Record<RbacManifest['kind'], string>> = {
  ClusterRole: 'cluster-role',
  ClusterRoleBinding: 'cluster-role-binding',
  Role: 'role',
  RoleBinding: 'role-binding',
};

/** Accounts, roles and bindings of both programs. */
export function programAccess(platform: Platform): Manifests {
  const { namespace } = platform;
  const roleName = (program: Program) => nameBeyond(namespace, nameOf(program));
  const made = rbacManifests({
    namespace,
    operatorServiceAccount: nameOf('operator'),
    gatewayServiceAccount: nameOf('gateway'),
    roleNames: { operator: roleName('operator'), gateway: roleName('gateway') },
  });
  const half = made.length / PROGRAMS.length;
  return Object.fromEntries(
    PROGRAMS.flatMap((program, index): (readonly [string, Manifest])[] => [
      [`${program}-service-account`, serviceAccount(platform, program)],
      ...made
        .slice(index * half, (index + 1) * half)
        .map((manifest) => [`${program}-${KIND_IDS[manifest.kind]}`, labelled(platform, manifest, program)] as const),
    ]),
  );
}

/** Lets both programs read the Secrets that workflows of other namespaces name. */
export function workflowSecretAccess(platform: Platform): Manifests {
  const subjects = PROGRAMS.map((program) => ({ name: nameOf(program), namespace: platform.namespace }));
  const name = nameBeyond(platform.namespace, 'mcpworkflow-secrets');
  return Object.fromEntries(
    platform.workflowSecrets.flatMap(({ namespace, secrets }: WorkflowSecretsOptions, index) => {
      // A namespace that is not known yet must not be looked into, so its place in the list stands for it.
      const whose = typeof namespace === 'string' ? namespace : String(index);
      return secretReaderManifests({ namespace, secrets, subjects, name }).map((manifest): [string, Manifest] => {
        const { apiVersion, kind, metadata, ...rest } = manifest;
        const id = `workflow-secrets-${KIND_IDS[kind]}-${whose}`;
        return [id, { apiVersion, kind, metadata: { ...metadata, labels: labelsOf(platform, 'platform') }, ...rest }];
      });
    }),
  );
}

interface PeopleRole {
  readonly name: string;
  /** Which of Kubernetes' own roles get these rules. */
  readonly addedTo: readonly ('view' | 'edit' | 'admin')[];
  readonly verbs: readonly string[];
}

/** Nobody but the operator writes a status. */
const PEOPLE: Readonly<Record<string, PeopleRole>> = {
  'view-cluster-role': {
    name: 'mcpworkflow-view',
    addedTo: ['view', 'edit', 'admin'],
    verbs: ['get', 'list', 'watch'],
  },
  'edit-cluster-role': {
    name: 'mcpworkflow-edit',
    addedTo: ['edit', 'admin'],
    verbs: ['create', 'update', 'patch', 'delete', 'deletecollection'],
  },
};

/** Adds workflows to Kubernetes' own roles: who may view, edit or administer a namespace may do so with its workflows. */
export const peopleAccess = (platform: Platform): Manifests =>
  Object.fromEntries(
    Object.entries(PEOPLE).map(([id, { name, addedTo, verbs }]): [string, Manifest] => [
      id,
      {
        apiVersion: 'rbac.authorization.k8s.io/v1',
        kind: 'ClusterRole',
        metadata: {
          name: nameBeyond(platform.namespace, name),
          labels: {
            ...labelsOf(platform, 'platform'),
            ...Object.fromEntries(addedTo.map((role) => [`rbac.authorization.k8s.io/aggregate-to-${role}`, 'true'])),
          },
        },
        rules: [{ apiGroups: [GROUP], resources: [PLURAL], verbs: [...verbs] }],
      },
    ]),
  );
