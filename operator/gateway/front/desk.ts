// Receives the requests under a workflow's path: finds what is asked for, hands it to its course, and measures how it
// ended. Every request gets an answer, in its dialect, or a broken connection.
import { routeIn } from '../../routes/table.ts';
import type { RouteTable, WorkflowRoute } from '../../routes/types.ts';
import { logAccess } from './access-log.ts';
import { writeError } from '../course/answers.ts';
import { askOnce } from '../course/ask-once.ts';
import { serveModel } from '../course/attempts.ts';
import type { Ending } from '../course/attempts.ts';
import type { OwnError } from '../dialects/errors.ts';
import type { Ports } from '../course/exchange.ts';
import { servedHeaders } from '../upstream/headers.ts';
import { activeCandidate, refusal, scanBody, takeIn } from './intake.ts';
import type { ModelApi } from '../dialects/model-api.ts';
import { notServed, placeOf, splitUrl, tracedPlace } from './paths.ts';
import type { Place } from './paths.ts';
import type { Visit } from './visit.ts';
import { countBodyFor } from '../course/upstream-body.ts';

/** The answer when the gateway itself is at fault. */
export const OUR_BUG: OwnError = {
  status: 500,
  code: 'internal',
  message: 'the gateway failed; its log has the request id',
  shouldRetry: false,
};

/** What it takes to refuse a request. */
export type Refused = Pick<Visit, 'out' | 'dialect' | 'id' | 'trace'>;

/** The place where requests arrive. */
export class Desk {
  readonly #table: () => RouteTable;
  readonly #ports: Ports;

  constructor(table: () => RouteTable, ports: Ports) {
    this.#table = table;
    this.#ports = ports;
  }

  /** Serves one request under a workflow's path. Never rejects. */
  async serve(visit: Visit): Promise<void> {
    const { out, caller, trace } = visit;
    trace?.taken();
    try {
      await this.#route(visit);
    } catch (error) {
      this.fail(visit, error);
    }
    trace?.end(out, caller.left);
  }

  /** Answers with an error of ours, before a model was asked. */
  refuse({ out, dialect, id, trace }: Refused, error: OwnError): void {
    this.#ports.metrics.refusal(error.code);
    trace?.refused(error);
    writeError(out, dialect, error, id, servedHeaders({ id, attempts: 0 }));
  }

  /** Ends a request that a bug of ours broke: with a 500, or a broken connection when its answer has begun. */
  fail(visit: Refused, bug: unknown): void {
    const error = bug instanceof Error ? bug : new Error('thrown value is no error');
    this.#ports.log.error('a request failed by a bug of the gateway', { requestId: visit.id, error });
    if (visit.out.headersSent) {
      visit.trace?.refused(OUR_BUG);
      visit.out.destroy();
    } else this.refuse(visit, OUR_BUG);
  }

  #route(visit: Visit): Promise<void> {
    const { dialect, incoming, workflow } = visit;
    const url = incoming.url ?? '';
    const { below, query } = splitUrl(url);
    const place = placeOf(dialect, incoming.method ?? '', below);
    if (!place) return this.#deny(visit, notServed(dialect, incoming.method ?? '', url, workflow));
    const route = routeIn(this.#table(), workflow);
    if (!route) return this.#deny(visit, refusal(404, 'unknown_workflow', `there is no workflow ${workflow} here`));
    visit.trace?.asks({ ...tracedPlace(dialect, place), id: visit.id, method: incoming.method ?? '', workflow });
    return this.#serveAt(visit, route, place, query);
  }

  #serveAt(visit: Visit, route: WorkflowRoute, { endpoint, path }: Place, query: string): Promise<void> {
    switch (endpoint) {
      case 'messages':
      case 'chat':
      case 'responses':
        return this.#serveModel(visit, route, endpoint, path + query);
      case 'countTokens':
        return this.#countTokens(visit, route, path + query);
      case 'models':
        return this.#listModels(visit, route, path + query);
    }
  }

  async #serveModel(visit: Visit, route: WorkflowRoute, api: ModelApi, path: string): Promise<void> {
    const { clock, metrics, checksFor } = this.#ports;
    const { dialect, out, trace } = visit;
    const now = clock.now();
    const exchange = takeIn(visit, { route, api, path, now, checksFor });
    const refused = 'status' in exchange;
    const { outcome, by } = refused ? this.#turnAway(visit, exchange) : await serveModel(this.#ports, exchange);
    const streaming = !refused && exchange.facts.stream;
    const status = outcome === 'clientGone' && !out.headersSent ? 0 : out.statusCode;
    const seconds = (clock.now() - now) / 1000;
    metrics.request(dialect, streaming, outcome, status, seconds);
    if (!refused) trace?.served(outcome, by, streaming);
    const { workflow } = visit;
    logAccess(this.#ports.log, { outcome, by, workflow, api, streaming, status, seconds, traceId: trace?.traceId });
  }

  #turnAway(visit: Visit, error: OwnError): Ending {
    this.refuse(visit, error);
    return { outcome: 'callerError', by: { id: visit.id, attempts: 0 } };
  }

  #countTokens(visit: Visit, route: WorkflowRoute, path: string): Promise<void> {
    const request = scanBody(visit.incoming, visit.body);
    if ('status' in request) return this.#deny(visit, request);
    const candidate = activeCandidate(route, visit.dialect);
    if ('status' in candidate) return this.#deny(visit, candidate);
    const body = countBodyFor(request, candidate);
    return askOnce(this.#ports, { ...visit, operation: 'count_tokens', method: 'POST', path, candidate, body });
  }

  #listModels(visit: Visit, route: WorkflowRoute, path: string): Promise<void> {
    const candidate = activeCandidate(route, visit.dialect);
    if ('status' in candidate) return this.#deny(visit, candidate);
    const { dialect, incoming, out, caller, room, id, trace } = visit;
    const question = { operation: 'list_models', method: 'GET', path, candidate } as const;
    return askOnce(this.#ports, { dialect, incoming, out, caller, room, id, trace, ...question });
  }

  async #deny(visit: Visit, error: OwnError): Promise<void> {
    this.refuse(visit, error);
  }
}
