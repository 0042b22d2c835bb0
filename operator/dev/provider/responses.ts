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

const part = (text: string) => ({ type: 'output_text', text, annotations: [] });

const message = (text: string, status: string) => ({
  id: ITEM.item_id,
  type: 'message',
  role: 'assistant',
  status,
  content: status === 'completed' ? [part(text)] : [],
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
    let sequence = -1;
    const next = (type: string, fields: object) => event(type, (sequence += 1), fields);
    const started = { response: response(request, 'in_progress', [], text) };
    const head = [next('response.created', started), next('response.in_progress', started)];
    const completed = () => next('response.completed', { response: whole(request, text) });
    if (text === '') return { head, content: [], tail: [completed()] };
    return {
      head: [
        ...head,
        next('response.output_item.added', { output_index: 0, item: message(text, 'in_progress') }),
        next('response.content_part.added', { ...ITEM, part: part('') }),
      ],
      content: piecesOf(text).map((delta) => next('response.output_text.delta', { ...ITEM, delta })),
      tail: [
        next('response.output_text.done', { ...ITEM, text }),
        next('response.content_part.done', { ...ITEM, part: part(text) }),
        next('response.output_item.done', { output_index: 0, item: message(text, 'completed') }),
        completed(),
      ],
    };
  },
  errorFrame: () => event('error', 0, { code: 'server_error', message: 'The server had an error', param: null }),
  brokenFrame: () => 'event: response.output_text.delta\ndata: {"type":"response.output_text.delta","del\n\n',
};
