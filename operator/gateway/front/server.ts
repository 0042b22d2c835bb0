// The gateway's HTTP side: takes requests in, hands them to their course, and measures how they ended. It knows a route
// table and nothing else; main registers health and metrics on the same app.
import { randomUUID } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import fastify from 'fastify';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { Dispatcher } from 'undici';
import type { Protocol } from '../../../lib/api/spec.ts';
import type { Clock } from '../../clock.ts';
import type { CredentialRef, RouteTable } from '../../routes/types.ts';
import type { CounterSnapshot } from '../../telemetry/counter-snapshot.ts';
import type { Logger } from '../../telemetry/logger.ts';
import type { Tracing } from '../../telemetry/tracing.ts';
import { TURNED_AWAY } from './access.ts';
import type { Verdict } from './access.ts';
import { createAnswerMemory } from '../course/answer-memory.ts';
import type { AnswerMemory } from '../course/answer-memory.ts';
import { createBodyMemory, roomNeeded } from './body-memory.ts';
import type { BodyMemory } from './body-memory.ts';
import { watchCaller } from './caller.ts';
import { createChecks } from '../checks/verdict.ts';
import { Desk, OUR_BUG } from './desk.ts';
import type { OwnError } from '../dialects/errors.ts';
import { createDoor } from './door.ts';
import type { Door, WhoseToken } from './door.ts';
import { createHealth } from '../health/health.ts';
import { refusal } from './intake.ts';
import { LIMITS } from './limits.ts';
import type { Limits } from './limits.ts';
import { renewIdentity, serverOptions } from './listener.ts';
import type { TlsIdentity } from './listener.ts';
import { noMetrics } from '../health/metrics.ts';
import type { GatewayMetrics } from '../health/metrics.ts';
import { DIALECT_SEGMENTS, dialectOf } from './paths.ts';
import { readRequestBody } from './request-body.ts';
import { newRequestId } from './request-id.ts';
import { startRequestSpan } from '../traces/request-span.ts';
import type { RequestSpan } from '../traces/request-span.ts';
import { createRetryBudget } from '../course/retry.ts';
import { createAgent, createSend } from '../upstream/upstream.ts';
import type { Connect } from '../upstream/upstream.ts';

const NO_ROOM: OwnError = {
  status: 503,
  code: 'overloaded',
  message: 'the gateway holds as many requests as it has memory for',
  retryAfter: 1,
  shouldRetry: true,
};

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
  /** How the own pool connects. @default to wherever a name leads */
  readonly connect?: Connect;
  /** The operator has not been seen for long. @default never */
  readonly alone?: () => boolean;
  readonly guard?: Guard;
  /** Callers of workflows without keys are refused, too. @default false */
  readonly mustProve?: boolean;
  /** Says whose token it is, for callers without a key. @default nobody has tokens */
  readonly whose?: WhoseToken;
  /** @default plain HTTP */
  readonly tls?: TlsIdentity;
  /** Where requests that may pass are traced. @default nowhere, at no cost */
  readonly tracing?: Tracing | undefined;
  /** Where they differ from those of every gateway; for tests. */
  readonly limits?: Partial<Limits>;
}

/** A gateway that does not listen yet. */
export interface Gateway {
  readonly app: FastifyInstance;
  counters(): CounterSnapshot;
  breakers(): { readonly open: number; readonly halfOpen: number };
  /** Bytes that are held, of the bodies of requests and of answers. */
  held(): { readonly requests: number; readonly answers: number };
  /** Shows another certificate to new connections. Only for a gateway with TLS. */
  renewTls(identity: TlsIdentity): void;
  /** To be called with every new table, and with the first. */
  onTable(next: RouteTable): void;
  /** Ends as `limits` say, then lets go of the providers. */
  stop(limits?: DrainLimits): Promise<void>;
}

/** How a gateway ends. Every answer closes its connection meanwhile, so that callers go elsewhere by themselves. */
export interface DrainLimits {
  /** New requests are still served for so long: those who send them may not have heard yet. Milliseconds, default 0. */
  readonly lingerMs?: number;
  /** After that nothing new is taken, and what is in flight may go on for so long before it is broken off. Default 0. */
  readonly graceMs?: number;
}

interface Params {
  readonly namespace: string;
  readonly workflow: string;
}

/** An error in the dialect of the path, or plain JSON where there is none. */
function replyError(
  desk: Desk,
  request: FastifyRequest,
  reply: FastifyReply,
  error: OwnError,
  trace?: RequestSpan,
): void {
  reply.hijack();
  // What was not read of the body is of no use to anyone.
  if (!request.raw.complete) reply.raw.shouldKeepAlive = false;
  desk.refuse({ out: reply.raw, dialect: dialectOf(request.url) ?? 'OpenAI', id: newRequestId(), trace }, error);
  trace?.end(reply.raw, false);
}

const NO_PATH =
  'no such path; models are served under /{namespace}/{workflow}/anthropic and /{namespace}/{workflow}/openai/v1';

function ownErrorOf(error: unknown): OwnError {
  const status = typeof error === 'object' && error !== null && 'statusCode' in error ? error.statusCode : 500;
  if (typeof status === 'number' && status >= 400 && status < 500)
    return refusal(400, 'bad_request', 'the request could not be read');
  return OUR_BUG;
}

/** `lingering`: it still takes what comes. `closing`: nothing new is taken. */
type Ending = 'no' | 'lingering' | 'closing';

interface AppParts extends Pick<GatewayOptions, 'guard' | 'tls' | 'tracing'> {
  readonly desk: Desk;
  readonly limits: Limits;
  readonly bodyMemory: BodyMemory;
  readonly answerMemory: AnswerMemory;
  readonly ending: () => Ending;
  readonly door: Door;
}

function createApp(parts: AppParts): FastifyInstance {
  const { desk, guard, tls, tracing, limits, bodyMemory, answerMemory, ending, door } = parts;
  const tooLarge = refusal(413, 'body_too_large', `a body may have ${limits.bodyBytes / 1024 / 1024} MiB`);
  const app = fastify({
    ...serverOptions(limits, tls),
    logger: false,
    exposeHeadRoutes: false,
    forceCloseConnections: 'idle',
    return503OnClosing: false,
  });
  app.server.maxConnections = limits.connections;
  app.removeAllContentTypeParsers();
  // Fastify reads no body: on the paths of models we do, and elsewhere nobody does.
  app.addContentTypeParser('*', (_request, _payload, done) => done(null));
  if (guard) {
    app.addHook('onRequest', (request, reply, done) => {
      const why = guard(request.raw);
      if (why === undefined) return done();
      replyError(desk, request, reply, { status: 403, code: 'refused', message: why, shouldRetry: false });
    });
  }
  app.setErrorHandler((error, request, reply) => replyError(desk, request, reply, ownErrorOf(error)));
  app.setNotFoundHandler((request, reply) => replyError(desk, request, reply, refusal(404, 'not_found', NO_PATH)));
  // A connection whose stream began before the end was in sight is only idle then, and would keep the server open. Not while
  // it lingers: over any idle connection a request may be on its way, and would be lost.
  const afterAnswer = () => {
    if (ending() === 'closing') setImmediate(() => app.server.closeIdleConnections());
  };
  type Fail = (error: Error) => void;
  const takeOver = (dialect: Protocol) => (request: FastifyRequest, reply: FastifyReply, fail: Fail) => {
    const [incoming, out] = [request.raw, reply.raw];
    const params = request.params as Params;
    const workflow = `${params.namespace}/${params.workflow}`;
    const enter = (verdict: Verdict) => {
      // To ask about a token takes time, in which the caller may have left.
      if (out.destroyed) return;
      if (verdict !== 'allowed') return replyError(desk, request, reply, TURNED_AWAY[verdict]);
      // Who may not call is not traced: strangers could fill any store of traces.
      const trace = tracing && startRequestSpan(tracing, incoming, out);
      const bodyRoom = bodyMemory.enter(roomNeeded(incoming.headers, limits.bodyBytes));
      if (!bodyRoom) return replyError(desk, request, reply, NO_ROOM, trace);
      const room = answerMemory.open();
      const caller = watchCaller(out, () => {
        bodyRoom.leave();
        room.leave();
        afterAnswer();
      });
      reply.hijack();
      readRequestBody(incoming, limits.bodyBytes, (body) => {
        if (body === 'tooLarge') return replyError(desk, request, reply, tooLarge, trace);
        // The news that a connection is gone can come before the last part of a body that it had brought.
        if (out.destroyed) return;
        bodyRoom.shrinkTo(body.length);
        if (ending() !== 'no') out.shouldKeepAlive = false;
        void desk.serve({ dialect, workflow, incoming, out, caller, room, body, id: newRequestId(), trace });
      });
    };
    // Before anything of the body is read: nobody fills the memory who may not call.
    const verdict = door(params.namespace, workflow, incoming.headers);
    if (typeof verdict === 'string') enter(verdict);
    else verdict.then(enter, fail);
  };
  for (const [segment, dialect] of Object.entries(DIALECT_SEGMENTS)) {
    // In the hook, which comes before fastify's own reading of the body; it never calls on to the handler.
    const options = { onRequest: takeOver(dialect), handler: () => {} };
    app.all(`/:namespace/:workflow/${segment}`, options);
    app.all(`/:namespace/:workflow/${segment}/*`, options);
  }
  return app;
}

/** Builds a gateway. It serves from `table()` as it is when a request arrives. */
export function createGateway(options: GatewayOptions): Gateway {
  const { clock, random, log, credentials, metrics = noMetrics(), alone = () => false } = options;
  const own = createAgent(options.connect);
  const dispatcher = options.dispatcher ?? own;
  const health = createHealth({ clock, random, alone, metrics, startId: randomUUID() });
  const budget = createRetryBudget(clock);
  const desk = new Desk(options.table, {
    clock,
    random,
    log,
    metrics,
    send: createSend(dispatcher),
    credentials,
    health,
    budget,
    checksFor: createChecks(),
  });
  let ending: Ending = 'no';
  const limits = { ...LIMITS, ...options.limits };
  const bodyMemory = createBodyMemory(limits.heldBytes);
  const answerMemory = createAnswerMemory(limits.heldAnswerBytes, limits.answerBytes);
  const app = createApp({
    ...options,
    desk,
    limits,
    bodyMemory,
    answerMemory,
    ending: () => ending,
    door: createDoor(options),
  });
  return {
    app,
    counters: () => health.counters(),
    breakers: () => health.breakers(),
    held: () => ({ requests: bodyMemory.heldBytes(), answers: answerMemory.heldBytes() }),
    renewTls: (identity) => renewIdentity(app.server, identity),
    onTable(next) {
      health.onTable(next);
      budget.keepOnly((workflow) => Object.hasOwn(next.workflows, workflow));
    },
    async stop({ lingerMs = 0, graceMs = 0 } = {}) {
      ending = 'lingering';
      if (lingerMs > 0) await new Promise<void>((resolve) => void clock.after(lingerMs, resolve));
      ending = 'closing';
      const timer = clock.after(graceMs, () => app.server.closeAllConnections());
      await app.close();
      timer.cancel();
      await own.destroy();
    },
  };
}
