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
import { createAnswerMemory } from '../course/answer-memory.ts';
import { createBodyMemory } from './body-memory.ts';
import { createChecks } from '../checks/verdict.ts';
import { Desk, OUR_BUG } from './desk.ts';
import type { OwnError } from '../dialects/errors.ts';
import { createDoor } from './door.ts';
import type { WhoseToken } from './door.ts';
import { Entrance, turnAway } from './entrance.ts';
import type { EntranceParts } from './entrance.ts';
import { createHealth } from '../health/health.ts';
import { refusal } from './intake.ts';
import { LIMITS } from './limits.ts';
import type { Limits } from './limits.ts';
import { renewIdentity, serverOptions } from './listener.ts';
import type { TlsIdentity } from './listener.ts';
import { noMetrics } from '../health/metrics.ts';
import type { GatewayMetrics } from '../health/metrics.ts';
import { DIALECT_SEGMENTS, dialectOf } from './paths.ts';
import { createRetryBudget } from '../course/retry.ts';
import { createAgent, createSend } from '../upstream/upstream.ts';
import type { Connect } from '../upstream/upstream.ts';

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
function replyError(desk: Desk, request: FastifyRequest, reply: FastifyReply, error: OwnError): void {
  reply.hijack();
  turnAway(desk, { dialect: dialectOf(request.url) ?? 'OpenAI', incoming: request.raw, out: reply.raw }, error);
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

interface AppParts extends Omit<EntranceParts, 'ending' | 'afterAnswer'> {
  readonly guard: Guard | undefined;
  readonly tls: TlsIdentity | undefined;
  readonly ending: () => Ending;
}

function addRefusals(app: FastifyInstance, desk: Desk, guard: Guard | undefined): void {
  if (guard) {
    app.addHook('onRequest', (request, reply, done) => {
      const why = guard(request.raw);
      if (why === undefined) return done();
      replyError(desk, request, reply, { status: 403, code: 'refused', message: why, shouldRetry: false });
    });
  }
  app.setErrorHandler((error, request, reply) => replyError(desk, request, reply, ownErrorOf(error)));
  app.setNotFoundHandler((request, reply) => replyError(desk, request, reply, refusal(404, 'not_found', NO_PATH)));
}

function addPaths(app: FastifyInstance, entrance: Entrance): void {
  const takeOver = (dialect: Protocol) => (request: FastifyRequest, reply: FastifyReply) => {
    const { namespace, workflow } = request.params as Params;
    const { raw: incoming } = request;
    reply.hijack();
    entrance.enter({ dialect, namespace, workflow: `${namespace}/${workflow}`, incoming, out: reply.raw });
  };
  for (const [segment, dialect] of Object.entries(DIALECT_SEGMENTS)) {
    // In the hook, which comes before fastify's own reading of the body; it never calls on to the handler.
    const options = { onRequest: takeOver(dialect), handler: () => {} };
    app.all(`/:namespace/:workflow/${segment}`, options);
    app.all(`/:namespace/:workflow/${segment}/*`, options);
  }
}

function createApp({ guard, tls, ending, ...parts }: AppParts): FastifyInstance {
  const app = fastify({
    ...serverOptions(parts.limits, tls),
    logger: false,
    exposeHeadRoutes: false,
    forceCloseConnections: 'idle',
    return503OnClosing: false,
  });
  app.server.maxConnections = parts.limits.connections;
  app.removeAllContentTypeParsers();
  // Fastify reads no body: on the paths of models we do, and elsewhere nobody does.
  app.addContentTypeParser('*', (_request, _payload, done) => done(null));
  addRefusals(app, parts.desk, guard);
  const entrance = new Entrance({
    ...parts,
    ending: () => ending() !== 'no',
    // A connection whose stream began before the end was in sight is only idle then, and would keep the server open. Not
    // while it lingers: over any idle connection a request may be on its way, and would be lost.
    afterAnswer: () => void (ending() === 'closing' && setImmediate(() => app.server.closeIdleConnections())),
  });
  addPaths(app, entrance);
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
    guard: options.guard,
    tls: options.tls,
    tracing: options.tracing,
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
