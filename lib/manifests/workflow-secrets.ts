// The Role that one workflow's own Secrets need: operator and gateway may read those that its spec names, and no other. The
// option `workflowSecrets` of a platform says the same for a whole namespace, to those who have no front end for workflows.
import type { Manifest } from './manifest.ts';
import { labelsOf } from './metadata.ts';
import { nameOf } from './names.ts';
import { grant, serviceAccount } from './rbac.ts';
import type { PolicyRule, RbacManifest } from './rbac.ts';

/** Who reads the Secrets of a workflow. Every value is a leaf. */
export interface WorkflowSecretAccess {
  /** Of the Role and its binding: `secretsRoleName` of the workflow's. */
  readonly name: string;
  /** The namespace of the workflow. @default the one that the objects are applied to */
  readonly namespace?: string;
  /** The namespace of operator and gateway. */
  readonly platformNamespace: string;
  /** `secretRules` of the names. */
  readonly rules: readonly PolicyRule[];
}

/**
 * The name of the Role of a workflow. No other workflow of the namespace has it, nor has the Role of `workflowSecrets`: that
 * one ends there, or goes on with a dash.
 */
export const secretsRoleName = (workflow: string): string => `mcpworkflow-secrets.${workflow}`;

/** The Role and its binding, for the namespace of the workflow. */
export function workflowSecretManifests(access: WorkflowSecretAccess): {
  readonly role: Manifest;
  readonly binding: Manifest;
} {
  const { name, namespace, platformNamespace, rules } = access;
  const accounts = (['operator', 'gateway'] as const).map((each) => serviceAccount(nameOf(each), platformNamespace));
  const metadata = { name, ...(namespace !== undefined && { namespace }) };
  const [role, binding] = grant('namespace', metadata, rules, accounts);
  return { role: labelled(role), binding: labelled(binding) };
}

const labelled = ({ metadata, ...rest }: RbacManifest): Manifest => {
  const { apiVersion, kind, ...content } = rest;
  return { apiVersion, kind, metadata: { ...metadata, labels: labelsOf({ labels: {} }, 'workflow') }, ...content };
};
