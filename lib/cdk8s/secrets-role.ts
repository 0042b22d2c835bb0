// Lets operator and gateway read the Secrets that a workflow names: a Role and its binding, as children of the workflow.
import { ApiObject, Lazy } from 'cdk8s';
import { gatewayNamespace } from '../manifests/gateway-url.ts';
import type { GatewayReference } from '../manifests/gateway-url.ts';
import { namedSecrets } from '../manifests/named-secrets.ts';
import { secretRules } from '../manifests/rbac.ts';
import { secretsRoleName, workflowSecretManifests } from '../manifests/workflow-secrets.ts';

/**
 * Adds the children `secrets-role` and `secrets-role-binding` to a workflow whose `spec` names Secrets. Whether it does is
 * decided now, which ones only at synth, by the object as it is put out: what a token or a patch says counts. Where a token
 * that could have named some names none, the Role allows nothing.
 */
export function addSecretsRole(workflow: ApiObject, spec: unknown, gateway: GatewayReference): void {
  const { names, late } = namedSecrets(spec, isToken);
  if (names.length === 0 && late.length === 0) return;
  const { namespace } = workflow.metadata;
  const manifests = workflowSecretManifests({
    name: roleNameOf(workflow),
    ...(namespace !== undefined && { namespace }),
    platformNamespace: gatewayNamespace(gateway),
    rules: leaf(() => secretRules(namesOf(workflow))),
  });
  // The workflow cannot depend on them, so as to come after them: for cdk8s its children would depend on each other. An operator
  // that comes too early asks again.
  new ApiObject(workflow, 'secrets-role', manifests.role);
  new ApiObject(workflow, 'secrets-role-binding', manifests.binding);
}

/** Anything but plain data, and text for a resolver of the app's own where there should be fields or a list. */
const isToken = (value: unknown): boolean =>
  !Array.isArray(value) && !(typeof value === 'object' && value?.constructor === Object);

const leaf = <Value>(produce: () => Value): Value => Lazy.any({ produce }) as Value;

function namesOf(workflow: ApiObject): readonly string[] {
  const { spec } = workflow.toJson() as { readonly spec?: unknown };
  return namedSecrets(spec, () => false).names;
}

/** The name of a workflow may be a token, too. */
function roleNameOf(workflow: ApiObject): string {
  const { name } = workflow;
  if (typeof name === 'string') return secretsRoleName(name);
  return leaf(() => secretsRoleName((workflow.metadata.toJson() as { readonly name: string }).name));
}
