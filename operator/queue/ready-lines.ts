// Keys that may be visited now, in three lines: first (others wait for its visit), urgent (somebody edited, a probe failed),
// periodic. A key stands in one of them at most once. After a run of others one periodic key goes first, so that edits
// cannot starve the looks.

/** The lines, in their order. */
export const URGENCIES = ['first', 'urgent', 'periodic'] as const;
export type Urgency = (typeof URGENCIES)[number];

export const isMoreUrgent = (a: Urgency, b: Urgency): boolean => URGENCIES.indexOf(a) < URGENCIES.indexOf(b);

/** So many keys of the other lines go before a waiting periodic one is let through. */
export const URGENT_RUN = 8;

interface Line {
  keys: string[];
  head: number;
}

export interface ReadyLines {
  /** Puts the key in line; a key that already stands in one can only become more urgent. `dueAt` is kept from the first time. */
  add(key: string, urgency: Urgency, dueAt: number): void;
  /** Takes the next key. */
  take(): { readonly key: string; readonly dueAt: number } | undefined;
  size(): number;
}

/** Empty lines. */
export function createReadyLines(): ReadyLines {
  const standing = new Map<string, { urgency: Urgency; dueAt: number }>();
  const lines: Readonly<Record<Urgency, Line>> = {
    first: { keys: [], head: 0 },
    urgent: { keys: [], head: 0 },
    periodic: { keys: [], head: 0 },
  };
  let urgentRun = 0;

  function shift(urgency: Urgency): string | undefined {
    const line = lines[urgency];
    while (line.head < line.keys.length) {
      const key = line.keys[line.head];
      line.head += 1;
      // A key that became more urgent leaves an empty place in its old line.
      if (key !== undefined && standing.get(key)?.urgency === urgency) return key;
    }
    line.keys = [];
    line.head = 0;
    return undefined;
  }

  function compact(line: Line): void {
    if (line.head < 1024 || line.head * 2 < line.keys.length) return;
    line.keys = line.keys.slice(line.head);
    line.head = 0;
  }

  function nextKey(): string | undefined {
    const order: readonly Urgency[] = urgentRun >= URGENT_RUN ? ['periodic', 'first', 'urgent'] : URGENCIES;
    for (const urgency of order) {
      const key = shift(urgency);
      compact(lines[urgency]);
      if (key === undefined) continue;
      urgentRun = urgency === 'periodic' ? 0 : urgentRun + 1;
      return key;
    }
    return undefined;
  }

  return {
    add(key, urgency, dueAt) {
      const place = standing.get(key);
      if (place !== undefined && !isMoreUrgent(urgency, place.urgency)) return;
      standing.set(key, { urgency, dueAt: Math.min(place?.dueAt ?? dueAt, dueAt) });
      lines[urgency].keys.push(key);
    },
    take() {
      const key = nextKey();
      if (key === undefined) return undefined;
      const dueAt = standing.get(key)?.dueAt ?? 0;
      standing.delete(key);
      return { key, dueAt };
    },
    size: () => standing.size,
  };
}
