// The course of one request down its workflow's list: who is asked, how often, and what the caller gets when somebody
// answered, or nobody could.
import { runAttempt } from './attempt.ts';
import { writeAnswer, writeError } from './answers.ts';
import type { Candidate } from './candidate.ts';
import { failureOf } from './classify.ts';
import type { Failure } from './classify.ts';
import { attemptLimitMs } from './deadlines.ts';
import type { Answer, AttemptResult, Exchange, Ports, Tried } from './exchange.ts';
import { servedHeaders } from './headers.ts';
import type { ServedBy } from './headers.ts';
import type { Ticket } from './health.ts';
import type { RequestOutcome } from './metrics.ts';
import { noModelLeft } from './nothing-left.ts';
import { pause } from './pause.ts';
import { retryWaitMs } from './retry.ts';
import { whyNotPrimary } from './why.ts';

/** A caller that waited so long without a byte makes the model suspect when it leaves. */
const PATIENCE_MS = 10_000;

/** How a request ended, and what its caller was told of who served it. */
export interface Ending {
  readonly outcome: RequestOutcome;
  readonly by: ServedBy;
}

interface EmptyAnswer {
  readonly model: string;
  readonly answer: Answer;
  readonly ticket: Ticket;
}

class Course {
  readonly #ports: Ports;
  readonly #exchange: Exchange;
  readonly #tried: Tried[] = [];
  readonly #empty: EmptyAnswer[] = [];
  #attempts = 0;

  constructor(ports: Ports, exchange: Exchange) {
    this.#ports = ports;
    this.#exchange = exchange;
  }

  async run(): Promise<Ending> {
    const { health } = this.#ports;
    const { route, candidates } = this.#exchange;
    const order = health.order(route, candidates);
    for (const [i, candidate] of order.entries()) {
      const result = await this.#ask(candidate, order.slice(i + 1));
      if (result) return { outcome: this.#finish(candidate, result), by: this.#servedBy(candidate) };
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
      const ticket = health.admit(route, candidate);
      if (!ticket) {
        if (tries === 0) this.#noteSkipped(candidate);
        return undefined;
      }
      const othersLeft = rest.some((other) => health.routable(route, other));
      const result = await this.#attempt(candidate, ticket, attemptLimitMs(remainingMs, othersLeft));
      if (result.kind === 'empty') return undefined;
      if (result.kind !== 'failed') return result;
      if (!(await this.#mayAskAgain(result.failure, candidate, tries, othersLeft))) return this.#gone();
    }
  }

  async #attempt(candidate: Candidate, ticket: Ticket, limitMs: number): Promise<AttemptResult> {
    this.#attempts += 1;
    try {
      const result = await runAttempt(this.#ports, this.#exchange, candidate, {
        limitMs,
        servedBy: () => servedHeaders(this.#servedBy(candidate)),
      });
      this.#settle(candidate, ticket, result);
      return result;
    } catch (error) {
      ticket.released();
      throw error;
    }
  }

  #settle(candidate: Candidate, ticket: Ticket, result: AttemptResult): void {
    switch (result.kind) {
      case 'answered':
        return ticket.succeeded();
      case 'streamed':
        return result.failure ? ticket.failed(result.failure) : ticket.succeeded();
      case 'callerFault':
        return ticket.answered();
      case 'empty':
        // Whether it is the model's fault shows when another one is asked the same.
        this.#empty.push({ model: candidate.model.name, answer: result.answer, ticket });
        this.#tried.push({ model: candidate.model.name, reason: 'EmptyOutput', skipped: false });
        return;
      case 'failed':
        return this.#noteFailed(candidate, ticket, result.failure);
      case 'left':
        return this.#waitedLong() ? ticket.gaveUp() : ticket.released();
    }
  }

  #noteFailed(candidate: Candidate, ticket: Ticket, failure: Failure): void {
    const { reason, status, quote } = failure;
    ticket.failed(failure);
    this.#tried.push({
      model: candidate.model.name,
      reason,
      skipped: false,
      ...(status !== undefined && { status }),
      ...(quote !== undefined && { quote }),
    });
  }

  #noteSkipped(candidate: Candidate): void {
    const kept = this.#ports.health.keptOut(this.#exchange.route, candidate);
    this.#tried.push({ model: candidate.model.name, reason: kept?.reason ?? 'Probing', skipped: true });
  }

  async #mayAskAgain(failure: Failure, candidate: Candidate, tries: number, othersLeft: boolean): Promise<boolean> {
    const [ports, exchange] = [this.#ports, this.#exchange];
    const { route, caller } = exchange;
    if (!exchange.mayRetry || tries >= route.retries || !ports.health.routable(route, candidate)) return false;
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

  #finish(candidate: Candidate, result: AttemptResult): RequestOutcome {
    const exchange = this.#exchange;
    switch (result.kind) {
      case 'answered':
        writeAnswer(exchange.out, result.answer, servedHeaders(this.#servedBy(candidate)));
        this.#noteServed();
        return result.refusal ? 'refused' : 'ok';
      case 'callerFault':
        writeAnswer(exchange.out, result.answer, servedHeaders(this.#servedBy(candidate)));
        this.#release();
        return 'callerError';
      case 'streamed':
        this.#noteServed();
        if (result.failure) return 'told';
        return result.refusal ? 'refused' : 'ok';
      case 'empty':
      case 'failed':
      case 'left':
        this.#release();
        return 'clientGone';
    }
  }

  /** Another model had an answer where these had none: theirs were at fault. */
  #noteServed(): void {
    for (const { ticket } of this.#empty) ticket.failed(failureOf('empty'));
    const first = this.#tried[0];
    if (first) this.#ports.metrics.failover(first.reason);
  }

  #release(): void {
    for (const { ticket } of this.#empty) ticket.released();
  }

  /** Nobody answered with content. An empty answer is still an answer; else it is an error of ours. */
  #finishWithout(): Ending {
    const [ports, exchange] = [this.#ports, this.#exchange];
    const served = { id: exchange.id, attempts: this.#attempts, requestedModel: exchange.facts.requestedModel };
    this.#release();
    const first = this.#empty[0];
    if (first) {
      const by = { ...served, model: first.model, reason: 'EmptyOutput' };
      writeAnswer(exchange.out, first.answer, servedHeaders(by));
      return { outcome: 'ok', by };
    }
    const error = noModelLeft(ports.health, exchange, this.#tried);
    const by = { ...served, reason: this.#tried[0]?.reason ?? exchange.route.reason };
    writeError(exchange.out, exchange.dialect, error, exchange.id, servedHeaders(by));
    return { outcome: 'noModel', by };
  }

  #servedBy({ model }: Candidate): ServedBy {
    const { id, facts, route } = this.#exchange;
    return {
      id,
      attempts: this.#attempts,
      model: model.name,
      requestedModel: facts.requestedModel,
      reason: whyNotPrimary(route, model.name, this.#tried),
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
