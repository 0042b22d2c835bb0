// Several deadlines of one attempt on a single timer. Moving one into the future costs no new timer, so a stream may
// push its idle deadline with every chunk. While the attempt waits for us, none of them comes nearer.
import type { Clock, Timer } from '../../clock.ts';
import type { Symptom } from '../failures/classify.ts';

const LIMITS = ['whole', 'firstEvent', 'content', 'idle'] as const;

/** What a deadline is about. */
export type Limit = (typeof LIMITS)[number];

/** What it means that a deadline passed. */
export interface Expiry {
  readonly symptom: Symptom;
  /** The attempt had time enough for this to say something about the model. */
  readonly fair: boolean;
}

interface Deadline {
  readonly at: number;
  readonly expiry: Expiry;
}

/** Watches one attempt. */
export class Watchdog {
  readonly #clock: Clock;
  readonly #onExpire: () => void;
  #deadlines: Partial<Record<Limit, Deadline | undefined>> = {};
  #timer: Timer | undefined;
  /** When the timer goes off. */
  #timerAt = 0;
  #expired: Expiry | undefined;
  #suspendedAt: number | undefined;

  /** Calls `onExpire` once, when the first deadline passes. */
  constructor(clock: Clock, onExpire: () => void) {
    this.#clock = clock;
    this.#onExpire = onExpire;
  }

  /** The deadline that passed, if one did. */
  get expired(): Expiry | undefined {
    return this.#expired;
  }

  set(limit: Limit, afterMs: number, expiry: Expiry): void {
    if (this.#expired) return;
    const at = (this.#suspendedAt ?? this.#clock.now()) + afterMs;
    this.#deadlines[limit] = { at, expiry };
    if (this.#suspendedAt === undefined && (!this.#timer || at < this.#timerAt)) this.#arm(at);
  }

  clear(limit: Limit): void {
    this.#deadlines[limit] = undefined;
  }

  /** The attempt waits for us or for its caller: no time passes for it. */
  suspend(): void {
    this.#suspendedAt ??= this.#clock.now();
    this.#disarm();
  }

  /** Time passes again. What was put off by that ends at `latestAt` at the latest, and then says nothing about the model. */
  goOn(latestAt: number): void {
    if (this.#suspendedAt === undefined || this.#expired) return;
    const byMs = this.#clock.now() - this.#suspendedAt;
    this.#suspendedAt = undefined;
    for (const limit of LIMITS) {
      const deadline = this.#deadlines[limit];
      if (deadline) this.#deadlines[limit] = putOff(limit, deadline, byMs, latestAt);
    }
    const first = this.#earliest();
    if (first) this.#arm(first.at);
  }

  /** Ends it now, for this. */
  expire(expiry: Expiry): void {
    if (this.#expired) return;
    this.#expired = expiry;
    this.stop();
    this.#onExpire();
  }

  stop(): void {
    this.#deadlines = {};
    this.#disarm();
  }

  #earliest(): Deadline | undefined {
    let first: Deadline | undefined;
    for (const limit of LIMITS) {
      const deadline = this.#deadlines[limit];
      if (deadline && (!first || deadline.at < first.at)) first = deadline;
    }
    return first;
  }

  #arm(at: number): void {
    this.#disarm();
    this.#timerAt = at;
    this.#timer = this.#clock.after(at - this.#clock.now(), () => this.#fire());
  }

  #disarm(): void {
    this.#timer?.cancel();
    this.#timer = undefined;
  }

  #fire(): void {
    this.#timer = undefined;
    const first = this.#earliest();
    if (!first) return;
    if (first.at > this.#clock.now()) this.#arm(first.at);
    else this.expire(first.expiry);
  }
}

/** Silences have no end but their own. */
function putOff(limit: Limit, { at, expiry }: Deadline, byMs: number, latestAt: number): Deadline {
  if (limit === 'idle' || at + byMs <= latestAt) return { at: at + byMs, expiry };
  return { at: Math.max(at, latestAt), expiry: { ...expiry, fair: false } };
}
