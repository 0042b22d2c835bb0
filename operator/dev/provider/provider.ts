// A simulated model provider on loopback that speaks both dialects and misbehaves on demand. The demo, `--break` and the
// tests talk to it as they would to the real thing. It is not a load generator and not a proxy.
import { createServer } from 'node:http';
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { systemClock } from '../../clock.ts';
import type { Clock } from '../../clock.ts';
import { anthropic } from './anthropic.ts';
import { promptOf } from './answer.ts';
import type { Dialect, GenerationRequest } from './dialect.ts';
import { reachesEverything } from './modes.ts';
import type { Mode } from './modes.ts';
import { openai } from './openai.ts';
import { responses } from './responses.ts';
import { errorOfMode, reset, respond, sendError, sendHTML, sendJSON } from './respond.ts';
import { declaredSchema } from './structured.ts';

/** How a simulated provider is set up; everything has a default. */
export interface ProviderOptions {
  readonly clock?: Clock;
  /** The only credential that is accepted. Absent: any, or none. */
  readonly key?: string;
  /** The models that exist. Absent: any name does. */
  readonly models?: readonly string[];
  /** Between two frames of a stream. Default 10. */
  readonly gapMs?: number;
  /** Before the first byte in mode `slow`. Default 3000. */
  readonly slowMs?: number;
  /** What a canary asks, so that canaries can be told from callers. */
  readonly canaryPrompt?: string;
  /** Default: any free one. */
  readonly port?: number;
  /** Default: 127.0.0.1, so that other machines cannot reach it. */
  readonly host?: string;
}

/** A request as the provider saw it. */
export interface RecordedRequest {
  readonly method: string;
  readonly path: string;
  readonly model: string;
  readonly stream: boolean;
  readonly canary: boolean;
  readonly mode: Mode;
  readonly at: number;
}

/** A running simulated provider. */
export interface SimulatedProvider {
  /** The origin, without a path. */
  readonly url: string;
  /** What Anthropic's SDK takes as base URL. */
  readonly anthropicURL: string;
  /** What OpenAI's SDK takes as base URL. */
  readonly openaiURL: string;
  /** Sets how one model, or with `*` every model, behaves from now on. */
  readonly mode: (model: string, mode: Mode) => Promise<void>;
  readonly requests: () => readonly RecordedRequest[];
  readonly stop: () => Promise<void>;
}

const BODY_LIMIT = 64 * 1024 * 1024;
const RECORD_LIMIT = 100_000;

async function readBody(request: IncomingMessage): Promise<string> {
  const parts: Buffer[] = [];
  let size = 0;
  for await (const part of request as AsyncIterable<Buffer>) {
    size += part.length;
    if (size > BODY_LIMIT) throw new Error(`expected a body of at most ${BODY_LIMIT} bytes`);
    parts.push(part);
  }
  return Buffer.concat(parts).toString('utf8');
}

interface RequestBody {
  readonly model?: unknown;
  readonly stream?: unknown;
  readonly messages?: unknown;
  readonly input?: unknown;
  readonly stream_options?: { readonly include_usage?: unknown };
}

function parseBody(text: string): RequestBody | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return value !== null && typeof value === 'object' && !Array.isArray(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

function credentialOf(request: IncomingMessage): string | undefined {
  const key = request.headers['x-api-key'];
  if (typeof key === 'string') return key;
  return /^Bearer (.*)$/.exec(request.headers.authorization ?? '')?.[1];
}

/** Generation of the path, the free count of tokens, a model, the list, or nothing that exists. */
type Endpoint = 'generate' | 'count' | 'model' | 'list' | 'unknown';

const GENERATION_PATHS: ReadonlySet<string> = new Set(['/v1/messages', '/v1/chat/completions', '/v1/responses']);

function endpointOf(method: string, path: string): Endpoint {
  if (method === 'POST' && GENERATION_PATHS.has(path)) return 'generate';
  if (method === 'POST' && path === '/v1/messages/count_tokens') return 'count';
  if (method === 'GET' && path === '/v1/models') return 'list';
  if (method === 'GET' && path.startsWith('/v1/models/')) return 'model';
  return 'unknown';
}

function dialectOf(request: IncomingMessage, path: string): Dialect {
  if (path.startsWith('/v1/messages')) return anthropic;
  if (path.startsWith('/v1/chat/')) return openai;
  if (path === '/v1/responses') return responses;
  return request.headers['anthropic-version'] === undefined ? openai : anthropic;
}

/** A request, read. */
interface Question {
  readonly method: string;
  readonly path: string;
  readonly endpoint: Endpoint;
  readonly dialect: Dialect;
  /** False when the body had to be a JSON object and is none. */
  readonly valid: boolean;
  readonly generation: GenerationRequest;
}

function generationOf(body: RequestBody, model: unknown): GenerationRequest {
  const schema = declaredSchema(body);
  return {
    model: typeof model === 'string' ? model : '',
    stream: body.stream === true,
    prompt: promptOf(body),
    includeUsage: body.stream_options?.include_usage === true,
    ...(schema && { schema }),
  };
}

async function readQuestion(request: IncomingMessage): Promise<Question> {
  const path = new URL(request.url ?? '/', 'http://provider').pathname;
  const method = request.method ?? 'GET';
  const endpoint = endpointOf(method, path);
  const text = await readBody(request);
  const body = method === 'POST' ? parseBody(text) : {};
  const model = endpoint === 'model' ? decodeURIComponent(path.slice('/v1/models/'.length)) : body?.model;
  return {
    method,
    path,
    endpoint,
    dialect: dialectOf(request, path),
    valid: body !== undefined,
    generation: generationOf(body ?? {}, model),
  };
}

/** Starts a provider. Stop it, or the process stays alive. */
export async function startProvider(options: ProviderOptions = {}): Promise<SimulatedProvider> {
  const { clock = systemClock(), gapMs = 10, slowMs = 3_000, canaryPrompt = 'Reply with OK.' } = options;
  const { host = '127.0.0.1' } = options;
  const modes = new Map<string, Mode>();
  const recorded: RecordedRequest[] = [];
  const sockets = new Set<Socket>();
  let everyModel: Mode = 'ok';

  const modeOf = (model: string): Mode => modes.get(model) ?? everyModel;
  const exists = (model: string) => options.models === undefined || options.models.includes(model);

  const record = (entry: RecordedRequest) => {
    if (recorded.length < RECORD_LIMIT) recorded.push(entry);
  };

  /** What a mode that reaches everything does to a request; true when it is answered (or never will be). */
  const misbehave = (response: ServerResponse, dialect: Dialect, mode: Mode): boolean => {
    if (!reachesEverything(mode)) return false;
    const error = errorOfMode(dialect, mode);
    if (error) sendError(response, error);
    else if (mode === 'refuse') reset(response);
    else if (mode === 'html-200') sendHTML(response);
    return true;
  };

  const answerFree = (response: ServerResponse, dialect: Dialect, endpoint: Endpoint, model: string) => {
    if (endpoint === 'list') return sendJSON(response, 200, dialect.modelList(options.models ?? [...modes.keys()]));
    if (endpoint === 'count') return sendJSON(response, 200, { input_tokens: 12 });
    return sendJSON(response, 200, dialect.model(model));
  };

  const handle = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const question = await readQuestion(request);
    const { method, path, endpoint, dialect, generation } = question;
    const { model, stream, prompt } = generation;
    const mode = modeOf(model);
    const canary = endpoint === 'generate' && prompt === canaryPrompt;
    record({ method, path, model, stream, canary, mode, at: clock.now() });

    if (misbehave(response, dialect, mode)) return;
    const refusal = refuse(request, question);
    if (refusal) return sendError(response, refusal);
    if (endpoint !== 'generate') return answerFree(response, dialect, endpoint, model);
    return respond({ clock, dialect, response, gapMs, slowMs }, mode, generation);
  };

  /** What a healthy provider would not answer either. */
  const refuse = (request: IncomingMessage, { endpoint, valid, dialect, generation }: Question) => {
    if (options.key !== undefined && credentialOf(request) !== options.key) {
      return dialect.error('credential', 'invalid API key');
    }
    if (endpoint === 'unknown') return dialect.error('notFound', 'there is nothing at this path');
    if (!valid) return dialect.error('invalid', 'expected a JSON object as body');
    if (endpoint !== 'list' && !exists(generation.model)) {
      return dialect.error('notFound', `model: ${generation.model}`);
    }
    return undefined;
  };

  const listen = (port: number): Promise<Server> =>
    new Promise((resolve, reject) => {
      const created = createServer((request, response) => {
        // A caller that leaves while its body is read is no news; anything else shows as a broken connection.
        handle(request, response).catch(() => reset(response));
      });
      created.keepAliveTimeout = 65_000;
      created.on('connection', (socket) => {
        sockets.add(socket);
        socket.once('close', () => sockets.delete(socket));
        socket.on('error', () => socket.destroy());
      });
      created.once('error', reject);
      created.listen(port, host, () => resolve(created));
    });

  const close = async (running: Server) => {
    const closed = new Promise<void>((resolve) => running.close(() => resolve()));
    for (const socket of sockets) socket.resetAndDestroy();
    await closed;
  };

  let server: Server | undefined = await listen(options.port ?? 0);
  const { port } = server.address() as AddressInfo;
  const url = `http://127.0.0.1:${port}`;
  // Changes of the listener follow one another, however fast they are asked for.
  let pending = Promise.resolve();

  const follow = async () => {
    const refusing = everyModel === 'refuse';
    if (refusing && server) {
      const closing = server;
      server = undefined;
      await close(closing);
    } else if (!refusing && !server) {
      server = await listen(port);
    }
  };

  return {
    url,
    anthropicURL: url,
    openaiURL: `${url}/v1`,
    async mode(model, mode) {
      if (model === '*') {
        everyModel = mode;
        modes.clear();
        pending = pending.then(follow);
        await pending;
      } else {
        modes.set(model, mode);
      }
    },
    requests: () => recorded,
    async stop() {
      await pending;
      const closing = server;
      server = undefined;
      if (closing) await close(closing);
    },
  };
}
