// What goes to one caller, in pieces as the caller takes them. In pieces, because one sees then that it takes something, and
// because TLS makes an encrypted copy of whatever it is given at once.
import type { ServerResponse } from 'node:http';
import type { Clock, Timer } from '../../clock.ts';
import type { AnswerRoom } from './answer-memory.ts';

/** What a connection's own buffers take, more or less. */
const PIECE_BYTES = 64 * 1024;
/** Who has not taken a piece for so long is broken off once others wait for its room. Until then it costs nobody anything. */
const STALLED_MS = 30_000;

/** What an outlet is made of. */
export interface OutletParts {
  readonly out: ServerResponse;
  readonly clock: Clock;
  /** Where that is counted which the caller has not taken. */
  readonly room: AnswerRoom;
  /** After a `write` that returned false: everything is taken. */
  readonly onTaken?: () => void;
}

/** The way to one caller. */
export class Outlet {
  readonly #parts: OutletParts;
  #rest: Buffer[] = [];
  #queuedBytes = 0;
  #isBehind = false;
  /** How it ends when the rest is taken. */
  #atEnd: 'goesOn' | 'ends' | (() => void) = 'goesOn';
  #stalled: Timer | undefined;

  constructor(parts: OutletParts) {
    this.#parts = parts;
  }

  /** What was written and not taken: 0 unless the caller is behind. */
  get queuedBytes(): number {
    return this.#queuedBytes;
  }

  /** False when the caller is behind. */
  write(bytes: Buffer): boolean {
    if (this.#isBehind || bytes.length > PIECE_BYTES) this.#rest.push(bytes);
    else if (this.#parts.out.write(bytes)) return true;
    this.#queuedBytes += bytes.length;
    this.#fallBehind();
    return false;
  }

  /** The last bytes. */
  end(bytes: Buffer): void {
    if (!this.#isBehind && bytes.length <= PIECE_BYTES) return void this.#parts.out.end(bytes);
    this.#rest.push(bytes);
    this.#atEnd = 'ends';
    this.#fallBehind();
  }

  /** The last words, after which `done` breaks the connection. */
  breakWith(words: string, done: () => void): void {
    if (!this.#isBehind) return void this.#parts.out.write(words, done);
    this.#rest.push(Buffer.from(words));
    this.#atEnd = done;
  }

  #fallBehind(): void {
    if (this.#isBehind) return;
    this.#isBehind = true;
    this.#parts.out.once('close', () => this.#onClose());
    if (this.#rest.length > 0) this.#next();
    else this.#awaitDrain();
  }

  #next(): void {
    this.#stalled?.cancel();
    for (let piece = this.#takePiece(); piece; piece = this.#takePiece()) {
      if (this.#atEnd === 'ends' && this.#rest.length === 0) return this.#endWith(piece);
      if (!this.#parts.out.write(piece)) return this.#awaitDrain();
    }
    this.#catchUp();
  }

  #takePiece(): Buffer | undefined {
    const first = this.#rest[0];
    if (!first) return undefined;
    if (first.length <= PIECE_BYTES) return this.#rest.shift();
    this.#rest[0] = first.subarray(PIECE_BYTES);
    return first.subarray(0, PIECE_BYTES);
  }

  #endWith(piece: Buffer): void {
    this.#parts.out.end(piece);
    this.#watch();
  }

  #awaitDrain(): void {
    this.#parts.out.once('drain', () => this.#next());
    // What little is on its way of a stream that goes on may stay so: its caller may be at a breakpoint.
    if (this.#queuedBytes > PIECE_BYTES || this.#atEnd !== 'goesOn') this.#watch();
  }

  #watch(): void {
    const { clock, out, room } = this.#parts;
    if (out.destroyed) return;
    this.#stalled = clock.after(STALLED_MS, () => (room.isWanted() ? out.destroy() : this.#watch()));
  }

  #catchUp(): void {
    this.#isBehind = false;
    this.#queuedBytes = 0;
    if (typeof this.#atEnd === 'function') this.#atEnd();
    else this.#parts.onTaken?.();
  }

  #onClose(): void {
    this.#stalled?.cancel();
    this.#rest = [];
  }
}
