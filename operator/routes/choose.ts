// Which provider serves a model: the workflow's own before the catalog's; an exact name, the longest literal prefix, the
// order of the list.
import type { Catalog, CatalogProvider } from '../../lib/api/catalog.ts';
import type { OwnProvider, Protocol } from '../../lib/api/spec.ts';

/** A provider that a model may be asked of, and whose it is. */
export type Candidate =
  | { readonly kind: 'own'; readonly provider: OwnProvider; readonly inCatalogToo: boolean }
  | { readonly kind: 'catalog'; readonly provider: CatalogProvider };

/** Does `pattern` match the whole name? `*` stands for anything, nothing included; every other character for itself. */
export function matches(pattern: string, name: string): boolean {
  const [head = '', ...rest] = pattern.split('*');
  const tail = rest.pop();
  if (tail === undefined) return pattern === name;
  if (name.length < head.length + tail.length || !name.startsWith(head) || !name.endsWith(tail)) return false;
  const end = name.length - tail.length;
  let from = head.length;
  for (const part of rest) {
    const found = name.indexOf(part, from);
    if (found < 0 || found + part.length > end) return false;
    from = found + part.length;
  }
  return true;
}

/** How well a provider's patterns fit: Infinity for the exact name, else the longest literal prefix; -1 when none fits. */
function fit(patterns: readonly string[], name: string): number {
  const fits = patterns.filter((pattern) => matches(pattern, name));
  return fits.reduce((best, pattern) => Math.max(best, pattern === name ? Infinity : pattern.indexOf('*')), -1);
}

/** Every provider that the workflow may name, its own first. */
export function candidates(own: readonly OwnProvider[], catalog: Catalog): readonly Candidate[] {
  const names = new Set(catalog.providers.map(({ name }) => name));
  return [
    ...own.map((provider) => ({ kind: 'own', provider, inCatalogToo: names.has(provider.name) }) as const),
    ...catalog.providers.map((provider) => ({ kind: 'catalog', provider }) as const),
  ];
}

/** The provider for a model, in one dialect or in whichever is best; `named` is what its override says. */
export function choose(
  all: readonly Candidate[],
  model: string,
  { named, protocol }: { readonly named?: string | undefined; readonly protocol?: Protocol },
): Candidate | undefined {
  const speaking = protocol === undefined ? all : all.filter(({ provider }) => provider.protocol === protocol);
  if (named !== undefined) {
    // The first of that name in any dialect: an override never means two providers.
    const first = all.find(({ provider }) => provider.name === named);
    return first && speaking.includes(first) ? first : undefined;
  }
  return (
    best(
      speaking.filter(({ kind }) => kind === 'own'),
      model,
    ) ??
    best(
      speaking.filter(({ kind }) => kind === 'catalog'),
      model,
    )
  );
}

function best(group: readonly Candidate[], model: string): Candidate | undefined {
  let winner: { readonly candidate: Candidate; readonly fit: number } | undefined;
  for (const candidate of group) {
    const found = fit(candidate.provider.models, model);
    if (found >= 0 && (winner === undefined || found > winner.fit)) winner = { candidate, fit: found };
  }
  return winner?.candidate;
}
