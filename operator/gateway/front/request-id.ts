// The names of requests, in headers, logs and traces.
import { randomFillSync } from 'node:crypto';

/** As unlikely to meet twice as a UUID, and no sign of how many there were. */
const BYTES = 16;
/** Random bytes cost less by the thousand. */
const pool = Buffer.alloc(BYTES * 256);
let used = pool.length;

/** One more. */
export function newRequestId(): string {
  if (used === pool.length) {
    randomFillSync(pool);
    used = 0;
  }
  used += BYTES;
  return `req_${pool.toString('hex', used - BYTES, used)}`;
}
