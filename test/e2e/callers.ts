// Callers as users write them: unmodified official SDKs that know a base URL and nothing else, one for each API, streaming and
// not. Every answer is compared with what was asked, so that a wrong, cut or mixed-up one cannot pass as a success.
import Anthropic from '@anthropic-ai/sdk';
import OpenAI from 'openai';
import type { Judgement } from '../../operator/dev/judge-answer.ts';
import { expectedAnswer } from '../../operator/dev/provider/answer.ts';

/** One way to ask. */
export interface Caller {
  readonly api: 'messages' | 'chat' | 'responses';
  readonly stream: boolean;
  /** Sends the nonce and judges what came back. Never rejects. */
  readonly ask: (nonce: string) => Promise<Judgement>;
}

/** What the SDK handed over. */
interface Received {
  readonly text: string;
  readonly finished: boolean;
  readonly model: string;
}

class DiedMidStreamError extends Error {
  override readonly name = 'DiedMidStreamError';
}

type Part = Partial<Pick<Received, 'text' | 'finished'>>;
type Receive = (nonce: string) => Promise<Received>;

const servedBy = (response: { readonly headers: Headers }): string =>
  response.headers.get('x-mcpworkflow-model') ?? 'nobody';

/** Marks an error that came after content as a told death. */
async function collect<T>(events: AsyncIterable<T>, model: string, read: (event: T) => Part): Promise<Received> {
  let text = '';
  let finished = false;
  try {
    for await (const event of events) {
      const part = read(event);
      text += part.text ?? '';
      finished ||= part.finished ?? false;
    }
  } catch (error) {
    if (text !== '') throw new DiedMidStreamError('the stream died after content', { cause: error });
    throw error;
  }
  return { text, finished, model };
}

const caller = (api: Caller['api'], stream: boolean, receive: Receive): Caller => ({
  api,
  stream,
  ask: async (nonce) => {
    try {
      const { text, finished, model } = await receive(nonce);
      return finished && text === expectedAnswer(model, nonce) ? { kind: 'whole', model } : { kind: 'truncated' };
    } catch (error) {
      return error instanceof DiedMidStreamError ? { kind: 'told' } : { kind: 'lost', why: String(error) };
    }
  },
});

/** No retries of their own: what the gateway does not heal is lost. A model that only pings is left after a minute. */
const OPTIONS = { apiKey: 'caller', maxRetries: 0, timeout: 120_000 };

/** What an SDK is given to send its requests with. */
export interface Sending {
  /** @default what it brings */
  readonly fetch?: typeof fetch;
  /** @default a key for gateways that ask for none */
  readonly apiKey?: string;
}

/** Both ways to call Messages at a workflow's Anthropic base URL. */
export function messagesCallers(baseURL: string, sending: Sending = {}): readonly Caller[] {
  const client = new Anthropic({ baseURL, ...OPTIONS, ...sending });
  const body = (content: string) => ({
    model: 'whatever',
    max_tokens: 256,
    messages: [{ role: 'user' as const, content }],
  });
  return [
    caller('messages', false, async (nonce) => {
      const { data, response } = await client.messages.create(body(nonce)).withResponse();
      const text = data.content.map((block) => (block.type === 'text' ? block.text : '')).join('');
      return { text, finished: data.stop_reason !== null, model: servedBy(response) };
    }),
    caller('messages', true, async (nonce) => {
      const { data, response } = await client.messages.create({ ...body(nonce), stream: true }).withResponse();
      return collect(data, servedBy(response), (event) => {
        if (event.type === 'message_stop') return { finished: true };
        return event.type === 'content_block_delta' && event.delta.type === 'text_delta'
          ? { text: event.delta.text }
          : {};
      });
    }),
  ];
}

/** Both ways to call Chat Completions at a workflow's OpenAI base URL. */
export function chatCallers(baseURL: string, sending: Sending = {}): readonly Caller[] {
  const client = new OpenAI({ baseURL, ...OPTIONS, ...sending });
  const body = (content: string) => ({ model: 'whatever', messages: [{ role: 'user' as const, content }] });
  return [
    caller('chat', false, async (nonce) => {
      const { data, response } = await client.chat.completions.create(body(nonce)).withResponse();
      const [choice] = data.choices;
      return {
        text: choice?.message.content ?? '',
        finished: choice?.finish_reason !== undefined,
        model: servedBy(response),
      };
    }),
    caller('chat', true, async (nonce) => {
      const { data, response } = await client.chat.completions.create({ ...body(nonce), stream: true }).withResponse();
      return collect(data, servedBy(response), (chunk) => ({
        text: chunk.choices[0]?.delta.content ?? '',
        finished: Boolean(chunk.choices[0]?.finish_reason),
      }));
    }),
  ];
}

/** Both ways to call Responses at a workflow's OpenAI base URL. */
export function responsesCallers(baseURL: string, sending: Sending = {}): readonly Caller[] {
  const client = new OpenAI({ baseURL, ...OPTIONS, ...sending });
  return [
    caller('responses', false, async (nonce) => {
      const { data, response } = await client.responses.create({ model: 'whatever', input: nonce }).withResponse();
      return { text: data.output_text, finished: data.status === 'completed', model: servedBy(response) };
    }),
    caller('responses', true, async (nonce) => {
      const asked = client.responses.create({ model: 'whatever', input: nonce, stream: true });
      const { data, response } = await asked.withResponse();
      return collect(data, servedBy(response), (event) => {
        if (event.type === 'response.completed') return { finished: true };
        return event.type === 'response.output_text.delta' ? { text: event.delta } : {};
      });
    }),
  ];
}
