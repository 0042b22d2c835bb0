// In which order jest hands the cluster suites to its workers: what takes longest first, so that no worker is left with a
// long suite while the others have nothing to do. Jest's own order comes from the times of earlier runs, which a fresh machine
// does not have, or from the size of files, which says nothing here: the longest suite is a short file that waits.
import { basename } from 'node:path';

/** The suites that take half a minute or more, by their files' names, the longest first. */
export const LONGEST: readonly string[] = [
  'self-healing.test.ts',
  'outages.test.ts',
  'api-faults.test.ts',
  'operator-faults.test.ts',
  'kube-watch.test.ts',
  'kube-lease.test.ts',
  'rbac-in-use.test.ts',
];

/** A suite as jest knows it. */
export interface Suite {
  readonly path: string;
}

const rank = ({ path }: Suite): number => {
  const place = LONGEST.indexOf(basename(path));
  return place === -1 ? LONGEST.length : place;
};

/** The named ones in their order, then the others by their paths: the same suites are always in the same order. */
export function longestFirst<T extends Suite>(suites: readonly T[]): T[] {
  return suites.toSorted((one, two) => rank(one) - rank(two) || (one.path < two.path ? -1 : 1));
}

/** What jest asks of a `testSequencer`; it remembers nothing from one run to the next. */
class LongestFirst {
  sort<T extends Suite>(suites: readonly T[]): T[] {
    return longestFirst(suites);
  }

  cacheResults(): void {}
}

// Jest takes the default export.
// eslint-disable-next-line no-restricted-exports
export default LongestFirst;
