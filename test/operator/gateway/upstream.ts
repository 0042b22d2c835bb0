// A provider on loopback that can misbehave in every way the gateway has to survive. Between two chunks of a stream
// there is always a gap: without one, kernels merge what should have been seen apart.
import { createServer } from 'node:http';
import type { IncomingHttpHeaders, IncomingMessage, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as gap } from 'node:timers/promises';
import type { ModelApi } from '../../../operator/gateway/dialects/model-api.ts';
import { goodResponse, RESPONSE_ENDS, responseEvent, responsesStream } from './responses-script.ts';

export const MODES = [
  'ok',
  'tool',
  'length',
  'cutShort',
  'refusal',
  'empty',
  'hang',
  'hangAfterContent',
  'pingsOnly',
  'zeroBytes',
  'cut',
  'cutAfterContent',
  'endWithoutTerminal',
  'half',
  'html',
  'noBody',
  'errorEventFirst',
  'errorEventMid',
  'redirect',
  'errorIn200',
  'status',
  'raw',
] as const;
export type Mode = (typeof MODES)[number];

export interface Seen {
  readonly method: string;
  readonly url: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

export interface Upstream {
  mode: Mode;
  /** With mode `status`. */
  status: number;
  headers: Record<string, string>;
  errorBody: string | Buffer | undefined;
  /** With mode `raw`: the body of an answer with status 200, and how the connection ends after it. */
  raw: { readonly bytes: Buffer; readonly ending: 'end' | 'destroy' };
  /** The text of good answers. */
  text: string;
  readonly seen: Seen[];
  readonly origin: string;
  /** Requests whose connection the other side broke off before the answer was whole. */
  readonly abandoned: () => number;
  close(): Promise<void>;
}

interface Scene {
  readonly api: ModelApi;
  readonly upstream: Upstream;
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly stream: boolean;
}

const anthropicEvent = (type: string, fields: object) =>
  `event: ${type}\ndata: ${JSON.stringify({ type, ...fields })}\n\n`;
const chunk = (delta: object, finish: string | null = null) =>
  `data: ${JSON.stringify({ id: 'c', object: 'chat.completion.chunk', created: 1, model: 'up', choices: [{ index: 0, delta, finish_reason: finish }] })}\n\n`;

const usage = { input_tokens: 3, output_tokens: 2 };
const anthropicStart = anthropicEvent('message_start', {
  message: { id: 'msg_1', type: 'message', role: 'assistant', model: 'up', content: [], stop_reason: null, usage },
});
const textStart = anthropicEvent('content_block_start', { index: 0, content_block: { type: 'text', text: '' } });
const blockStop = anthropicEvent('content_block_stop', { index: 0 });
const stop = (reason: string) => [
  anthropicEvent('message_delta', { delta: { stop_reason: reason, stop_sequence: null }, usage }),
  anthropicEvent('message_stop', {}),
];
const textDelta = (text: string) =>
  anthropicEvent('content_block_delta', { index: 0, delta: { type: 'text_delta', text } });
const DONE = 'data: [DONE]\n\n';

/** What a good stream is made of, event by event. */
export function goodStream(api: ModelApi, text: string): readonly string[] {
  const parts = [...text];
  switch (api) {
    case 'messages':
      return [
        anthropicStart,
        ': a comment\n\n',
        anthropicEvent('ping', {}),
        textStart,
        ...parts.map(textDelta),
        blockStop,
        ...stop('end_turn'),
      ];
    case 'chat':
      return [
        chunk({ role: 'assistant', content: '' }),
        ...parts.map((content) => chunk({ content })),
        chunk({}, 'stop'),
        DONE,
      ];
    case 'responses':
      return responsesStream(text);
  }
}

const STREAMS: Readonly<
  Record<'tool' | 'length' | 'refusal' | 'empty', Readonly<Record<ModelApi, readonly string[]>>>
> = {
  tool: {
    messages: [
      anthropicStart,
      anthropicEvent('content_block_start', {
        index: 0,
        content_block: { type: 'tool_use', id: 'toolu_1', name: 'get', input: {} },
      }),
      anthropicEvent('content_block_delta', { index: 0, delta: { type: 'input_json_delta', partial_json: '{"a":1}' } }),
      blockStop,
      ...stop('tool_use'),
    ],
    chat: [
      chunk({ role: 'assistant', content: null }),
      chunk({
        tool_calls: [{ index: 0, id: 'call_1', type: 'function', function: { name: 'get', arguments: '{"a":1}' } }],
      }),
      chunk({}, 'tool_calls'),
      DONE,
    ],
    responses: RESPONSE_ENDS.tool.stream,
  },
  length: {
    messages: [anthropicStart, ...stop('max_tokens')],
    chat: [chunk({}, 'length'), DONE],
    responses: RESPONSE_ENDS.length.stream,
  },
  refusal: {
    messages: [anthropicStart, ...stop('refusal')],
    chat: [chunk({ refusal: 'no' }), chunk({}, 'stop'), DONE],
    responses: RESPONSE_ENDS.refusal.stream,
  },
  empty: {
    messages: [anthropicStart, textStart, blockStop, ...stop('end_turn')],
    chat: [chunk({ role: 'assistant', content: '' }), chunk({}, 'stop'), DONE],
    responses: RESPONSE_ENDS.empty.stream,
  },
};

const anthropicAnswer = (content: object[], stop_reason: string) => ({
  id: 'msg_1',
  type: 'message',
  role: 'assistant',
  model: 'up',
  content,
  stop_reason,
  stop_sequence: null,
  usage,
});
const chatAnswer = (message: object, finish_reason: string) => ({
  id: 'c',
  object: 'chat.completion',
  created: 1,
  model: 'up',
  choices: [{ index: 0, message: { role: 'assistant', content: null, refusal: null, ...message }, finish_reason }],
});

const call = { id: 'call_1', type: 'function', function: { name: 'get', arguments: '{"a":1}' } };

/** Answers that are not simply good, by API. */
const ODD_ANSWERS: Readonly<Record<ModelApi, Partial<Record<Mode, object>>>> = {
  messages: {
    tool: anthropicAnswer([{ type: 'tool_use', id: 'toolu_1', name: 'get', input: { a: 1 } }], 'tool_use'),
    length: anthropicAnswer([], 'max_tokens'),
    refusal: anthropicAnswer([], 'refusal'),
    empty: anthropicAnswer([{ type: 'text', text: '' }], 'end_turn'),
  },
  chat: {
    tool: chatAnswer({ tool_calls: [call] }, 'tool_calls'),
    length: chatAnswer({ content: '' }, 'length'),
    refusal: chatAnswer({ refusal: 'no' }, 'stop'),
    empty: chatAnswer({ content: '' }, 'stop'),
  },
  responses: {
    tool: RESPONSE_ENDS.tool.response,
    length: RESPONSE_ENDS.length.response,
    refusal: RESPONSE_ENDS.refusal.response,
    empty: RESPONSE_ENDS.empty.response,
  },
};

const GOOD_ANSWERS: Readonly<Record<ModelApi, (text: string) => object>> = {
  messages: (text) => anthropicAnswer([{ type: 'text', text }], 'end_turn'),
  chat: (content) => chatAnswer({ content }, 'stop'),
  responses: goodResponse,
};

/** The bytes of an answer that does not stream, with odd spacing that must survive. */
export function unaryAnswer(api: ModelApi, mode: Mode, text: string): string {
  const answer = ODD_ANSWERS[api][mode] ?? GOOD_ANSWERS[api](text);
  return `  ${JSON.stringify({ ...answer, unknown_field: [1.0, null] }, null, 1)}\n`;
}

const errorJson = (api: ModelApi, type: string) =>
  JSON.stringify(
    api === 'messages'
      ? { type: 'error', error: { type, message: `the provider says ${type}` }, request_id: 'req_up' }
      : { error: { message: `the provider says ${type}`, type, param: null, code: type } },
  );
const ERROR_EVENTS: Readonly<Record<ModelApi, string>> = {
  messages: `event: error\ndata: ${errorJson('messages', 'overloaded_error')}\n\n`,
  chat: `data: ${errorJson('chat', 'server_error')}\n\n`,
  responses: responseEvent('error', { code: 'server_error', message: 'the provider says server_error', param: null }),
};

async function sendEvents(response: ServerResponse, events: readonly string[]): Promise<void> {
  for (const event of events) {
    if (response.destroyed) return;
    response.write(event);
    await gap(2);
  }
}

const head = (stream: boolean) => ({
  'content-type': stream ? 'text/event-stream' : 'application/json',
  'x-upstream': 'yes',
});

/** The same answer or event, when a limit on its length ended it. */
const stoppedShort = (text: string) =>
  text
    .replace(/"stop_reason":( ?)"end_turn"/, '"stop_reason":$1"max_tokens"')
    .replace(/"finish_reason":( ?)"stop"/, '"finish_reason":$1"length"')
    .replaceAll('response.completed', 'response.incomplete')
    .replace(/"status":( ?)"completed"/g, '"status":$1"incomplete"');

type Ending = 'end' | 'destroy' | 'hang';
type Script = (good: readonly string[], firstContent: number, api: ModelApi) => readonly [readonly string[], Ending];

/** The streams that are not simply good, nor one of STREAMS. */
const BAD_STREAMS: Partial<Record<Mode, Script>> = {
  cutShort: (good) => [good.map(stoppedShort), 'end'],
  cut: (good, first) => [good.slice(0, first), 'destroy'],
  cutAfterContent: (good, first) => [[...good.slice(0, first + 1), good[first + 1]?.slice(0, 20) ?? ''], 'destroy'],
  endWithoutTerminal: (good, first) => [good.slice(0, first + 2), 'end'],
  half: () => [['data: {"type":"content_bl\n\n'], 'end'],
  noBody: () => [[], 'end'],
  errorEventFirst: (_good, _first, api) => [[ERROR_EVENTS[api]], 'end'],
  errorEventMid: (good, first, api) => [[...good.slice(0, first + 1), ERROR_EVENTS[api]], 'end'],
  hangAfterContent: (good, first) => [good.slice(0, first + 1), 'hang'],
  pingsOnly: (_good, _first, api) => [[api === 'messages' ? anthropicEvent('ping', {}) : ': ping\n\n'], 'hang'],
};

const isOddEnd = (mode: Mode): mode is keyof typeof STREAMS => Object.hasOwn(STREAMS, mode);

async function playStream({ api, upstream, response }: Scene): Promise<void> {
  const { mode, text } = upstream;
  response.writeHead(200, { ...head(true), ...upstream.headers });
  const good = isOddEnd(mode) ? STREAMS[mode][api] : goodStream(api, text);
  const firstContent = good.findIndex((event) => /"text":"[^"]|"content":"[^"]|"delta":"[^"]/.test(event));
  const [events, ending] = BAD_STREAMS[mode]?.(good, firstContent, api) ?? [good, 'end'];
  await sendEvents(response, events);
  if (ending === 'end') response.end();
  if (ending === 'destroy') response.destroy();
}

type Play = (scene: Scene, body: string) => void;

async function cut(response: ServerResponse, part: string): Promise<void> {
  response.write(part);
  await gap(2);
  response.destroy();
}

/** What is the same for every request. */
const PLAYS: Partial<Record<Mode, Play>> = {
  raw: (scene, body) => playRaw(scene, body),
  hang: () => {},
  zeroBytes: ({ request }) => void request.socket.destroy(),
  html: ({ response }) => void response.writeHead(200, { 'content-type': 'text/html' }).end('<html>login</html>'),
  redirect: ({ response, upstream }) =>
    void response.writeHead(307, { location: `${upstream.origin}/elsewhere` }).end(),
  errorIn200: ({ response, api }) => void response.writeHead(200, head(false)).end(errorJson(api, 'server_error')),
  status: ({ response, upstream, api }) =>
    void response
      .writeHead(upstream.status, { ...head(false), ...upstream.headers })
      .end(upstream.errorBody ?? errorJson(api, `error_${upstream.status}`)),
};

/** Exactly these bytes, in one piece. */
const playRaw: Play = ({ response, upstream, stream }) => {
  const { bytes, ending } = upstream.raw;
  response.writeHead(200, head(stream));
  response.flushHeaders();
  if (ending === 'end') response.end(bytes);
  else if (bytes.length === 0) response.destroy();
  else response.write(bytes, () => setImmediate(() => response.destroy()));
};

/** What only happens to answers that do not stream. */
const UNARY_PLAYS: Partial<Record<Mode, Play>> = {
  cut: ({ response }, body) => {
    response.writeHead(200, { ...head(false), 'content-length': body.length });
    void cut(response, body.slice(0, 20));
  },
  cutAfterContent: ({ response }, body) => {
    response.writeHead(200, head(false));
    void cut(response, body);
  },
  half: ({ response }, body) => void response.writeHead(200, head(false)).end(body.slice(0, 40)),
  noBody: ({ response }) => void response.writeHead(200, head(false)).end(),
  cutShort: ({ response }, body) => void response.writeHead(200, head(false)).end(stoppedShort(body)),
};

function play(scene: Scene): void {
  const { api, upstream, response, stream } = scene;
  const body = unaryAnswer(api, upstream.mode, upstream.text);
  const same = PLAYS[upstream.mode] ?? (stream ? undefined : UNARY_PLAYS[upstream.mode]);
  if (same) same(scene, body);
  else if (stream) void playStream(scene);
  else response.writeHead(200, { ...head(false), ...upstream.headers }).end(body);
}

function apiOf(url: string): ModelApi {
  if (url.includes('/chat/completions')) return 'chat';
  return url.includes('/responses') ? 'responses' : 'messages';
}

/** Starts a provider that is well. */
export async function startUpstream(): Promise<Upstream> {
  let abandoned = 0;
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    response.on('close', () => void (abandoned += response.writableFinished ? 0 : 1));
    request.on('data', (part: Buffer) => chunks.push(part));
    request.on('end', () => {
      const body = Buffer.concat(chunks).toString();
      upstream.seen.push({ method: request.method ?? '', url: request.url ?? '', headers: request.headers, body });
      const stream = /"stream"\s*:\s*true/.test(body);
      play({ api: apiOf(request.url ?? ''), upstream, request, response, stream });
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const upstream: Upstream = {
    mode: 'ok',
    status: 500,
    headers: {},
    errorBody: undefined,
    raw: { bytes: Buffer.alloc(0), ending: 'end' },
    text: 'hello',
    seen: [],
    origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    abandoned: () => abandoned,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
  return upstream;
}
