// Answers one request to generate, well or in one of the ways that modes.ts lists.
import type { ServerResponse } from 'node:http';
import type { Clock } from '../../clock.ts';
import type { Dialect, ErrorAnswer, ErrorKind, GenerationRequest } from './dialect.ts';
import { expectedAnswer } from './answer.ts';
import { OFF_SCHEMA, structuredAnswer } from './structured.ts';
import type { Mode } from './modes.ts';

/** What an answer needs besides the request. */
export interface Stage {
  readonly clock: Clock;
  readonly dialect: Dialect;
  readonly response: ServerResponse;
  /** Between two frames of a stream. */
  readonly gapMs: number;
  /** Before the first byte of a slow answer. */
  readonly slowMs: number;
}

const PING_GAP_MS = 1_000;
const SLOW_GAP_FACTOR = 10;

const pause = (clock: Clock, ms: number) => new Promise<void>((resolve) => void clock.after(ms, resolve));
const gone = (response: ServerResponse) => response.destroyed || response.writableEnded;

export function sendJSON(
  response: ServerResponse,
  status: number,
  body: unknown,
  headers: Record<string, string> = {},
) {
  const text = JSON.stringify(body);
  response.writeHead(status, {
    'content-type': 'application/json',
    'content-length': Buffer.byteLength(text),
    ...headers,
  });
  response.end(text);
}

export const sendError = (response: ServerResponse, { status, headers, body }: ErrorAnswer) =>
  sendJSON(response, status, body, { ...headers });

export function sendHTML(response: ServerResponse) {
  response.writeHead(200, { 'content-type': 'text/html' });
  response.end('<!doctype html><html><body><h1>Please sign in</h1></body></html>');
}

/** Breaks the connection the hard way, so that the other side sees a reset. */
export const reset = (response: ServerResponse) => void response.socket?.resetAndDestroy();

const ERROR_OF_MODE: Readonly<Partial<Record<Mode, readonly [ErrorKind, string]>>> = {
  '529': ['overloaded', 'Overloaded'],
  '500': ['server', 'Internal server error'],
  '503': ['unavailable', 'Service unavailable'],
  '401': ['credential', 'invalid API key'],
  '404': ['notFound', 'model not found'],
  '429': ['rateLimited', 'This request would exceed the rate limit'],
  '429-for-a-minute': ['rateLimited', 'This request would exceed the rate limit'],
  quota: ['quota', 'You have reached your spend limit'],
};

/** The error answer that a mode stands for, if it is that simple. */
export function errorOfMode(dialect: Dialect, mode: Mode): ErrorAnswer | undefined {
  const error = ERROR_OF_MODE[mode];
  if (!error) return undefined;
  const answer = dialect.error(error[0], error[1]);
  return mode === '429-for-a-minute' ? { ...answer, headers: { ...answer.headers, 'retry-after': '60' } } : answer;
}

/** What the model says. */
function textFor(mode: Mode, { model, prompt, schema }: GenerationRequest): string {
  if (mode === 'empty') return '';
  if (!schema) return expectedAnswer(model, prompt);
  return mode === 'off-schema' ? OFF_SCHEMA : structuredAnswer(schema);
}

/** Sends frames with gaps between them; stops early when the caller has left. */
async function sendFrames({ clock, response, gapMs }: Stage, frames: readonly string[]): Promise<void> {
  for (const frame of frames) {
    if (gone(response)) return;
    response.write(frame);
    if (gapMs > 0) await pause(clock, gapMs);
  }
}

async function pingForever({ clock, response }: Stage, ping: string): Promise<void> {
  while (!gone(response)) {
    response.write(ping);
    await pause(clock, PING_GAP_MS);
  }
}

/** How a stream ends once `frames` are out. */
type Ending = 'end' | 'reset' | 'fin' | 'hang';

function finish({ response }: Stage, ending: Ending) {
  if (ending === 'end') response.end();
  if (ending === 'reset') reset(response);
  // Without the last chunk of the transfer encoding: a FIN that the caller can tell from a proper end.
  if (ending === 'fin') response.socket?.end();
}

function planStream(
  stage: Stage,
  mode: Mode,
  request: GenerationRequest,
): { frames: readonly string[]; ending: Ending } {
  const { dialect } = stage;
  const text = textFor(mode, request);
  const { head, content, tail } = dialect.script(request, text);
  const half = [...head, ...content.slice(0, Math.ceil(content.length / 2))];
  const plans: Partial<Record<Mode, { frames: readonly string[]; ending: Ending }>> = {
    'hang-after-headers': { frames: [], ending: 'hang' },
    'zero-bytes': { frames: [], ending: 'end' },
    'ping-then-hang': { frames: [dialect.ping()], ending: 'hang' },
    'cut-before-content': { frames: head, ending: 'reset' },
    'cut-after-content': { frames: half, ending: 'reset' },
    'cut-after-content-fin': { frames: half, ending: 'fin' },
    stall: { frames: half, ending: 'hang' },
    truncate: { frames: half, ending: 'end' },
    'error-first-event': { frames: [dialect.errorFrame()], ending: 'end' },
    'error-mid-stream': { frames: [...half, dialect.errorFrame()], ending: 'end' },
    'half-json': { frames: [...head, dialect.brokenFrame()], ending: 'end' },
  };
  return plans[mode] ?? { frames: [...head, ...content, ...tail], ending: 'end' };
}

async function stream(stage: Stage, mode: Mode, request: GenerationRequest): Promise<void> {
  const { response, dialect } = stage;
  response.writeHead(200, { 'content-type': 'text/event-stream; charset=utf-8', 'cache-control': 'no-cache' });
  response.flushHeaders();
  if (mode === 'ping-forever') return pingForever(stage, dialect.ping());
  const { frames, ending } = planStream(stage, mode, request);
  await sendFrames(stage, frames);
  // What was written has to leave before the connection breaks, or the other side sees less than was meant.
  if (ending === 'reset') await pause(stage.clock, Math.max(stage.gapMs, 5));
  if (!gone(response)) finish(stage, ending);
}

type UnaryWay = (stage: Stage, text: string) => Promise<void> | void;

const JSON_TYPE = { 'content-type': 'application/json' };

const openOnly: UnaryWay = ({ response }) => response.writeHead(200, JSON_TYPE).flushHeaders();

/** Promises the whole body and breaks the connection before all of it is out. */
const cut =
  (share: number, ending: 'reset' | 'fin'): UnaryWay =>
  async (stage, text) => {
    const { response, clock, gapMs } = stage;
    response.writeHead(200, { ...JSON_TYPE, 'content-length': Buffer.byteLength(text) });
    response.flushHeaders();
    if (share > 0) response.write(text.slice(0, text.length * share));
    await pause(clock, Math.max(gapMs, 5));
    finish(stage, ending);
  };

const half: UnaryWay = ({ response }, text) =>
  void response.writeHead(200, JSON_TYPE).end(text.slice(0, text.length / 2));
const overloaded: UnaryWay = ({ response, dialect }) => sendError(response, dialect.error('overloaded', 'Overloaded'));

const UNARY_WAYS: Readonly<Partial<Record<Mode, UnaryWay>>> = {
  'hang-after-headers': openOnly,
  'zero-bytes': ({ response }) => void response.writeHead(200, JSON_TYPE).end(),
  'ping-then-hang': ({ response }) => void response.writeHead(200, JSON_TYPE).write(' '),
  'ping-forever': (stage, text) => {
    void openOnly(stage, text);
    return pingForever(stage, ' ');
  },
  'cut-before-content': cut(0, 'reset'),
  'cut-after-content': cut(0.5, 'reset'),
  'cut-after-content-fin': cut(0.5, 'fin'),
  stall: ({ response }, text) => void response.writeHead(200, JSON_TYPE).write(text.slice(0, text.length / 2)),
  truncate: half,
  'half-json': half,
  'error-first-event': overloaded,
  'error-mid-stream': overloaded,
};

async function unary(stage: Stage, mode: Mode, request: GenerationRequest): Promise<void> {
  const text = textFor(mode, request);
  const whole = stage.dialect.whole(request, text);
  const way = UNARY_WAYS[mode];
  if (way) await way(stage, JSON.stringify(whole));
  else sendJSON(stage.response, 200, whole);
}

/** Answers a request to generate. Resolves when nothing more will be sent. */
export async function respond(stage: Stage, mode: Mode, request: GenerationRequest): Promise<void> {
  const error = errorOfMode(stage.dialect, mode);
  if (error) return sendError(stage.response, error);
  if (mode === 'hang' || mode === 'freeze') return;
  if (mode === 'refuse') return reset(stage.response);
  if (mode === 'html-200') return sendHTML(stage.response);
  const paced = mode === 'slow' ? { ...stage, gapMs: stage.gapMs * SLOW_GAP_FACTOR } : stage;
  if (mode === 'slow') await pause(stage.clock, stage.slowMs);
  if (gone(stage.response)) return;
  return request.stream ? stream(paced, mode, request) : unary(paced, mode, request);
}
