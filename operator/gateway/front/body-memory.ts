// How many bytes of request bodies are held at once. A body is held until its answer ends, because another model may have to
// get it too: behind a slow provider they would pile up until the process is killed, and everybody's requests with it.
import type { IncomingHttpHeaders } from 'node:http';

/** Room that one request has. */
export interface Room {
  /** Gives back what the body turned out not to need. */
  shrinkTo(bytes: number): void;
  /** Gives all back. */
  leave(): void;
}

/** The room there is. */
export interface BodyMemory {
  /** Room for a body of at most so many bytes; undefined when there is not enough. */
  enter(bytes: number): Room | undefined;
  /** What is taken of it. */
  heldBytes(): number;
}

/** So many bytes, of nobody yet. */
export function createBodyMemory(totalBytes: number): BodyMemory {
  let heldBytes = 0;
  return {
    enter(bytes) {
      if (heldBytes + bytes > totalBytes) return undefined;
      let own = bytes;
      heldBytes += own;
      const resize = (next: number) => {
        heldBytes += next - own;
        own = next;
      };
      return { shrinkTo: (size) => resize(Math.min(own, size)), leave: () => resize(0) };
    },
    heldBytes: () => heldBytes,
  };
}

/** The most that the body of a request with these headers can need: it says so, or it is read in chunks up to the limit. */
export function roomNeeded(headers: IncomingHttpHeaders, limitBytes: number): number {
  if (headers['transfer-encoding'] !== undefined) return limitBytes;
  return Math.min(limitBytes, Number(headers['content-length'] ?? 0));
}
