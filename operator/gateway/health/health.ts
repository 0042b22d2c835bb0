// What attempts say about models, told to those who keep it: the breaker, the trials, and the counters that the
// operator pulls. A request gets a ticket for each attempt and settles it exactly once.
import type { Clock } from '../../clock.ts';
import type { RouteTable, WorkflowRoute } from '../../routes/types.ts';
import type { CounterSnapshot } from '../../telemetry/counter-snapshot.ts';
import { createBreakers } from './breaker.ts';
import type { Failure } from '../failures/classify.ts';
import { createCounters } from './counters.ts';
import type { GatewayMetrics } from './metrics.ts';
import { createTrials } from './trial.ts';
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
  order(route: WorkflowRoute, candidates: readonly Candidate[]): readonly Candidate[];
  /** Whether `admit` would give a ticket now. */
  routable(route: WorkflowRoute, candidate: Candidate): boolean;
  /** Undefined while the breaker keeps the model out. */
  admit(route: WorkflowRoute, candidate: Candidate): Ticket | undefined;
  /** Why the breaker keeps the model out, and for how much longer at least. */
  keptOut(
    route: WorkflowRoute,
    candidate: Candidate,
  ): { readonly reason: string; readonly remainingMs: number } | undefined;
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

const keyOf = (route: WorkflowRoute, target: string) => `${route.key}\n${route.uid}\n${target}`;

function once(): (task: () => void) => void {
  let done = false;
  return (task) => {
    if (done) return;
    done = true;
    task();
  };
}

/** Every (model, target) of a route. */
const targetsOf = (route: WorkflowRoute) =>
  route.models.flatMap((model) =>
    Object.values(model.targets).map((target) => ({ model, key: keyOf(route, target.id) })),
  );

function isInUse(table: RouteTable, key: string): boolean {
  const route = table.workflows[key.slice(0, key.indexOf('\n'))];
  return route !== undefined && targetsOf(route).some((used) => used.key === key);
}

/** The health that one gateway keeps. */
export function createHealth({ clock, random, alone, metrics, startId }: HealthOptions): Health {
  const breakers = createBreakers({ clock, random, alone });
  const trials = createTrials(clock);
  const counters = createCounters(startId);
  let last: RouteTable | undefined;

  const follow = (route: WorkflowRoute) => {
    const targets = targetsOf(route);
    const onTrial = new Set(targets.filter(({ model }) => model.trial).map(({ key }) => key));
    for (const { key, model } of targets) {
      breakers.follow(key, model);
      trials.follow(key, onTrial.has(key));
    }
  };

  const isDue = (route: WorkflowRoute, { model, target }: Candidate) =>
    model.trial && trials.due(keyOf(route, target.id));

  const ticket = (route: WorkflowRoute, { model, target }: Candidate, halfOpen: boolean, trial: boolean): Ticket => {
    const key = keyOf(route, target.id);
    const counted = { workflow: route.key, uid: route.uid, target: target.id };
    const settle = once();
    const release = () => {
      if (halfOpen) breakers.released(key);
      if (trial) trials.ended(key, undefined);
    };
    return {
      succeeded: () =>
        settle(() => {
          metrics.attempt('Ok');
          counters.success(counted);
          breakers.succeeded(key, halfOpen);
          if (trial) trials.ended(key, true);
        }),
      failed: (failure) =>
        settle(() => {
          metrics.attempt(failure.reason);
          counters.failure(counted, failure);
          if (!failure.trips) return release();
          breakers.failed(key, model, route.consecutiveFailures, halfOpen, failure.reason);
          if (trial) trials.ended(key, false);
        }),
      answered: () =>
        settle(() => {
          metrics.attempt('Ok');
          counters.failure(counted, { counts: 'nothing', reason: '', answered: true });
          release();
        }),
      gaveUp: () =>
        settle(() => {
          metrics.attempt('ClientGaveUp');
          counters.failure(counted, { counts: 'gaveUp', reason: 'ClientGaveUp', answered: false });
          release();
        }),
      released: () => settle(release),
    };
  };

  return {
    order(route, candidates) {
      const first = candidates.find((candidate) => isDue(route, candidate));
      return first ? [first, ...candidates.filter((candidate) => candidate !== first)] : candidates;
    },
    routable: (route, candidate) =>
      isDue(route, candidate) || breakers.look(keyOf(route, candidate.target.id), candidate.model) !== 'denied',
    admit(route, candidate) {
      const key = keyOf(route, candidate.target.id);
      const trial = isDue(route, candidate);
      const admission = breakers.admit(key, candidate.model);
      if (admission === 'denied' && !trial) return undefined;
      if (trial) trials.begin(key);
      return ticket(route, candidate, admission === 'halfOpen', trial);
    },
    keptOut: (route, { target }) => breakers.openState(keyOf(route, target.id)),
    onTable(table) {
      // In a herd there are many tables a second, each with a few routes that are not those of the last one.
      for (const [key, route] of Object.entries(table.workflows)) if (route !== last?.workflows[key]) follow(route);
      last = table;
      breakers.keepOnly((key) => isInUse(table, key));
      trials.keepOnly((key) => isInUse(table, key));
      counters.keepOnly(({ workflow, uid }) => table.workflows[workflow]?.uid === uid);
    },
    counters: () => counters.snapshot(),
    breakers: () => breakers.count(),
  };
}
