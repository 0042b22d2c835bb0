// What is in a cluster, so that what is left behind can be told from what was there before.

import type { Cluster } from '../cluster.ts';
import { NAMESPACES } from './names.ts';

/** Kinds whose objects come and go by themselves, or are a view of others. */
const NEVER_KEPT = new Set(['events', 'events.events.k8s.io', 'leases.coordination.k8s.io', 'componentstatuses']);

/** Kind, namespace and name of everything in the cluster, but for what comes and goes by itself. */
export async function everythingIn(cluster: Cluster): Promise<ReadonlySet<string>> {
  const kinds = (await cluster.kubectl(['api-resources', '--verbs=list', '--output=name']))
    .split('\n')
    .filter((kind) => kind !== '' && !NEVER_KEPT.has(kind));
  const columns = '--output=custom-columns=KIND:.kind,NAMESPACE:.metadata.namespace,NAME:.metadata.name';
  const text = await cluster.kubectl([
    'get',
    kinds.join(','),
    '--all-namespaces',
    '--no-headers',
    '--ignore-not-found',
    columns,
  ]);
  const lines = text.split('\n').filter((line) => line.trim() !== '');
  return new Set(lines.map((line) => line.trim().replace(/\s+/g, ' ')));
}

/**
 * What is in the cluster that was not there before. In a cluster that others use, too, only what the story could have left: it is
 * in one of its namespaces, or has the name of the project.
 */
export async function leftSince(before: ReadonlySet<string>, cluster: Cluster): Promise<readonly string[]> {
  const left = [...(await everythingIn(cluster))].filter((object) => !before.has(object));
  return cluster.own ? left : left.filter(isOfStory);
}

function isOfStory(object: string): boolean {
  const [, namespace = '', name = ''] = object.split(' ');
  return Object.values<string>(NAMESPACES).includes(namespace) || name.includes('mcpworkflow');
}
