// Looks at one workflow, one after the other, as the loop does it: status and memory of one look are input of the next.
// Every status on the way is checked against the kstatus rules.
import { specSchema } from '../../lib/api/spec.ts';
import type { WorkflowSpec, WorkflowSpecInput } from '../../lib/api/spec.ts';
import type { Rank, WorkflowStatus } from '../../lib/api/status.ts';
import { decide } from '../../operator/decide/decide.ts';
import type {
  Decision,
  Evidence,
  Input,
  Memory,
  ModelTarget,
  Outcome,
  TargetFacts,
  TrafficDelta,
} from '../../operator/decide/types.ts';
import { kstatusFaults } from './kstatus.ts';

export const START = Date.UTC(2026, 0, 1);

/** The slide's models: `opus` is the primary. Its target is `t-opus`, and so on. */
export const MODELS = { primary: 'opus', fallbacks: ['sonnet'] };

export const spec = (part: Partial<WorkflowSpecInput> = {}): WorkflowSpec =>
  specSchema.parse({ models: MODELS, ...part });

export const target = (name: string, part: Partial<Extract<ModelTarget, { kind: 'target' }>> = {}): ModelTarget => ({
  name,
  kind: 'target',
  target: `t-${name}`,
  provider: 'anthropic',
  protocol: 'Anthropic',
  credentialVersion: 1,
  ...part,
});

export const facts = (part: Partial<TargetFacts> = {}): TargetFacts => ({
  suspect: false,
  probeFailing: false,
  couldNotAskRun: 0,
  canaryInvalid: false,
  canaryBudgetSpent: false,
  ...part,
});

export const traffic = (model: string, part: Partial<TrafficDelta> = {}): TrafficDelta => ({
  target: `t-${model}`,
  successes: 0,
  failures: 0,
  timeouts: 0,
  trailingFailures: part.failures ?? 0,
  trailingTimeouts: part.timeouts ?? 0,
  throttles: 0,
  trailingThrottles: part.throttles ?? 0,
  gaveUp: 0,
  unconfirmed: 0,
  ...part,
});

export const answered: Outcome = { kind: 'answered' };
export const failed: Outcome = { kind: 'failed', reason: 'ServerError', httpStatus: 500 };
export const rejected: Outcome = { kind: 'failed', reason: 'CredentialRejected', httpStatus: 401 };
export const silent: Outcome = { kind: 'noAnswer', reason: 'ConnectionFailed' };
export const unasked: Outcome = { kind: 'couldNotAsk', reason: 'ProbeUnsupported', httpStatus: 404 };
export const invalidCanary: Outcome = { kind: 'couldNotAsk', reason: 'CanaryInvalid', httpStatus: 400 };

/** What one look sees, beyond time. */
export interface Sight {
  readonly afterMs?: number;
  readonly probes?: Readonly<Record<string, readonly Outcome[]>>;
  readonly canaries?: Readonly<Record<string, readonly Outcome[]>>;
  readonly traffic?: readonly TrafficDelta[];
  readonly blind?: boolean;
  readonly facts?: Readonly<Record<string, TargetFacts>>;
  readonly invalid?: string;
}

export class Looks {
  now = START;
  generation = 1;
  spec: WorkflowSpec;
  targets: readonly ModelTarget[];
  annotations: Record<string, string> = {};
  previous: WorkflowStatus | undefined;
  memory: Memory | undefined;
  last: Decision | undefined;
  faults: string[] = [];
  #sequence = 0;

  constructor(part: Partial<WorkflowSpecInput> = {}) {
    this.spec = spec(part);
    this.targets = [this.spec.models.primary, ...this.spec.models.fallbacks].map((name) => target(name));
  }

  /** One look, `afterMs` (3 s) after the last. */
  look(sight: Sight = {}): Decision {
    return this.lookAt(sight, []);
  }

  /** One look that sees this evidence as well. */
  lookAt(sight: Sight, evidence: readonly Evidence[]): Decision {
    this.now += sight.afterMs ?? 3_000;
    const input = this.input(sight);
    const decision = decide({ ...input, evidence: [...input.evidence, ...evidence] });
    this.faults.push(...kstatusFaults(decision.status, this.generation, this.previous));
    this.previous = decision.status;
    this.memory = decision.memory;
    this.last = decision;
    return decision;
  }

  /** Several looks that see the same. */
  times(count: number, sight: Sight = {}): this {
    for (let n = 0; n < count; n += 1) this.look(sight);
    return this;
  }

  /** All models answer their probes once. */
  well(): this {
    const probes = Object.fromEntries(this.targets.map(({ name }) => [name, [answered]]));
    return this.times(1, { probes });
  }

  edit(part: Partial<WorkflowSpecInput>): this {
    this.spec = spec(part);
    this.generation += 1;
    return this;
  }

  /** The operator forgets everything but the status. */
  restart(): this {
    this.memory = undefined;
    return this;
  }

  input(sight: Sight = {}): Input {
    return {
      uid: 'u1',
      name: 'triage-bot',
      namespace: 'default',
      generation: this.generation,
      annotations: this.annotations,
      spec: this.spec,
      targets: this.targets,
      facts: Object.fromEntries(Object.entries(sight.facts ?? {}).map(([model, known]) => [`t-${model}`, known])),
      blind: sight.blind ?? false,
      evidence: [...this.#evidence('Inference', sight.canaries), ...this.#evidence('Probe', sight.probes)],
      traffic: sight.traffic ?? [],
      now: this.now,
      ...(this.previous && { previous: this.previous }),
      ...(this.memory && { memory: this.memory }),
      ...(sight.invalid !== undefined && { invalid: sight.invalid }),
    };
  }

  #evidence(rank: Rank, outcomes: Sight['probes'] = {}): Evidence[] {
    return Object.entries(outcomes).flatMap(([model, list]) =>
      list.map((outcome) => {
        this.#sequence += 1;
        return {
          target: `t-${model}`,
          rank,
          sequence: this.#sequence,
          startedAt: this.now - 100,
          endedAt: this.now,
          outcome,
        };
      }),
    );
  }

  entry(model: string) {
    return this.previous?.models?.find(({ name }) => name === model);
  }
  /** `Unhealthy/Inference`, `Healthy` … */
  state(model = 'opus'): string {
    const { state = '', rank } = this.entry(model) ?? {};
    return rank === undefined ? state : `${state}/${rank}`;
  }
  condition(type: string): string {
    const found = this.previous?.conditions?.find((condition) => condition.type === type);
    return found ? `${found.status} ${found.reason}` : 'absent';
  }
  get active(): string | undefined {
    return this.previous?.activeModel;
  }
}
