// What probes and canaries saw, until every user of the target has folded it. Sequence numbers rise over all targets.
import type { Rank } from '../../lib/api/status.ts';
import type { Evidence } from '../decide/types.ts';

/** A target whose users do not look keeps no more than this. */
export const MAX_EVIDENCE = 256;
/** Below this length nobody is asked what they have folded. */
const TRIM_ABOVE = 32;

export interface EvidenceLog {
  append(evidence: Omit<Evidence, 'sequence'>): void;
  /**
   * What the reader has not yet read of the target, ascending. A new reader gets the latest of each rank that is not older
   * than `notBefore`: what happened before it came is not its history.
   */
  read(reader: string, target: string, notBefore: number): readonly Evidence[];
  /** Takes back what got no answer at or after `since`. */
  dropUnanswered(target: string, since: number): void;
  /** The reader no longer uses the target. */
  forgetReader(reader: string, target: string): void;
  /** Forgets all evidence of the target, but not who reads it. */
  clear(target: string): void;
  forgetTarget(target: string): void;
}

interface Shelf {
  entries: Evidence[];
  readonly cursors: Map<string, number>;
}

/** An empty log. */
export function createEvidenceLog(): EvidenceLog {
  const shelves = new Map<string, Shelf>();
  let sequence = 0;

  function shelfOf(target: string): Shelf {
    const known = shelves.get(target);
    if (known !== undefined) return known;
    const shelf: Shelf = { entries: [], cursors: new Map() };
    shelves.set(target, shelf);
    return shelf;
  }

  function trim(shelf: Shelf): void {
    if (shelf.entries.length <= TRIM_ABOVE) return;
    const folded = lowest(shelf.cursors.values());
    // The latest of each rank stays for new readers.
    const latest = new Set([latestOf(shelf, 'Probe'), latestOf(shelf, 'Inference')]);
    shelf.entries = shelf.entries.filter((entry) => entry.sequence > folded || latest.has(entry)).slice(-MAX_EVIDENCE);
  }

  return {
    append(evidence) {
      sequence += 1;
      const shelf = shelfOf(evidence.target);
      shelf.entries.push({ ...evidence, sequence });
      trim(shelf);
    },
    read(reader, target, notBefore) {
      const shelf = shelfOf(target);
      const cursor = shelf.cursors.get(reader);
      shelf.cursors.set(reader, sequence);
      if (cursor !== undefined) return after(shelf.entries, cursor);
      return [latestOf(shelf, 'Probe'), latestOf(shelf, 'Inference')]
        .filter((entry) => entry !== undefined)
        .filter((entry) => entry.endedAt >= notBefore)
        .sort((a, b) => a.sequence - b.sequence);
    },
    dropUnanswered(target, since) {
      const shelf = shelfOf(target);
      shelf.entries = shelf.entries.filter((entry) => entry.outcome.kind !== 'noAnswer' || entry.endedAt < since);
    },
    forgetReader: (reader, target) => void shelves.get(target)?.cursors.delete(reader),
    clear(target) {
      shelfOf(target).entries = [];
    },
    forgetTarget: (target) => void shelves.delete(target),
  };
}

/** Not Math.min(...all): ten thousand arguments are too many for a call. */
function lowest(all: Iterable<number>): number {
  let least = Infinity;
  for (const one of all) least = Math.min(least, one);
  return least;
}

const latestOf = (shelf: Shelf, rank: Rank): Evidence | undefined =>
  shelf.entries.findLast((entry) => entry.rank === rank);

/** The tail after the cursor; most looks find nothing new, so it is sought from the end. */
function after(entries: readonly Evidence[], cursor: number): readonly Evidence[] {
  let from = entries.length;
  while (from > 0 && (entries[from - 1]?.sequence ?? 0) > cursor) from -= 1;
  return entries.slice(from);
}
