// What a provider of OpenAI's Responses API says: whole responses, and their streams event by event.

export const responseEvent = (type: string, fields: object) =>
  `event: ${type}\ndata: ${JSON.stringify({ type, ...fields })}\n\n`;

const response = (status: string, output: readonly object[], more: object = {}) => ({
  id: 'resp_1',
  object: 'response',
  created_at: 1,
  status,
  error: null,
  incomplete_details: null,
  model: 'up',
  output,
  parallel_tool_calls: true,
  tool_choice: 'auto',
  tools: [],
  usage: { input_tokens: 3, output_tokens: 2, total_tokens: 5 },
  ...more,
});

const message = (content: readonly object[]) => ({
  id: 'msg_1',
  type: 'message',
  role: 'assistant',
  status: 'completed',
  content,
});
const textPart = (text: string) => ({ type: 'output_text', text, annotations: [] });
const call = { id: 'fc_1', type: 'function_call', call_id: 'call_1', name: 'get', arguments: '{"a":1}' };

/** A response with this text. */
export const goodResponse = (text: string) => response('completed', [message([textPart(text)])]);

/** Events with their numbers. */
const numbered = (events: readonly (readonly [type: string, fields: object])[]): readonly string[] =>
  events.map(([type, fields], sequence_number) => responseEvent(type, { ...fields, sequence_number }));

const place = { item_id: 'msg_1', output_index: 0, content_index: 0 };
const opening = [
  ['response.created', { response: response('in_progress', []) }],
  ['response.in_progress', { response: response('in_progress', []) }],
] as const;

/** The stream of a response with this text, one delta a character. */
export const responsesStream = (text: string): readonly string[] =>
  numbered([
    ...opening,
    ['response.output_item.added', { output_index: 0, item: message([]) }],
    ['response.content_part.added', { ...place, part: textPart('') }],
    ...[...text].map((delta) => ['response.output_text.delta', { ...place, delta }] as const),
    ['response.output_text.done', { ...place, text }],
    ['response.content_part.done', { ...place, part: textPart(text) }],
    ['response.output_item.done', { output_index: 0, item: message([textPart(text)]) }],
    ['response.completed', { response: goodResponse(text) }],
  ]);

const ending = (whole: ReturnType<typeof response>, ...events: readonly (readonly [string, object])[]) => ({
  response: whole,
  stream: numbered([...opening, ...events, [`response.${whole.status}`, { response: whole }]]),
});

/** Responses that end otherwise than with a text, and their streams. */
export const RESPONSE_ENDS = {
  tool: ending(
    response('completed', [call]),
    ['response.output_item.added', { output_index: 0, item: { ...call, arguments: '' } }],
    ['response.function_call_arguments.delta', { item_id: 'fc_1', output_index: 0, delta: call.arguments }],
    ['response.function_call_arguments.done', { item_id: 'fc_1', output_index: 0, arguments: call.arguments }],
    ['response.output_item.done', { output_index: 0, item: call }],
  ),
  length: ending(response('incomplete', [], { incomplete_details: { reason: 'max_output_tokens' } })),
  refusal: ending(response('completed', [message([{ type: 'refusal', refusal: 'no' }])])),
  empty: ending(response('completed', [message([textPart('')])])),
} as const;
