// The gateway's HTTP side: takes requests in, hands them to their course, and measures how they ended. It knows a route
// table and nothing else; main registers health and metrics on the same app.
import { randomUUID } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import fastify from 'fastify';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { Dispatcher } from 'undici';
import type { Protocol } from '../../lib/api/spec.ts';
import type { Clock } from '../clock.ts';
import type { CredentialRef, RouteTable, WorkflowRoute } from '../routes/types.ts';
import type { Logger } from '../telemetry/logger.ts';
import { writeError } from './answers.ts';
import { askOnce } from './ask-once.ts';
import { serveModel } from './attempts.ts';
import { watchCaller } from './caller.ts';
import type { CounterSnapshot } from './counters.ts';
import type { OwnError } from './errors.ts';
import type { Caller, Ports } from './exchange.ts';
import { servedHeaders } from './headers.ts';
import { createHealth } from './health.ts';
import { activeCandidate, refusal, scanBody, takeIn } from './intake.ts';
import { noMetrics } from './metrics.ts';
import type { GatewayMetrics, RequestOutcome } from './metrics.ts';
import { notServed, placeOf } from './paths.ts';
import type { Place } from './paths.ts';
import { createRetryBudget } from './retry.ts';
import { countBodyFor } from './upstream-body.ts';
import { createAgent } from './upstream.ts';

const MAX_BODY_BYTES = 32 * 1024 * 1024;

/** Refuses a request before anything of it is read: a sentence for the caller, or undefined to let it pass. */
export type Guard = (request: IncomingMessage) => string | undefined;

/** What a gateway is built from. */
export interface GatewayOptions {
  readonly table: () => RouteTable;
  readonly credentials: (ref: CredentialRef) => string | undefined;
  readonly clock: Clock;
  readonly random: () => number;
  readonly log: Logger;
  /** @default keeps nothing */
  readonly metrics?: GatewayMetrics;
  /** @default an own pool of connections, closed by `stop` */
  readonly dispatcher?: Dispatcher;
  /** The operator has not been seen for long. @default never */
  readonly alone?: () => boolean;
  readonly guard?: Guard;
}

/** A gateway that does not listen yet. */
export interface Gateway {
  readonly app: FastifyInstance;
  counters(): CounterSnapshot;
  breakers(): { readonly open: number; readonly halfOpen: number };
  /** To be called with every new table, and with the first. */
  onTable(next: RouteTable): void;
  /** Ends what is open and closes the connections to providers. */
  stop(): Promise<void>;
}

/** One HTTP request to a workflow, before it is known what it asks for. */
interface Visit {
  readonly dialect: Protocol;
  readonly workflow: string;
  readonly incoming: IncomingMessage;
  readonly out: ServerResponse;
  readonly caller: Caller;
  readonly body: Buffer;
  readonly id: string;
}

interface Params {
  readonly namespace: string;
  readonly workflow: string;
}

const DIALECT_SEGMENTS: Readonly<Record<string, Protocol>> = { anthropic: 'Anthropic', openai: 'OpenAI' };
const SEGMENT = /^\/[^/?]+\/[^/?]+\/(anthropic|openai)(?=[/?]|$)/;

function dialectOf(url: string): Protocol | undefined {
  return DIALECT_SEGMENTS[SEGMENT.exec(url)?.[1] ?? ''];
}

/** What stands behind the dialect's segment, and the query. */
function splitUrl(url: string): { readonly below: string; readonly query: string } {
  const rest = url.replace(SEGMENT, '');
  const mark = rest.indexOf('?');
  return mark < 0 ? { below: rest, query: '' } : { below: rest.slice(0, mark), query: rest.slice(mark) };
}

const newId = () => `req_${randomUUID().replaceAll('-', '')}`;

class Desk {
  readonly #options: GatewayOptions;
  readonly #ports: Ports;

  constructor(options: GatewayOptions, ports: Ports) {
    this.#options = options;
    this.#ports = ports;
  }

  /** Serves one request under a workflow's path. Never rejects. */
  async serve(visit: Visit): Promise<void> {
    try {
      await this.#route(visit);
    } catch (error) {
      this.#ports.log.error('a request failed by a bug of the gateway', {
        requestId: visit.id,
        error: error instanceof Error ? error : new Error('thrown value is no error'),
      });
      const told = {
        ...refusal(400, 'internal', 'the gateway failed; its log has the request id'),
        status: 500,
      } as const;
      if (visit.out.headersSent) visit.out.destroy();
      else this.refuse(visit, told);
    }
  }

  refuse({ out, dialect, id }: Pick<Visit, 'out' | 'dialect' | 'id'>, error: OwnError): void {
    writeError(out, dialect, error, id, servedHeaders({ id, attempts: 0 }));
  }

  #route(visit: Visit): Promise<void> {
    const { dialect, incoming, workflow } = visit;
    const url = incoming.url ?? '';
    const { below, query } = splitUrl(url);
    const place = placeOf(dialect, incoming.method ?? '', below);
    if (!place) return this.#deny(visit, notServed(dialect, incoming.method ?? '', url, workflow));
    const { workflows } = this.#options.table();
    const route = Object.hasOwn(workflows, workflow) ? workflows[workflow] : undefined;
    if (!route) return this.#deny(visit, refusal(404, 'unknown_workflow', `there is no workflow ${workflow} here`));
    return this.#serveAt(visit, route, place, query);
  }

  #serveAt(visit: Visit, route: WorkflowRoute, { endpoint, path }: Place, query: string): Promise<void> {
    switch (endpoint) {
      case 'messages':
      case 'chat':
        return this.#serveModel(visit, route, path + query);
      case 'countTokens':
        return this.#countTokens(visit, route, path + query);
      case 'models':
        return this.#listModels(visit, route, path + query);
    }
  }

  async #serveModel(visit: Visit, route: WorkflowRoute, path: string): Promise<void> {
    const { clock, metrics } = this.#ports;
    const { dialect, out } = visit;
    const now = clock.now();
    const exchange = takeIn({ ...visit, route, path, now });
    let outcome: RequestOutcome = 'callerError';
    if ('status' in exchange) this.refuse(visit, exchange);
    else outcome = await serveModel(this.#ports, exchange);
    const streaming = 'facts' in exchange && exchange.facts.stream;
    const status = outcome === 'clientGone' && !out.headersSent ? 0 : out.statusCode;
    metrics.request(dialect, streaming, outcome, status, (clock.now() - now) / 1000);
  }

  #countTokens(visit: Visit, route: WorkflowRoute, path: string): Promise<void> {
    const request = scanBody(visit.incoming, visit.body);
    if ('status' in request) return this.#deny(visit, request);
    const candidate = activeCandidate(route, visit.dialect);
    if ('status' in candidate) return this.#deny(visit, candidate);
    const body = countBodyFor(request, candidate);
    return askOnce(this.#ports, { ...visit, method: 'POST', path, candidate, body });
  }

  #listModels(visit: Visit, route: WorkflowRoute, path: string): Promise<void> {
    const candidate = activeCandidate(route, visit.dialect);
    if ('status' in candidate) return this.#deny(visit, candidate);
    const { body: _, ...question } = visit;
    return askOnce(this.#ports, { ...question, method: 'GET', path, candidate });
  }

  async #deny(visit: Visit, error: OwnError): Promise<void> {
    this.refuse(visit, error);
  }
}

/** An error in the dialect of the path, or plain JSON where there is none. */
function replyError(desk: Desk, request: FastifyRequest, reply: FastifyReply, error: OwnError): void {
  reply.hijack();
  // What was not read of the body is of no use to anyone.
  if (!request.raw.complete) reply.raw.shouldKeepAlive = false;
  desk.refuse({ out: reply.raw, dialect: dialectOf(request.url) ?? 'OpenAI', id: newId() }, error);
}

const NO_PATH =
  'no such path; models are served under /{namespace}/{workflow}/anthropic and /{namespace}/{workflow}/openai/v1';

function ownErrorOf(error: unknown): OwnError {
  const status = typeof error === 'object' && error !== null && 'statusCode' in error ? error.statusCode : 500;
  if (status === 413) return refusal(413, 'body_too_large', `a body may have ${MAX_BODY_BYTES / 1024 / 1024} MiB`);
  if (typeof status === 'number' && status >= 400 && status < 500)
    return refusal(400, 'bad_request', 'the request could not be read');
  return { status: 500, code: 'internal', message: 'the gateway failed', shouldRetry: false };
}

function createApp(desk: Desk, guard: Guard | undefined): FastifyInstance {
  const app = fastify({
    logger: false,
    bodyLimit: MAX_BODY_BYTES,
    exposeHeadRoutes: false,
    forceCloseConnections: true,
  });
  app.removeAllContentTypeParsers();
  app.addContentTypeParser('*', { parseAs: 'buffer' }, (_request, body, done) => done(null, body));
  if (guard) {
    app.addHook('onRequest', (request, reply, done) => {
      const why = guard(request.raw);
      if (why === undefined) return done();
      replyError(desk, request, reply, { status: 403, code: 'refused', message: why, shouldRetry: false });
    });
  }
  app.setErrorHandler((error, request, reply) => replyError(desk, request, reply, ownErrorOf(error)));
  app.setNotFoundHandler((request, reply) => replyError(desk, request, reply, refusal(404, 'not_found', NO_PATH)));
  const handle = (dialect: Protocol) => (request: FastifyRequest, reply: FastifyReply) => {
    reply.hijack();
    const { namespace, workflow } = request.params as Params;
    const body = Buffer.isBuffer(request.body) ? request.body : Buffer.alloc(0);
    const [incoming, out] = [request.raw, reply.raw];
    const caller = watchCaller(out);
    void desk.serve({ dialect, workflow: `${namespace}/${workflow}`, incoming, out, caller, body, id: newId() });
  };
  for (const [segment, dialect] of Object.entries(DIALECT_SEGMENTS)) {
    app.all(`/:namespace/:workflow/${segment}`, handle(dialect));
    app.all(`/:namespace/:workflow/${segment}/*`, handle(dialect));
  }
  return app;
}

/** Builds a gateway. It serves from `table()` as it is when a request arrives. */
export function createGateway(options: GatewayOptions): Gateway {
  const { clock, random, log, credentials, metrics = noMetrics(), alone = () => false } = options;
  const own = options.dispatcher ? undefined : createAgent();
  const dispatcher = options.dispatcher ?? (own as Dispatcher);
  const health = createHealth({ clock, random, alone, metrics, startId: randomUUID() });
  const budget = createRetryBudget(clock);
  const desk = new Desk(options, { clock, random, log, metrics, dispatcher, credentials, health, budget });
  const app = createApp(desk, options.guard);
  return {
    app,
    counters: () => health.counters(),
    breakers: () => health.breakers(),
    onTable(next) {
      health.onTable(next);
      budget.keepOnly((workflow) => Object.hasOwn(next.workflows, workflow));
    },
    async stop() {
      await app.close();
      await own?.destroy();
    },
  };
}
