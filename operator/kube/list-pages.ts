// A whole list, in pages where the server gives pages.
import { httpStatusOf } from './api-errors.ts';
import type { KubeObject } from './object-cache.ts';
import type { Query, Transport } from './transport.ts';

const PAGE_LIMIT = 500;
const LIST_TIMEOUT_MS = 60_000;

/** A list as of one resource version. */
export interface Listed<T> {
  readonly objects: readonly T[];
  readonly resourceVersion: string;
}

/** How fresh a list must be: whatever the server has at hand, no older than a version, or the newest there is. */
export type Freshness =
  { readonly kind: 'any' } | { readonly kind: 'notOlderThan'; readonly version: string } | { readonly kind: 'newest' };

interface Page {
  readonly metadata?: { readonly resourceVersion?: string; readonly continue?: string };
  readonly items?: readonly KubeObject[] | null;
}

/** Lists everything at `path`. */
export async function listAll<T extends KubeObject>(
  from: { readonly transport: Transport; readonly path: string; readonly query: Query; readonly signal: AbortSignal },
  freshness: Freshness,
): Promise<Listed<T>> {
  try {
    return await listPages<T>(from, { ...versionQuery(freshness), limit: PAGE_LIMIT });
  } catch (error) {
    // The pages of a long list may expire half way; then it is asked for in one piece.
    if (httpStatusOf(error) !== 410) throw error;
    return await listPages<T>(from, {});
  }
}

async function listPages<T extends KubeObject>(from: Parameters<typeof listAll>[0], query: Query): Promise<Listed<T>> {
  const objects: T[] = [];
  let page = await onePage(from, query);
  for (;;) {
    for (const item of page.items ?? []) objects.push(item as T);
    const next = page.metadata?.continue;
    if (next === undefined || next === '') break;
    page = await onePage(from, { limit: PAGE_LIMIT, continue: next });
  }
  const resourceVersion = page.metadata?.resourceVersion;
  if (resourceVersion === undefined) throw new Error('a list came without a resource version');
  return { objects, resourceVersion };
}

async function onePage(from: Parameters<typeof listAll>[0], query: Query): Promise<Page> {
  const { transport, path, signal } = from;
  const answer = await transport.request('GET', path, {
    query: { ...from.query, ...query },
    signal,
    timeoutMs: LIST_TIMEOUT_MS,
  });
  return answer.body as Page;
}

function versionQuery(freshness: Freshness): Query {
  switch (freshness.kind) {
    case 'any':
      return { resourceVersion: '0' };
    case 'notOlderThan':
      return { resourceVersion: freshness.version, resourceVersionMatch: 'NotOlderThan' };
    case 'newest':
      return {};
  }
}

/** Whether one resource version is older than another. They are whole numbers too large for a number. */
export function isOlder(version: string, than: string): boolean {
  return version.length === than.length ? version < than : version.length < than.length;
}
