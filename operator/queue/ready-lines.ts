// Keys that may be visited now, in two lines: urgent (somebody edited, a probe failed) before periodic. A key stands in
// one of them at most once. After a run of urgent keys one periodic key goes first, so that edits cannot starve the looks.

export type Urgency = 'urgent' | 'periodic';

/** So many urgent keys go first before a waiting periodic one is let through. */
export const URGENT_RUN = 8;

interface Line {
  keys: string[];
  head: number;
}

export interface ReadyLines {
  /** Puts the key in line; a key that already stands there can only become urgent. `dueAt` is kept from the first time. */
  add(key: string, urgency: Urgency, dueAt: number): void;
  /** Takes the next key. */
  take(): { readonly key: string; readonly dueAt: number } | undefined;
  size(): number;
}

/** Two empty lines. */
export function createReadyLines(): ReadyLines {
  const standing = new Map<string, { urgency: Urgency; dueAt: number }>();
  const lines: Readonly<Record<Urgency, Line>> = { urgent: { keys: [], head: 0 }, periodic: { keys: [], head: 0 } };
  let urgentRun = 0;

  function shift(urgency: Urgency): string | undefined {
    const line = lines[urgency];
    while (line.head < line.keys.length) {
      const key = line.keys[line.head];
      line.head += 1;
      // A key that became urgent leaves an empty place in the periodic line.
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
    const order: readonly Urgency[] = urgentRun >= URGENT_RUN ? ['periodic', 'urgent'] : ['urgent', 'periodic'];
    for (const urgency of order) {
      const key = shift(urgency);
      compact(lines[urgency]);
      if (key === undefined) continue;
      urgentRun = urgency === 'urgent' ? urgentRun + 1 : 0;
      return key;
    }
    return undefined;
  }

  return {
    add(key, urgency, dueAt) {
      const place = standing.get(key);
      if (place !== undefined && (place.urgency === 'urgent' || urgency === 'periodic')) return;
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
