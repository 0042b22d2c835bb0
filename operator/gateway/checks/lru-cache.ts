// A bounded cache by text: what was used longest ago goes first.

/** Its bounds: how many entries, and how many characters their keys have together. */
export interface CacheBounds {
  readonly entries: number;
  readonly characters: number;
}

/** Keeps what was made for a key. */
export interface LruCache<Value> {
  /** What was made for the key, or what `make` makes now. When `make` throws, nothing is kept. */
  get(key: string, make: () => Value): Value;
  readonly size: number;
}

/** An empty cache. */
export function createLruCache<Value>({ entries, characters }: CacheBounds): LruCache<Value> {
  // A Map keeps the order of insertion; what is used is inserted anew.
  const kept = new Map<string, { readonly value: Value }>();
  let held = 0;

  const shrink = () => {
    for (const key of kept.keys()) {
      if (kept.size <= entries && held <= characters) return;
      kept.delete(key);
      held -= key.length;
    }
  };
  return {
    get(key, make) {
      const found = kept.get(key);
      const entry = found ?? { value: make() };
      kept.delete(key);
      kept.set(key, entry);
      if (!found) {
        held += key.length;
        shrink();
      }
      return entry.value;
    },
    get size() {
      return kept.size;
    },
  };
}
