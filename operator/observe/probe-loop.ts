// The free probes of one target, on fixed slots. A probe never overlaps itself: a slot that finds one running passes.
import type { Clock, Timer } from '../clock.ts';
import type { Outcome } from '../decide/types.ts';
import { probeGapMs, probeSlot, probeTimeoutMs } from './probe-slots.ts';

export interface ProbeLoopPorts {
  readonly clock: Clock;
  /** What the slots are derived from. */
  readonly id: string;
  ask(timeoutMs: number, signal: AbortSignal): Promise<Outcome>;
  /** A probe has ended. Not called for one that `renew` or `stop` overtook. */
  onEnd(outcome: Outcome, startedAt: number, endedAt: number): void;
}

/** How often, and how long, at the wish of all users. */
export interface Pace {
  readonly intervalMs: number;
  readonly timeoutMs: number;
}

export interface ProbeLoop {
  /** Takes a new pace; the first call also starts the loop, with a probe at once. */
  pace(pace: Pace): void;
  /** Forgets what was seen and asks at once: the credential is another one. */
  renew(): void;
  /** The latest probe failed, or got no answer. */
  failing(): boolean;
  couldNotAskRun(): number;
  stop(): Promise<void>;
}

/** A loop that asks nothing until it is paced. */
export function probeLoop(ports: ProbeLoopPorts): ProbeLoop {
  const { clock, id } = ports;
  let pace: Pace | undefined;
  let timer: Timer | undefined;
  let running: { readonly abort: AbortController; readonly done: Promise<void> } | undefined;
  let lastStartedAt = -Infinity;
  let couldNotAskRun = 0;
  let failing = false;

  function arm(): void {
    timer?.cancel();
    timer = undefined;
    if (pace === undefined) return;
    const { intervalMs } = pace;
    const notBefore = couldNotAskRun === 0 ? -Infinity : lastStartedAt + probeGapMs(intervalMs, couldNotAskRun);
    const slot = probeSlot(id, intervalMs, Math.max(clock.now() + 1, notBefore));
    timer = clock.after(slot - clock.now(), () => {
      begin();
      arm();
    });
  }

  function begin(): void {
    if (pace === undefined || running !== undefined) return;
    const startedAt = clock.now();
    lastStartedAt = startedAt;
    const abort = new AbortController();
    const timeoutMs = probeTimeoutMs(pace.timeoutMs, pace.intervalMs);
    const done = ports.ask(timeoutMs, abort.signal).then((outcome) => {
      if (running?.abort === abort) ended(outcome, startedAt);
    });
    running = { abort, done };
  }

  function ended(outcome: Outcome, startedAt: number): void {
    running = undefined;
    if (outcome.kind === 'couldNotAsk') couldNotAskRun += 1;
    else {
      couldNotAskRun = 0;
      failing = outcome.kind !== 'answered';
    }
    arm();
    ports.onEnd(outcome, startedAt, clock.now());
  }

  function abandon(): Promise<void> {
    const overtaken = running;
    running = undefined;
    overtaken?.abort.abort();
    return overtaken?.done ?? Promise.resolve();
  }

  return {
    pace(next) {
      const first = pace === undefined;
      if (pace?.intervalMs === next.intervalMs && pace.timeoutMs === next.timeoutMs) return;
      pace = next;
      if (first) begin();
      arm();
    },
    renew() {
      void abandon();
      couldNotAskRun = 0;
      failing = false;
      begin();
      arm();
    },
    failing: () => failing,
    couldNotAskRun: () => couldNotAskRun,
    async stop() {
      pace = undefined;
      timer?.cancel();
      await abandon();
    },
  };
}
