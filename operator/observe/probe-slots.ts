// When a target's free probe is due. Targets have slots of their own, so that forty targets are not asked in one instant.

/** A probe ends this long before the next one of its target is due. */
export const PROBE_MARGIN_MS = 500;
/** A probe that cannot be asked is tried at least this often. */
export const LONGEST_PROBE_GAP_MS = 60_000;

/** The longest timeout that its users wish, but never into the next slot. */
export function probeTimeoutMs(wishedMs: number, intervalMs: number): number {
  return Math.max(1, Math.min(wishedMs, intervalMs - PROBE_MARGIN_MS));
}

/** Start to start, when the last `couldNotAskRun` probes in a row could not be asked: the interval, doubling to 60 s. */
export function probeGapMs(intervalMs: number, couldNotAskRun: number): number {
  return Math.max(intervalMs, Math.min(LONGEST_PROBE_GAP_MS, intervalMs * 2 ** couldNotAskRun));
}

function phaseMs(id: string, intervalMs: number): number {
  let hash = 0;
  for (let index = 0; index < id.length; index += 1) hash = (Math.imul(hash, 31) + id.charCodeAt(index)) >>> 0;
  return hash % intervalMs;
}

/** The first slot of the target at or after `notBefore`. */
export function probeSlot(id: string, intervalMs: number, notBefore: number): number {
  const phase = phaseMs(id, intervalMs);
  return Math.ceil((notBefore - phase) / intervalMs) * intervalMs + phase;
}
