// The canaries of one target: started when the planner says so, never two at once, never unpaid for by a non-leader.
import type { Clock, Timer } from '../clock.ts';
import type { CanaryPurpose, CanaryWant, Outcome } from '../decide/types.ts';
import type { CanaryAllowance } from './probe-target.ts';
import { createWantTally } from './want-tally.ts';

/** When the next canary may start, if one is wanted, and what for. */
export interface PlannedCanary {
  readonly startAt?: number;
  readonly purpose?: CanaryPurpose;
  readonly budgetSpent: boolean;
}

/** The planner of decide/, handed over: what canaries mean and may cost is not observe's to know. Its state is opaque. */
export interface CanaryPlanner<State> {
  initial(): State;
  plan(question: {
    readonly wants: readonly CanaryWant[];
    readonly state: State;
    readonly settings: { readonly timeoutMs: number; readonly maxPerHour: number };
    readonly facts: { readonly probeFailing: boolean };
    readonly now: number;
  }): PlannedCanary;
  ended(
    state: State,
    outcome: Outcome,
    startedAt: number,
    endedAt: number,
    now: number,
    purpose?: CanaryPurpose,
  ): State;
  /** The state under another credential: only what was spent still counts. Without it all is forgotten. */
  renewed?(state: State): State;
}

export interface CanaryLoopPorts<State> {
  readonly clock: Clock;
  readonly planner: CanaryPlanner<State>;
  allowance(): CanaryAllowance;
  ask(signal: AbortSignal): Promise<Outcome>;
  /** Whether this replica may spend money now. Asked before each canary. */
  mayPay(): boolean;
  /** The latest free probe failed. */
  probeFailing(): boolean;
  /** A canary has ended. Not called for one that `renew` or `stop` overtook. */
  onEnd(outcome: Outcome, startedAt: number, endedAt: number): void;
}

export interface CanaryLoop {
  /** Replaces what this user wants of the target. */
  want(uid: string, want: CanaryWant | undefined): void;
  /** Something that the plan depends on changed. */
  replan(): void;
  /** Another credential: what was learned of the canary itself no longer counts. What was spent does. */
  renew(): void;
  /** The latest plan. */
  plan(): PlannedCanary;
  /** The latest canary was refused as invalid. */
  invalid(): boolean;
  stop(): Promise<void>;
}

const NOT_PAYING_RETRY_MS = 1_000;

/** A loop that sends nothing until somebody wants it. */
export function canaryLoop<State>(ports: CanaryLoopPorts<State>): CanaryLoop {
  const { clock, planner } = ports;
  const wants = createWantTally();
  let state = planner.initial();
  let plan: PlannedCanary = { budgetSpent: false };
  let invalid = false;
  let stopped = false;
  let timer: Timer | undefined;
  let running: { readonly abort: AbortController; readonly done: Promise<void> } | undefined;

  function replan(): void {
    timer?.cancel();
    timer = undefined;
    if (stopped) return;
    const now = clock.now();
    const distinct = wants.distinct();
    const facts = { probeFailing: ports.probeFailing() };
    plan =
      distinct.length === 0
        ? { budgetSpent: false }
        : planner.plan({ wants: distinct, state, settings: ports.allowance(), facts, now });
    if (plan.startAt === undefined || running !== undefined) return;
    if (plan.startAt > now) timer = clock.after(plan.startAt - now, replan);
    else if (ports.mayPay()) begin(plan.purpose);
    else timer = clock.after(NOT_PAYING_RETRY_MS, replan);
  }

  function begin(purpose: CanaryPurpose | undefined): void {
    const startedAt = clock.now();
    const abort = new AbortController();
    const done = ports.ask(abort.signal).then((outcome) => {
      if (running?.abort === abort) ended(outcome, startedAt, purpose);
    });
    running = { abort, done };
  }

  function ended(outcome: Outcome, startedAt: number, purpose: CanaryPurpose | undefined): void {
    running = undefined;
    const endedAt = clock.now();
    state = planner.ended(state, outcome, startedAt, endedAt, endedAt, purpose);
    invalid = outcome.kind === 'couldNotAsk' && outcome.reason === 'CanaryInvalid';
    // Whoever hears of it may no longer want another one, so they are told before the next is planned.
    ports.onEnd(outcome, startedAt, endedAt);
    replan();
  }

  function abandon(): Promise<void> {
    const overtaken = running;
    running = undefined;
    overtaken?.abort.abort();
    return overtaken?.done ?? Promise.resolve();
  }

  return {
    want(uid, want) {
      if (wants.set(uid, want)) replan();
    },
    replan,
    renew() {
      void abandon();
      invalid = false;
      state = planner.renewed?.(state) ?? planner.initial();
      replan();
    },
    plan: () => plan,
    invalid: () => invalid,
    async stop() {
      stopped = true;
      timer?.cancel();
      await abandon();
    },
  };
}
