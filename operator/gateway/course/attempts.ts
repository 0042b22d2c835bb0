// The course of one request down its workflow's list: who is asked, how often, and what the caller gets when somebody
// answered, or nobody could.
import { runAttempt } from './attempt.ts';
import { writeAnswer, writeError } from './answers.ts';
import type { Candidate } from '../upstream/candidate.ts';
import type { Verdict } from '../checks/verdict.ts';
import type { Failure } from '../failures/classify.ts';
import { attemptLimitMs } from './deadlines.ts';
import type { AttemptResult, Exchange, Ports } from './exchange.ts';
import { servedHeaders } from '../upstream/headers.ts';
import type { ServedBy } from '../upstream/headers.ts';
import type { Ticket } from '../health/health.ts';
import type { RequestOutcome } from '../health/metrics.ts';
import { NO_ROOM_FOR_ANSWER, noGoodAnswer, noModelLeft } from './nothing-left.ts';
import type { OutletParts } from './outlet.ts';
import { pause } from './pause.ts';
import { retryWaitMs } from './retry.ts';
import { Tally } from './tally.ts';
import { runTraced } from './traced-attempt.ts';
import { whyNotPrimary } from './why.ts';

/** A caller that waited so long without a byte makes the model suspect when it leaves. */
const PATIENCE_MS = 10_000;

/** How a request ended, and what its caller was told of who served it. */
export interface Ending {
  readonly outcome: RequestOutcome;
  readonly by: ServedBy;
}

/** Whole answers that are not good enough, after which the next model is asked. */
const asksOn = (result: AttemptResult) =>
  result.kind === 'empty' || (result.kind === 'rejected' && result.verdict.stopper.onFail === 'NextModel');

/** The gateway's own fault: it cannot hold any answer, whoever gives it. */
const isOurs = ({ symptom }: Failure) => symptom === 'noRoom';

class Course {
  readonly #ports: Ports;
  readonly #exchange: Exchange;
  readonly #tally = new Tally();
  #attempts = 0;

  constructor(ports: Ports, exchange: Exchange) {
    this.#ports = ports;
    this.#exchange = exchange;
  }

  async run(): Promise<Ending> {
    const { health } = this.#ports;
    const { candidates } = this.#exchange;
    const order = health.order(candidates);
    for (const [i, candidate] of order.entries()) {
      const result = await this.#ask(candidate, order.slice(i + 1));
      if (!result) continue;
      const by = this.#servedBy(candidate);
      return { outcome: this.#finish(result, by), by };
    }
    return this.#finishWithout();
  }

  /** Asks one model, and again while that may help. Undefined: the next one, please. */
  async #ask(candidate: Candidate, rest: readonly Candidate[]): Promise<AttemptResult | undefined> {
    const { health } = this.#ports;
    const { route } = this.#exchange;
    for (let tries = 0; ; tries += 1) {
      if (this.#exchange.caller.left) return { kind: 'left' };
      const remainingMs = this.#remainingMs();
      if (remainingMs <= 0) return undefined;
      const ticket = health.admit(candidate, route.consecutiveFailures);
      if (!ticket) {
        if (tries === 0) this.#noteSkipped(candidate);
        return undefined;
      }
      const othersLeft = rest.some((other) => health.routable(other));
      const result = await this.#attempt(candidate, ticket, attemptLimitMs(remainingMs, othersLeft));
      if (asksOn(result)) return undefined;
      if (result.kind !== 'failed' || isOurs(result.failure)) return result;
      if (!(await this.#mayAskAgain(result.failure, candidate, tries, othersLeft))) return this.#gone();
    }
  }

  async #attempt(candidate: Candidate, ticket: Ticket, limitMs: number): Promise<AttemptResult> {
    this.#attempts += 1;
    const [ports, exchange, number] = [this.#ports, this.#exchange, this.#attempts];
    const servedBy = (verdict?: Verdict) => {
      this.#tally.noteChecks(verdict);
      return servedHeaders(this.#servedBy(candidate));
    };
    try {
      const result = await (exchange.trace
        ? runTraced(exchange.trace, { ports, exchange, candidate, number, limitMs, servedBy })
        : runAttempt(ports, exchange, candidate, { limitMs, servedBy }));
      this.#tally.attempted(candidate.model.name, ticket, result, this.#waitedLong());
      this.#holdOnTo(result);
      return result;
    } catch (error) {
      ticket.released();
      throw error;
    }
  }

  #caller(): OutletParts {
    const { out, room } = this.#exchange;
    return { out, room, clock: this.#ports.clock };
  }

  /** What will be written stays in memory until the caller has it. */
  #holdOnTo(result: AttemptResult): void {
    const { room } = this.#exchange;
    switch (result.kind) {
      case 'answered':
      case 'callerFault':
      case 'streamed':
        return;
      case 'empty':
        return this.#tally.empty?.answer === result.answer ? room.keep() : room.letGo();
      case 'rejected':
      case 'failed':
      case 'left':
        return room.letGo();
    }
  }

  #noteSkipped(candidate: Candidate): void {
    const kept = this.#ports.health.keptOut(candidate);
    const reason = kept?.reason ?? 'Probing';
    this.#tally.skipped(candidate.model.name, reason);
    this.#exchange.trace?.skipped(candidate.model.name, reason);
  }

  async #mayAskAgain(failure: Failure, candidate: Candidate, tries: number, othersLeft: boolean): Promise<boolean> {
    const [ports, exchange] = [this.#ports, this.#exchange];
    const { route, caller } = exchange;
    if (!exchange.mayRetry || tries >= route.retries || !ports.health.routable(candidate)) return false;
    const waitMs = retryWaitMs(failure, tries, othersLeft, ports.random);
    if (waitMs === undefined || waitMs >= this.#remainingMs()) return false;
    const paid = ports.budget.take(route.key);
    ports.metrics.retry(paid ? 'tried' : 'budgetEmpty');
    if (!paid) return false;
    await pause(ports.clock, waitMs, caller);
    return !caller.left;
  }

  /** A caller that left between two attempts ends the course. */
  #gone(): AttemptResult | undefined {
    return this.#exchange.caller.left ? { kind: 'left' } : undefined;
  }

  #finish(result: AttemptResult, by: ServedBy): RequestOutcome {
    switch (result.kind) {
      case 'answered':
        writeAnswer(this.#caller(), result.answer, servedHeaders(by));
        return this.#served(result.refusal);
      case 'callerFault':
        writeAnswer(this.#caller(), result.answer, servedHeaders(by));
        this.#tally.dropDoubts();
        return 'callerError';
      case 'streamed':
        return result.failure ? this.#told() : this.#served(result.refusal);
      case 'rejected':
        return this.#refuse(by);
      case 'failed':
        return this.#noRoom(by);
      case 'empty':
      case 'left':
        this.#tally.dropDoubts();
        return 'clientGone';
    }
  }

  #served(refusal: boolean): RequestOutcome {
    this.#tally.confirmDoubts();
    this.#noteFailover();
    return refusal ? 'refused' : 'ok';
  }

  /** That of this model was no better in the end. */
  #told(): RequestOutcome {
    this.#tally.dropDoubts();
    this.#noteFailover();
    return 'told';
  }

  #noteFailover(): void {
    const first = this.#tally.tried[0];
    if (first) this.#ports.metrics.failover(first.reason);
  }

  /** A model answered, and we could not hold what it said. */
  #noRoom(by: ServedBy): RequestOutcome {
    const { out, dialect, id } = this.#exchange;
    this.#tally.dropDoubts();
    writeError(out, dialect, NO_ROOM_FOR_ANSWER, id, servedHeaders(by));
    return 'overloaded';
  }

  /** A check says that nobody else is to be asked. */
  #refuse(by: ServedBy): RequestOutcome {
    const { out, dialect, id, route } = this.#exchange;
    this.#tally.dropDoubts();
    writeError(out, dialect, noGoodAnswer(route.key, this.#tally.tried), id, servedHeaders(by));
    return 'checkFailed';
  }

  /** Nobody answered with content. An empty answer is still an answer; else it is an error of ours. */
  #finishWithout(): Ending {
    const [ports, exchange] = [this.#ports, this.#exchange];
    const served = {
      id: exchange.id,
      attempts: this.#attempts,
      requestedModel: exchange.facts.requestedModel,
      failedChecks: this.#tally.failedChecks,
    };
    this.#tally.dropDoubts();
    const first = this.#tally.empty;
    if (first) {
      const by = { ...served, model: first.model, reason: 'EmptyOutput' };
      writeAnswer(this.#caller(), first.answer, servedHeaders(by));
      return { outcome: 'ok', by };
    }
    const error = noModelLeft(ports.health, exchange, this.#tally.tried);
    const by = { ...served, reason: this.#tally.tried[0]?.reason ?? exchange.route.reason };
    writeError(exchange.out, exchange.dialect, error, exchange.id, servedHeaders(by));
    return { outcome: error.status === 422 ? 'checkFailed' : 'noModel', by };
  }

  #servedBy({ model }: Candidate): ServedBy {
    const { id, facts, route } = this.#exchange;
    return {
      id,
      attempts: this.#attempts,
      model: model.name,
      requestedModel: facts.requestedModel,
      reason: whyNotPrimary(route, model.name, this.#tally.tried),
      failedChecks: this.#tally.failedChecks,
    };
  }

  #remainingMs(): number {
    return this.#exchange.deadlineAt - this.#ports.clock.now();
  }

  #waitedLong(): boolean {
    const { out, startedAt } = this.#exchange;
    return !out.headersSent && this.#ports.clock.now() - startedAt >= PATIENCE_MS;
  }
}

/** Serves one model request to its end. */
export function serveModel(ports: Ports, exchange: Exchange): Promise<Ending> {
  ports.budget.earn(exchange.route.key);
  return new Course(ports, exchange).run();
}
