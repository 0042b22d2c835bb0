// The answer of one attempt while it comes: how much of it is held, and whether more of it may come. Its provider is not read
// from while there is no room, or its caller is behind; meanwhile no silence is the provider's.
import type { Clock, Timer } from '../../clock.ts';
import type { AnswerBody, Holder } from '../upstream/answer-body.ts';
import type { AnswerRoom } from './answer-memory.ts';
import type { Watchdog } from './watchdog.ts';

/** An answer waits no longer: its request is held as well, and its caller is better told while it still listens. */
const MAX_WAIT_MS = 60_000;

/** What an answer is held with. */
export interface HoldingParts {
  readonly room: AnswerRoom;
  readonly body: AnswerBody;
  readonly clock: Clock;
  /** Ends the attempt. */
  readonly watchdog: Watchdog;
  /** When the request's time is over. */
  readonly deadlineAt: number;
}

/** What is held of one answer. */
export class Holding implements Holder {
  readonly #parts: HoldingParts;
  #bytes = 0;
  #awaitsCaller = false;
  #stopped = false;
  #endsAt: number;
  /** While it waits for room. */
  #patience: Timer | undefined;

  constructor(parts: HoldingParts) {
    this.#parts = parts;
    this.#endsAt = parts.deadlineAt;
  }

  get limitBytes(): number {
    return this.#parts.room.limitBytes;
  }

  /** So much is held now. When that is more than there is room for, it waits, or the attempt ends as `noRoom`. */
  hold(bytes: number): boolean {
    if (bytes === 0 && this.#bytes === 0) return true;
    this.#bytes = bytes;
    const fit = this.#parts.room.hold(bytes, () => this.#goOn());
    if (fit === 'none') this.#giveUp();
    else if (fit === 'wait') this.#wait();
    else if (this.#patience) this.#goOn();
    return fit !== 'none';
  }

  /** A stream is committed: the time of its request is of no matter any more. */
  outlivesDeadline(): void {
    this.#endsAt = Infinity;
  }

  /** The caller has not taken what it was sent. */
  callerIsBehind(): void {
    if (this.#awaitsCaller) return;
    if (!this.#patience) this.#pause();
    this.#awaitsCaller = true;
  }

  callerHasCaughtUp(): void {
    if (!this.#awaitsCaller) return;
    this.#awaitsCaller = false;
    if (!this.#patience) this.#resume();
  }

  /** The attempt has ended. What is held stays so until the request gives it back; nothing is waited for. */
  stop(): void {
    this.#stopped = true;
    this.#parts.room.rest();
    this.#patience?.cancel();
    this.#patience = undefined;
  }

  #wait(): void {
    if (this.#patience) return;
    const { clock } = this.#parts;
    const waitMs = Math.min(MAX_WAIT_MS, this.#endsAt - clock.now());
    if (!this.#awaitsCaller) this.#pause();
    this.#patience = clock.after(waitMs, () => this.#giveUp());
  }

  #goOn(): void {
    this.#patience?.cancel();
    this.#patience = undefined;
    if (!this.#awaitsCaller) this.#resume();
  }

  #giveUp(): void {
    this.#parts.watchdog.expire({ symptom: 'noRoom', fair: true });
  }

  #pause(): void {
    this.#parts.body.pause();
    this.#parts.watchdog.suspend();
  }

  #resume(): void {
    if (this.#stopped) return;
    this.#parts.watchdog.goOn(this.#endsAt);
    this.#parts.body.resume();
  }
}
