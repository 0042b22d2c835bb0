// Whether the one who asked is still there. A caller that leaves ends its upstream call at once.
import type { ServerResponse } from 'node:http';
import type { Caller } from './exchange.ts';

/** Watches the connection that the answer goes to. */
export function watchCaller(out: ServerResponse): Caller {
  const tasks = new Set<() => void>();
  let left = false;
  // Bytes for a caller that has just left are nobody's loss.
  out.on('error', () => {});
  out.once('close', () => {
    if (out.writableFinished) return;
    left = true;
    for (const task of [...tasks]) task();
    tasks.clear();
  });
  return {
    get left() {
      return left;
    },
    onLeave(task) {
      tasks.add(task);
      return () => void tasks.delete(task);
    },
  };
}
