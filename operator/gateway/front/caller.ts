// Whether the one who asked is still there. A caller that leaves ends its upstream call at once.
import type { ServerResponse } from 'node:http';
import type { Caller } from '../course/exchange.ts';

/**
 * A class for the sake of the garbage collector: V8 makes a hidden class of its own for each object literal that has a getter,
 * and it lives on with all that the getter sees. The bodies and headers of every request then outlived it.
 */
class Connection implements Caller {
  readonly #out: ServerResponse;
  readonly #atEnd: () => void;
  readonly #tasks = new Set<() => void>();
  #left = false;

  constructor(out: ServerResponse, atEnd: () => void) {
    this.#out = out;
    this.#atEnd = atEnd;
    // Bytes for a caller that has just left are nobody's loss.
    out.on('error', () => {});
    out.on('close', () => this.#onClose());
  }

  get left(): boolean {
    return this.#left;
  }

  onLeave(task: () => void): () => void {
    this.#tasks.add(task);
    return () => void this.#tasks.delete(task);
  }

  #onClose(): void {
    if (!this.#out.writableFinished) this.#leave();
    this.#atEnd();
  }

  #leave(): void {
    this.#left = true;
    for (const task of [...this.#tasks]) task();
    this.#tasks.clear();
  }
}

/** Watches the connection that the answer goes to. `atEnd` runs when that is over, with the answer or with the caller. */
export const watchCaller = (out: ServerResponse, atEnd: () => void): Caller => new Connection(out, atEnd);
