// A tiny world around `decide` and `planCanary`: two providers that break and heal, free probes on their slots, canaries
// when they are due, perhaps traffic; time goes in steps of 100 ms. It knows what really happened, so that a test can
// compare it with what the loop did.
import { canaryEnded, initialCanaryState, planCanary } from '../../operator/decide/canary.ts';
import { sameValue } from '../../operator/act/same-status.ts';
import type { CanaryPurpose, CanaryWant, Evidence, Outcome, TrafficDelta } from '../../operator/decide/types.ts';
import type { WorkflowSpecInput } from '../../lib/api/spec.ts';
import { answered, facts, Looks, START, traffic } from './look.ts';

const STEP_MS = 100;
const SLOT_MS = 3_000;
const PROBE_TIMEOUT_MS = 2_000;
const CANARY_TIMEOUT_MS = 10_000;

/** How a provider is: well, refusing connections, overloaded with a good free probe, or hanging in inference. */
export type Mode = 'well' | 'refuses' | 'overloaded' | 'hangs' | 'silent';

interface Asked {
  readonly rank: 'Probe' | 'Inference';
  readonly model: string;
  readonly startedAt: number;
  readonly endsAt: number;
  readonly outcome: Outcome;
  readonly purpose: CanaryPurpose;
}

export interface WorldOptions {
  readonly spec?: Partial<WorkflowSpecInput>;
  /** How a model is, so many milliseconds after the start. */
  readonly mode: (model: string, sinceStartMs: number) => Mode;
  readonly canaryLatencyMs?: number;
  /** Requests per look. */
  readonly requests?: number;
  /** Probes and looks begin so long after a slot. */
  readonly phaseMs?: number;
  readonly maxPerHour?: number;
}

const noAnswer = (reason: 'ConnectionFailed' | 'Timeout'): Outcome => ({ kind: 'noAnswer', reason });
const probed: Record<Mode, readonly [number, Outcome]> = {
  well: [100, answered],
  overloaded: [100, answered],
  hangs: [100, answered],
  refuses: [100, noAnswer('ConnectionFailed')],
  silent: [PROBE_TIMEOUT_MS, noAnswer('Timeout')],
};

export class World {
  readonly looks: Looks;
  /** Every change of the active model, by milliseconds since the start. */
  readonly switches: { readonly at: number; readonly to: string }[] = [];
  readonly canaries: { readonly at: number; readonly model: string; readonly purpose: CanaryPurpose }[] = [];
  statusWrites = 0;
  /** Requests that the active model failed. */
  failedOnActive = 0;
  readonly #options: WorldOptions;
  #sequence = 0;
  #lookAt = START;
  #asked: Asked[] = [];
  #evidence: Evidence[] = [];
  #traffic: TrafficDelta[] = [];
  #wants: readonly CanaryWant[] = [];
  #states = new Map<string, ReturnType<typeof initialCanaryState>>();
  #probeFailing = new Map<string, boolean>();
  #runs = new Map<string, number>();

  constructor(options: WorldOptions) {
    this.#options = options;
    this.looks = new Looks(options.spec);
  }

  get at(): number {
    return this.looks.now - START;
  }

  /** Lets so much time pass. */
  run(ms: number): this {
    for (const until = this.looks.now + ms; this.looks.now < until;) this.#step();
    return this;
  }

  #step(): void {
    const { looks } = this;
    looks.now += STEP_MS;
    const slot = (looks.now - START) % SLOT_MS === (this.#options.phaseMs ?? 0);
    let early = false;
    for (const ended of this.#asked.filter(({ endsAt }) => endsAt <= looks.now)) early = this.#end(ended) || early;
    this.#asked = this.#asked.filter(({ endsAt }) => endsAt > looks.now);
    if (slot) this.#probeAll();
    if (slot || early || looks.now >= this.#lookAt) this.#look(slot);
    this.#startCanaries();
  }

  #mode(model: string): Mode {
    return this.#options.mode(model, this.at);
  }

  #probeAll(): void {
    for (const { name } of this.looks.targets) {
      const [afterMs, outcome] = probed[this.#mode(name)];
      this.#ask('Probe', name, afterMs, outcome);
    }
  }

  #ask(
    rank: Asked['rank'],
    model: string,
    afterMs: number,
    outcome: Outcome,
    purpose: CanaryPurpose = 'Recovery',
  ): void {
    const startedAt = this.looks.now;
    this.#asked.push({ rank, model, startedAt, endsAt: startedAt + afterMs, outcome, purpose });
  }

  // The end of a probe enqueues at once when the model is Unknown or ill, and when it failed.
  #end({ rank, model, startedAt, endsAt, outcome, purpose }: Asked): boolean {
    const { looks } = this;
    this.#sequence += 1;
    this.#evidence.push({ target: `t-${model}`, rank, sequence: this.#sequence, startedAt, endedAt: endsAt, outcome });
    if (rank === 'Probe') this.#probeFailing.set(model, outcome.kind !== 'answered');
    else this.#states.set(model, canaryEnded(this.#stateOf(model), outcome, startedAt, endsAt, looks.now, purpose));
    return outcome.kind !== 'answered' || looks.state(model) !== 'Healthy';
  }

  #stateOf = (model: string) => this.#states.get(model) ?? initialCanaryState();

  #look(slot: boolean): void {
    const { looks } = this;
    if (slot) this.#serve();
    const before = looks.previous;
    const input = {
      afterMs: 0,
      traffic: this.#traffic,
      facts: Object.fromEntries(
        looks.targets.map(({ name }) => [name, facts({ probeFailing: this.#probeFailing.get(name) ?? false })]),
      ),
    };
    const decision = looks.lookAt(input, this.#evidence);
    this.#evidence = [];
    this.#traffic = [];
    this.#wants = decision.canaries;
    this.#lookAt = looks.now + decision.requeueAfterMs;
    if (!sameValue(before, decision.status)) this.statusWrites += 1;
    const { activeModel = '' } = decision.status;
    if (activeModel !== before?.activeModel) this.switches.push({ at: this.at, to: activeModel });
  }

  #serve(): void {
    const { requests = 0 } = this.#options;
    const active = this.looks.active;
    if (requests === 0 || active === undefined) return;
    const mode = this.#mode(active);
    if (mode === 'well') {
      this.#runs.set(active, 0);
      this.#traffic.push(traffic(active, { successes: requests }));
      return;
    }
    this.failedOnActive += requests;
    const run = (this.#runs.get(active) ?? 0) + requests;
    this.#runs.set(active, run);
    const slow = mode === 'hangs' || mode === 'silent';
    const bad = slow ? { timeouts: requests, trailingTimeouts: run } : { failures: requests, trailingFailures: run };
    this.#traffic.push(traffic(active, { ...bad, lastFailure: slow ? 'Timeout' : 'Overloaded' }));
  }

  #startCanaries(): void {
    for (const { name } of this.looks.targets) {
      const wants = this.#wants.filter((want) => want.target === `t-${name}`);
      const inFlight = this.#asked.some(({ rank, model }) => rank === 'Inference' && model === name);
      if (wants.length === 0 || inFlight) continue;
      this.#startDue(name, wants);
    }
  }

  #startDue(model: string, wants: readonly CanaryWant[]): void {
    const { now } = this.looks;
    const plan = planCanary({
      wants,
      state: this.#stateOf(model),
      settings: { timeoutMs: CANARY_TIMEOUT_MS, maxPerHour: this.#options.maxPerHour ?? 240 },
      facts: { probeFailing: this.#probeFailing.get(model) ?? false },
      now,
    });
    if (plan.startAt === undefined || plan.startAt > now || plan.purpose === undefined) return;
    this.canaries.push({ at: this.at, model, purpose: plan.purpose });
    const [afterMs, outcome] = this.#canary(this.#mode(model));
    this.#ask('Inference', model, afterMs, outcome, plan.purpose);
  }

  #canary(mode: Mode): readonly [number, Outcome] {
    switch (mode) {
      case 'well':
        return [this.#options.canaryLatencyMs ?? 500, answered];
      case 'overloaded':
        return [200, { kind: 'failed', reason: 'Overloaded', httpStatus: 529 }];
      case 'refuses':
        return [100, noAnswer('ConnectionFailed')];
      case 'hangs':
      case 'silent':
        return [CANARY_TIMEOUT_MS, noAnswer('Timeout')];
    }
  }
}
