// Asks a target: the free probe, and the paid canary.
import type { Outcome } from '../decide/types.ts';
import { canaryCall, probeCall } from './dialect-calls.ts';
import { exchange } from './exchange.ts';
import type { HttpPorts } from './exchange.ts';
import { canaryOutcome, probeOutcome } from './outcome-tables.ts';
import type { ProbeTarget } from './probe-target.ts';

const MAX_PROBE_BYTES = 64 * 1024;
/** An answer to the longest canary that the catalog allows stays well below it. */
const MAX_CANARY_BYTES = 256 * 1024;

/** How targets are asked. Both never throw. */
export interface Asker {
  probe(target: ProbeTarget, timeoutMs: number, signal: AbortSignal): Promise<Outcome>;
  canary(target: ProbeTarget, signal: AbortSignal): Promise<Outcome>;
}

/** Asks over HTTP. */
export function httpAsker(ports: HttpPorts): Asker {
  return {
    async probe(target, timeoutMs, signal) {
      const seen = await exchange(ports, { ...probeCall(target), timeoutMs, signal, maxBytes: MAX_PROBE_BYTES });
      return probeOutcome(seen, target.protocol, ports.clock.now());
    },
    async canary(target, signal) {
      const { timeoutMs } = target.canary;
      const seen = await exchange(ports, { ...canaryCall(target), timeoutMs, signal, maxBytes: MAX_CANARY_BYTES });
      return canaryOutcome(seen, target.protocol, ports.clock.now());
    },
  };
}
