// What a measured program says of its memory, and where.
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** In bytes, after a collection. */
export interface Memory {
  /** All of the process. */
  readonly rss: number;
  /** On V8's heap. */
  readonly alive: number;
  /** What V8 keeps for young objects, whether there are any or not. It grows and shrinks in large steps, when V8 sees fit. */
  readonly young: number;
}

/** The file that the program writes once it has collected. */
export const memoryFile = (pid: number): string => join(tmpdir(), `mcpworkflow-bench-${pid}.json`);
