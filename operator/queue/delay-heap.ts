// Keys that wait for a time: a binary heap by due time. A key waits at most once, and waiting again only moves it earlier.

export interface DelayHeap {
  /** Lets the key wait until `at`, unless it already waits for an earlier time. */
  add(key: string, at: number): void;
  /** Forgets the key. */
  remove(key: string): void;
  /** When the first key is due; undefined when none waits. */
  nextAt(): number | undefined;
  /** Takes the first key that is due at `now`. */
  takeDue(now: number): { readonly key: string; readonly at: number } | undefined;
  /** How many keys wait. */
  size(): number;
}

interface Entry {
  readonly key: string;
  readonly at: number;
}

// Entries that were moved or removed stay in the heap until they surface; more than this many force a rebuild.
const SLACK = 64;

/** An empty heap. */
export function createDelayHeap(): DelayHeap {
  const dueAt = new Map<string, number>();
  let heap: Entry[] = [];

  const isLive = (entry: Entry) => dueAt.get(entry.key) === entry.at;

  function push(entry: Entry): void {
    let hole = heap.length;
    heap.push(entry);
    while (hole > 0) {
      const parent = (hole - 1) >> 1;
      const above = heap[parent];
      if (above === undefined || above.at <= entry.at) break;
      heap[hole] = above;
      hole = parent;
    }
    heap[hole] = entry;
  }

  function smallerChild(hole: number): number {
    const left = 2 * hole + 1;
    const right = left + 1;
    const leftAt = heap[left]?.at ?? Infinity;
    const rightAt = heap[right]?.at ?? Infinity;
    return rightAt < leftAt ? right : left;
  }

  function pop(): void {
    const last = heap.pop();
    if (last === undefined || heap.length === 0) return;
    let hole = 0;
    for (let child = smallerChild(hole); child < heap.length; child = smallerChild(hole)) {
      const below = heap[child];
      if (below === undefined || below.at >= last.at) break;
      heap[hole] = below;
      hole = child;
    }
    heap[hole] = last;
  }

  function rebuildWhenStale(): void {
    if (heap.length <= 2 * dueAt.size + SLACK) return;
    heap = heap.filter(isLive).sort((a, b) => a.at - b.at);
  }

  function first(): Entry | undefined {
    while (heap[0] !== undefined && !isLive(heap[0])) pop();
    return heap[0];
  }

  return {
    add(key, at) {
      const waiting = dueAt.get(key);
      if (waiting !== undefined && waiting <= at) return;
      dueAt.set(key, at);
      push({ key, at });
      rebuildWhenStale();
    },
    remove: (key) => void dueAt.delete(key),
    nextAt: () => first()?.at,
    takeDue(now) {
      const entry = first();
      if (entry === undefined || entry.at > now) return undefined;
      pop();
      dueAt.delete(entry.key);
      return entry;
    },
    size: () => dueAt.size,
  };
}
