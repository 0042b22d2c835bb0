// What the attempts of one request came to: who was tried and why that was not it, what checks said, and what each attempt
// says about its model's health.
import type { Verdict } from '../checks/verdict.ts';
import { failureOf } from '../failures/classify.ts';
import type { Failure } from '../failures/classify.ts';
import type { Answer, AttemptResult, Tried } from './exchange.ts';
import type { Ticket } from '../health/health.ts';
import { failureOfCheck } from './judging.ts';

/** A whole answer that is not good enough. Whether it is the model's fault shows when another one is asked the same. */
interface Doubt {
  readonly ticket: Ticket;
  readonly failure: Failure;
}

type Rejected = Extract<AttemptResult, { readonly kind: 'rejected' }>;
type Streamed = Extract<AttemptResult, { readonly kind: 'streamed' }>;

/** The tally of one request. */
export class Tally {
  readonly tried: Tried[] = [];
  /** The checks that some answer failed, each once. */
  readonly failedChecks: string[] = [];
  /** The first answer with nothing in it. */
  empty: { readonly model: string; readonly answer: Answer } | undefined;
  readonly #doubts: Doubt[] = [];

  /** An attempt ended. `waitedLong`: if the caller left, it had reason to. */
  attempted(model: string, ticket: Ticket, result: AttemptResult, waitedLong: boolean): void {
    switch (result.kind) {
      case 'answered':
        this.noteChecks(result.verdict);
        return ticket.succeeded();
      case 'streamed':
        return this.#streamed(ticket, result);
      case 'callerFault':
        return ticket.answered();
      case 'empty':
        this.empty ??= { model, answer: result.answer };
        return this.#doubt(model, { ticket, failure: failureOf('empty') });
      case 'rejected':
        return this.#rejected(model, ticket, result);
      case 'failed':
        return this.#failed(model, ticket, result.failure);
      case 'left':
        return waitedLong ? ticket.gaveUp() : ticket.released();
    }
  }

  /** A model was not asked at all. */
  skipped(model: string, reason: string): void {
    this.tried.push({ model, reason, skipped: true });
  }

  noteChecks(verdict: Verdict | undefined): void {
    for (const { name } of verdict?.failed ?? []) if (!this.failedChecks.includes(name)) this.failedChecks.push(name);
  }

  /** Another model had a good answer where these had none: theirs were at fault. */
  confirmDoubts(): void {
    for (const { ticket, failure } of this.#doubts) ticket.failed(failure);
  }

  /** Nobody did better, so nothing was learned of them. */
  dropDoubts(): void {
    for (const { ticket } of this.#doubts) ticket.released();
  }

  #streamed(ticket: Ticket, { verdict, failure }: Streamed): void {
    this.noteChecks(verdict);
    if (failure) ticket.failed(failure);
    else ticket.succeeded();
  }

  #rejected(model: string, ticket: Ticket, { verdict }: Rejected): void {
    this.noteChecks(verdict);
    this.#doubt(model, { ticket, failure: failureOfCheck(verdict.stopper, true) }, verdict.stopper.name);
  }

  #doubt(model: string, doubt: Doubt, check?: string): void {
    this.#doubts.push(doubt);
    this.tried.push({ model, reason: doubt.failure.reason, skipped: false, ...(check !== undefined && { check }) });
  }

  #failed(model: string, ticket: Ticket, failure: Failure): void {
    const { reason, status, quote } = failure;
    ticket.failed(failure);
    this.tried.push({
      model,
      reason,
      skipped: false,
      ...(status !== undefined && { status }),
      ...(quote !== undefined && { quote }),
    });
  }
}
