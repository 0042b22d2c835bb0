// Reads a gateway's counters over HTTP. What comes is checked: a gateway of another version must not feed nonsense to decide.
import { TransientError } from '../errors.ts';
import type { CounterEntry, CounterSnapshot } from '../telemetry/counter-snapshot.ts';
import { exchange } from './exchange.ts';
import type { HttpPorts } from './exchange.ts';

/** One gateway's counters. `id` is stable over its restarts. */
export interface CounterSource {
  readonly id: string;
  read(): Promise<CounterSnapshot>;
}

/** Ten thousand workflows on a few targets each stay well below it. */
const MAX_SNAPSHOT_BYTES = 64 * 1024 * 1024;

const COUNTS = [
  'successes',
  'failures',
  'timeouts',
  'throttles',
  'gaveUp',
  'unconfirmed',
  'trailingFailures',
  'trailingTimeouts',
  'trailingThrottles',
] as const satisfies readonly (keyof CounterEntry)[];

const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null;
const isCount = (value: unknown) => typeof value === 'number' && Number.isFinite(value) && value >= 0;

function isEntry(value: unknown): value is CounterEntry {
  return (
    isObject(value) &&
    ['workflow', 'uid', 'target'].every((name) => typeof value[name] === 'string') &&
    COUNTS.every((name) => isCount(value[name]))
  );
}

/** The snapshot in this JSON text; a TransientError when it is not one. */
export function parseSnapshot(text: string): CounterSnapshot {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    throw new TransientError('expected a counter snapshot, got no JSON', { cause });
  }
  if (!isObject(value) || typeof value['startId'] !== 'string' || !Array.isArray(value['entries'])) {
    throw new TransientError('expected a counter snapshot with startId and entries');
  }
  const entries: unknown[] = value['entries'];
  if (!entries.every(isEntry)) throw new TransientError('expected every counter to be a number that is not negative');
  return { startId: value['startId'], entries };
}

/** The counters at `origin`, for example `http://10.0.0.7:9091`. */
export function httpCounterSource(
  ports: HttpPorts,
  gateway: { readonly id: string; readonly origin: string; readonly timeoutMs: number },
): CounterSource {
  const url = `${gateway.origin.replace(/\/+$/, '')}/internal/counters`;
  return {
    id: gateway.id,
    async read() {
      const { timeoutMs } = gateway;
      const seen = await exchange(ports, { method: 'GET', url, headers: {}, timeoutMs, maxBytes: MAX_SNAPSHOT_BYTES });
      if (seen.kind !== 'answer') throw new TransientError('the gateway did not answer');
      if (seen.status !== 200 || seen.ended !== 'whole') {
        throw new TransientError(`expected the counters with status 200, got ${seen.status} (${seen.ended})`);
      }
      return parseSnapshot(seen.body.toString('utf8'));
    },
  };
}
