// What a person would look at when a step of the story has failed.

import type { Cluster } from '../cluster.ts';
import { CLIENT, NAMESPACES } from './names.ts';

const LOOKS: readonly (readonly string[])[] = [
  ['get', 'mcpworkflows', '--all-namespaces'],
  ['get', 'pods', '--all-namespaces', '--output=wide'],
  ['get', 'events', '--all-namespaces', '--field-selector=type!=Normal'],
  ...['operator', 'gateway'].map((name) => logs(NAMESPACES.platform, `mcpworkflow-${name}`)),
  logs(NAMESPACES.shop, CLIENT),
];

function logs(namespace: string, deployment: string): readonly string[] {
  return ['--namespace', namespace, 'logs', `deployment/${deployment}`, '--all-pods', '--prefix', '--tail=15'];
}

/** What kubectl shows of it all, as text. */
export async function aftermath(cluster: Cluster): Promise<string> {
  const parts: string[] = [];
  for (const look of LOOKS) {
    const { stdout, stderr } = await cluster.tryKubectl(look);
    parts.push(`$ kubectl ${look.join(' ')}\n${stdout}${stderr}`);
  }
  return parts.join('\n');
}
