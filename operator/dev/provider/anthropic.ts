// The Anthropic Messages dialect of the simulated provider.
import type { Dialect, ErrorKind } from './dialect.ts';
import { piecesOf } from './answer.ts';

const ERRORS: Readonly<Record<ErrorKind, readonly [status: number, type: string]>> = {
  overloaded: [529, 'overloaded_error'],
  server: [500, 'api_error'],
  unavailable: [503, 'api_error'],
  credential: [401, 'authentication_error'],
  notFound: [404, 'not_found_error'],
  rateLimited: [429, 'rate_limit_error'],
  quota: [429, 'rate_limit_error'],
  invalid: [400, 'invalid_request_error'],
};

const frame = (data: { readonly type: string; readonly [member: string]: unknown }): string =>
  `event: ${data.type}\ndata: ${JSON.stringify(data)}\n\n`;
const usage = (text: string) => ({ input_tokens: 12, output_tokens: Math.max(1, Math.ceil(text.length / 4)) });
const errorBody = (type: string, message: string, details?: object) => ({
  type: 'error',
  error: { type, message, ...(details && { details }) },
  request_id: 'req_simulated',
});

function message(model: string, text: string | undefined, stopReason: string | null) {
  return {
    id: 'msg_simulated',
    type: 'message',
    role: 'assistant',
    model,
    content: text === undefined ? [] : [{ type: 'text', text }],
    stop_reason: stopReason,
    stop_sequence: null,
    usage: text === undefined ? { input_tokens: 12, output_tokens: 0 } : usage(text),
  };
}

const describeModel = (id: string) => ({
  type: 'model',
  id,
  display_name: id,
  created_at: '2026-01-01T00:00:00Z',
});

export const anthropic: Dialect = {
  whole: ({ model }, text) => message(model, text === '' ? undefined : text, 'end_turn'),
  script({ model }, text) {
    const start = frame({ type: 'message_start', message: message(model, undefined, null) });
    const end = [
      frame({
        type: 'message_delta',
        delta: { stop_reason: 'end_turn', stop_sequence: null },
        usage: { output_tokens: usage(text).output_tokens },
      }),
      frame({ type: 'message_stop' }),
    ];
    if (text === '') return { head: [start], content: [], tail: end };
    const block = { type: 'content_block_start', index: 0, content_block: { type: 'text', text: '' } };
    return {
      head: [start, frame(block), frame({ type: 'ping' })],
      content: piecesOf(text).map((piece) =>
        frame({ type: 'content_block_delta', index: 0, delta: { type: 'text_delta', text: piece } }),
      ),
      tail: [frame({ type: 'content_block_stop', index: 0 }), ...end],
    };
  },
  error(kind, text) {
    const [status, type] = ERRORS[kind];
    const details = kind === 'quota' ? { error_code: 'enforced_spend_limit_reached' } : undefined;
    const headers = kind === 'rateLimited' ? { 'retry-after': '2' } : {};
    return { status, headers: { 'request-id': 'req_simulated', ...headers }, body: errorBody(type, text, details) };
  },
  errorFrame: () => frame(errorBody('overloaded_error', 'Overloaded')),
  brokenFrame: () =>
    'event: content_block_delta\ndata: {"type":"content_block_delta","index":0,"delta":{"type":"text_d\n\n',
  ping: () => frame({ type: 'ping' }),
  model: describeModel,
  modelList: (ids) => ({
    data: ids.map(describeModel),
    has_more: false,
    first_id: ids.at(0) ?? null,
    last_id: ids.at(-1) ?? null,
  }),
};
