// Objects of the whole cluster. cdk8s stamps the namespace of the chart on every object, and has no prop to leave it out.
import { JsonPatch } from 'cdk8s';
import type { ApiObject } from 'cdk8s';

/** Takes the namespace from an object that can have none. Patches that are added later find it gone. */
export function leaveNamespaceOut(object: ApiObject): void {
  if (object.metadata.namespace !== undefined) object.addJsonPatch(JsonPatch.remove('/metadata/namespace'));
}
