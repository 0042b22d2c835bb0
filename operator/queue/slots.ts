// Fixed-rate slots: each key has its own phase, so that ten thousand keys of one interval are spread over it and a slow
// visit moves no later one.

/** Slots lie on this grid, so that one timer wakes many keys. */
export const SLOT_GRID_MS = 25;

/** A 32-bit hash of a key (FNV-1a): stable over restarts and replicas. */
export function hashKey(key: string): number {
  let hash = 0x811c9dc5;
  for (let index = 0; index < key.length; index += 1) {
    hash = Math.imul(hash ^ key.charCodeAt(index), 0x01000193);
  }
  return hash >>> 0;
}

/** Where in its interval a key's slots lie. */
export function slotPhaseMs(key: string, intervalMs: number): number {
  const phase = hashKey(key) % intervalMs;
  return phase - (phase % SLOT_GRID_MS);
}

/** The first slot of the key that lies strictly after `afterMs`. */
export function nextSlot(key: string, intervalMs: number, afterMs: number): number {
  const phase = slotPhaseMs(key, intervalMs);
  return (Math.floor((afterMs - phase) / intervalMs) + 1) * intervalMs + phase;
}
