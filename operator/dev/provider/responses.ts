// The OpenAI Responses API of the simulated provider. Errors and models are those of the OpenAI dialect.
import { piecesOf } from './answer.ts';
import type { Dialect, GenerationRequest } from './dialect.ts';
import { openai } from './openai.ts';

const CREATED = 1_767_225_600;
const ITEM = { item_id: 'msg_simulated', output_index: 0, content_index: 0 };

const event = (type: string, sequence: number, fields: object): string =>
  `event: ${type}\ndata: ${JSON.stringify({ type, sequence_number: sequence, ...fields })}\n\n`;

function usageOf(text: string) {
  const output = Math.ceil(text.length / 4);
  return { input_tokens: 12, output_tokens: output, total_tokens: 12 + output };
}

const message = (text: string, status: string) => ({
  id: ITEM.item_id,
  type: 'message',
  role: 'assistant',
  status,
  content: status === 'completed' ? [{ type: 'output_text', text, annotations: [] }] : [],
});

const response = ({ model }: GenerationRequest, status: string, output: readonly object[], text: string) => ({
  id: 'resp_simulated',
  object: 'response',
  created_at: CREATED,
  status,
  error: null,
  incomplete_details: null,
  model,
  output,
  parallel_tool_calls: true,
  tool_choice: 'auto',
  tools: [],
  usage: status === 'completed' ? usageOf(text) : null,
});

const whole = (request: GenerationRequest, text: string) =>
  response(request, 'completed', text === '' ? [] : [message(text, 'completed')], text);

export const responses: Dialect = {
  ...openai,
  whole,
  script(request, text) {
    const started = { response: response(request, 'in_progress', [], text) };
    const head = [event('response.created', 0, started), event('response.in_progress', 1, started)];
    const completed = (sequence: number) => event('response.completed', sequence, { response: whole(request, text) });
    if (text === '') return { head, content: [], tail: [completed(2)] };
    const pieces = piecesOf(text);
    const after = 3 + pieces.length;
    return {
      head: [...head, event('response.output_item.added', 2, { output_index: 0, item: message(text, 'in_progress') })],
      content: pieces.map((delta, index) => event('response.output_text.delta', 3 + index, { ...ITEM, delta })),
      tail: [
        event('response.output_text.done', after, { ...ITEM, text }),
        event('response.output_item.done', after + 1, { output_index: 0, item: message(text, 'completed') }),
        completed(after + 2),
      ],
    };
  },
  errorFrame: () => event('error', 0, { code: 'server_error', message: 'The server had an error', param: null }),
  brokenFrame: () => 'event: response.output_text.delta\ndata: {"type":"response.output_text.delta","del\n\n',
};
