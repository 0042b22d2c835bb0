// The OpenAI Chat Completions dialect of the simulated provider.
import type { Dialect, ErrorKind, GenerationRequest } from './dialect.ts';
import { piecesOf } from './answer.ts';

const ERRORS: Readonly<Record<ErrorKind, readonly [status: number, type: string, code: string | null]>> = {
  // OpenAI has no 529; it says the same with a 503.
  overloaded: [503, 'server_error', 'overloaded'],
  server: [500, 'server_error', null],
  unavailable: [503, 'server_error', null],
  credential: [401, 'invalid_request_error', 'invalid_api_key'],
  notFound: [404, 'invalid_request_error', 'model_not_found'],
  rateLimited: [429, 'requests', 'rate_limit_exceeded'],
  quota: [429, 'insufficient_quota', 'insufficient_quota'],
  invalid: [400, 'invalid_request_error', null],
};

const CREATED = 1_767_225_600;
const frame = (data: unknown): string => `data: ${JSON.stringify(data)}\n\n`;
const usage = (text: string) => {
  const completion = Math.ceil(text.length / 4);
  return { prompt_tokens: 12, completion_tokens: completion, total_tokens: 12 + completion };
};
const describeModel = (id: string) => ({ id, object: 'model', created: CREATED, owned_by: 'simulation' });

function chunk(request: GenerationRequest, delta: object, finish: string | null) {
  return frame({
    id: 'chatcmpl-simulated',
    object: 'chat.completion.chunk',
    created: CREATED,
    model: request.model,
    choices: [{ index: 0, delta, logprobs: null, finish_reason: finish }],
  });
}

const usageChunk = (request: GenerationRequest, text: string) =>
  frame({
    id: 'chatcmpl-simulated',
    object: 'chat.completion.chunk',
    created: CREATED,
    model: request.model,
    choices: [],
    usage: usage(text),
  });

export const openai: Dialect = {
  whole: ({ model }, text) => ({
    id: 'chatcmpl-simulated',
    object: 'chat.completion',
    created: CREATED,
    model,
    choices: [
      { index: 0, message: { role: 'assistant', content: text, refusal: null }, logprobs: null, finish_reason: 'stop' },
    ],
    usage: usage(text),
  }),
  script: (request, text) => ({
    head: [chunk(request, { role: 'assistant', content: '', refusal: null }, null)],
    content: text === '' ? [] : piecesOf(text).map((piece) => chunk(request, { content: piece }, null)),
    tail: [
      chunk(request, {}, 'stop'),
      ...(request.includeUsage ? [usageChunk(request, text)] : []),
      'data: [DONE]\n\n',
    ],
  }),
  error(kind, message) {
    const [status, type, code] = ERRORS[kind];
    const headers = { 'x-request-id': 'req_simulated', ...(kind === 'rateLimited' && { 'retry-after': '2' }) };
    return { status, headers, body: { error: { message, type, param: null, code } } };
  },
  errorFrame: () =>
    frame({ error: { message: 'The server had an error', type: 'server_error', param: null, code: 'overloaded' } }),
  brokenFrame: () => 'data: {"id":"chatcmpl-simulated","object":"chat.completion.chunk","choices":[{"ind\n\n',
  ping: () => ': ping\n\n',
  model: describeModel,
  modelList: (ids) => ({ object: 'list', data: ids.map(describeModel) }),
};
