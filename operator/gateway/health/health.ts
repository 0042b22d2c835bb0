// What attempts say about models, told to those who keep it: the breaker, the trials, and the counters that the
// operator pulls. A request gets a ticket for each attempt and settles it exactly once.
import type { Clock } from '../../clock.ts';
import type { RouteTable, WorkflowRoute } from '../../routes/types.ts';
import type { CounterSnapshot } from '../../telemetry/counter-snapshot.ts';
import { createBreakers } from './breaker.ts';
import type { Breakers } from './breaker.ts';
import type { Failure } from '../failures/classify.ts';
import { createCounters } from './counters.ts';
import type { CountedFailure, Counters } from './counters.ts';
import type { GatewayMetrics } from './metrics.ts';
import { createTrials } from './trial.ts';
import type { Trials } from './trial.ts';
import { candidatesOf, partsOf } from '../upstream/candidate.ts';
import type { Candidate } from '../upstream/candidate.ts';

/** The right to make one attempt. Only the first call of any of these counts. */
export interface Ticket {
  succeeded(): void;
  failed(failure: Failure): void;
  /** An answer that says nothing about the model's health: it only ends a run of 429s. */
  answered(): void;
  /** The caller left after waiting long without a byte. */
  gaveUp(): void;
  /** Nothing was learned. */
  released(): void;
}

/** The gateway's own knowledge of the models. */
export interface Health {
  /** The candidates in the order of attempts: table order, but a due trial goes first. */
  order(candidates: readonly Candidate[]): readonly Candidate[];
  /** Whether `admit` would give a ticket now. */
  routable(candidate: Candidate): boolean;
  /** Undefined while the breaker keeps the model out, which it does after so many failures in a row. */
  admit(candidate: Candidate, consecutiveFailures: number): Ticket | undefined;
  /** Why the breaker keeps the model out, and for how much longer at least. */
  keptOut(candidate: Candidate): { readonly reason: string; readonly remainingMs: number } | undefined;
  onTable(table: RouteTable): void;
  counters(): CounterSnapshot;
  breakers(): { readonly open: number; readonly halfOpen: number };
}

/** What health depends on. */
export interface HealthOptions {
  readonly clock: Clock;
  readonly random: () => number;
  readonly alone: () => boolean;
  readonly metrics: GatewayMetrics;
  readonly startId: string;
}

/** Those who keep what is learned. */
interface Keepers {
  readonly breakers: Breakers;
  readonly trials: Trials;
  readonly counters: Counters;
  readonly metrics: GatewayMetrics;
}

/** An attempt that was admitted. */
interface Admitted {
  readonly candidate: Candidate;
  readonly consecutiveFailures: number;
  readonly halfOpen: boolean;
  readonly trial: boolean;
}

class OneTicket implements Ticket {
  readonly #keepers: Keepers;
  readonly #admitted: Admitted;
  #settled = false;

  constructor(keepers: Keepers, admitted: Admitted) {
    this.#keepers = keepers;
    this.#admitted = admitted;
  }

  succeeded(): void {
    if (!this.#settle('Ok')) return;
    const { candidate, halfOpen, trial } = this.#admitted;
    const { breakers, trials, counters } = this.#keepers;
    counters.success(candidate.key);
    breakers.succeeded(candidate.key, halfOpen);
    if (trial) trials.ended(candidate.key, true);
  }

  failed(failure: Failure): void {
    if (!this.#settle(failure.reason)) return;
    const { candidate, consecutiveFailures, halfOpen, trial } = this.#admitted;
    const { breakers, trials, counters } = this.#keepers;
    counters.failure(candidate.key, failure);
    if (!failure.trips) return this.#release();
    breakers.failed(candidate.key, candidate.model, consecutiveFailures, halfOpen, failure.reason);
    if (trial) trials.ended(candidate.key, false);
  }

  answered(): void {
    this.#endWithout('Ok', { counts: 'nothing', reason: '', answered: true });
  }

  gaveUp(): void {
    this.#endWithout('ClientGaveUp', { counts: 'gaveUp', reason: 'ClientGaveUp', answered: false });
  }

  released(): void {
    if (this.#settle()) this.#release();
  }

  /** Something is counted that says nothing to the breaker. */
  #endWithout(metric: string, counted: CountedFailure): void {
    if (!this.#settle(metric)) return;
    this.#keepers.counters.failure(this.#admitted.candidate.key, counted);
    this.#release();
  }

  /** Whether it was not yet. */
  #settle(metric?: string): boolean {
    if (this.#settled) return false;
    this.#settled = true;
    if (metric !== undefined) this.#keepers.metrics.attempt(metric);
    return true;
  }

  #release(): void {
    const { candidate, halfOpen, trial } = this.#admitted;
    if (halfOpen) this.#keepers.breakers.released(candidate.key);
    if (trial) this.#keepers.trials.ended(candidate.key, undefined);
  }
}

function isInUse(table: RouteTable, key: string): boolean {
  const route = table.workflows[partsOf(key).workflow];
  return route !== undefined && candidatesOf(route).some((used) => used.key === key);
}

/** The health that one gateway keeps. */
export function createHealth({ clock, random, alone, metrics, startId }: HealthOptions): Health {
  const breakers = createBreakers({ clock, random, alone });
  const trials = createTrials(clock);
  const counters = createCounters(startId);
  const keepers = { breakers, trials, counters, metrics };
  let last: RouteTable | undefined;

  const follow = (route: WorkflowRoute) => {
    const candidates = candidatesOf(route);
    const onTrial = new Set(candidates.filter(({ model }) => model.trial).map(({ key }) => key));
    for (const { key, model } of candidates) {
      breakers.follow(key, model);
      trials.follow(key, onTrial.has(key));
    }
  };
  const isDue = ({ model, key }: Candidate) => model.trial && trials.due(key);

  return {
    order(candidates) {
      const first = candidates.find(isDue);
      return first ? [first, ...candidates.filter((candidate) => candidate !== first)] : candidates;
    },
    routable: (candidate) => isDue(candidate) || breakers.look(candidate.key, candidate.model) !== 'denied',
    admit(candidate, consecutiveFailures) {
      const trial = isDue(candidate);
      const admission = breakers.admit(candidate.key, candidate.model);
      if (admission === 'denied' && !trial) return undefined;
      if (trial) trials.begin(candidate.key);
      return new OneTicket(keepers, { candidate, consecutiveFailures, halfOpen: admission === 'halfOpen', trial });
    },
    keptOut: ({ key }) => breakers.openState(key),
    onTable(table) {
      // In a herd there are many tables a second, each with a few routes that are not those of the last one.
      for (const [key, route] of Object.entries(table.workflows)) if (route !== last?.workflows[key]) follow(route);
      last = table;
      breakers.keepOnly((key) => isInUse(table, key));
      trials.keepOnly((key) => isInUse(table, key));
      counters.keepOnly((key) => {
        const { workflow, uid } = partsOf(key);
        return table.workflows[workflow]?.uid === uid;
      });
    },
    counters: () => counters.snapshot(),
    breakers: () => breakers.count(),
  };
}
