// Callers as users write them: unmodified official SDKs that know a base URL and nothing else. Every answer is compared with
// what was asked, so that a wrong, cut or mixed-up answer cannot pass as a success.
import Anthropic from '@anthropic-ai/sdk';
import OpenAI from 'openai';

/** What the callers got, and what became of it. */
export interface TrafficTally {
  sent: number;
  whole: number;
  /** An error, or an incomplete answer, before any content. */
  lost: number;
  /** A stream that died after its first content and said so. */
  told: number;
  /** A cut answer that looked like a success. Must be 0. */
  truncatedAsSuccess: number;
  readonly errors: string[];
}

export interface Traffic {
  /** The tally since the last call of `take`. */
  take(): TrafficTally;
  /** Requests sent since the start. */
  sent(): number;
  stop(): Promise<void>;
}

/** How one answer ended, as the caller sees it. */
interface Received {
  readonly text: string;
  readonly finished: boolean;
}

class DiedMidStreamError extends Error {
  override readonly name = 'DiedMidStreamError';
}

type Ask = (nonce: string) => Promise<Received>;

/** Marks an error that came after content as a told death. */
async function collect<T>(events: AsyncIterable<T>, read: (event: T) => Partial<Received>): Promise<Received> {
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
  return { text, finished };
}

function anthropicCallers(baseURL: string): readonly Ask[] {
  const client = new Anthropic({ baseURL, apiKey: 'caller', maxRetries: 0, timeout: 60_000 });
  const body = (nonce: string) => ({
    model: 'whatever',
    max_tokens: 256,
    messages: [{ role: 'user' as const, content: nonce }],
  });
  return [
    async (nonce) => {
      const message = await client.messages.create(body(nonce));
      const text = message.content.map((block) => (block.type === 'text' ? block.text : '')).join('');
      return { text, finished: message.stop_reason !== null };
    },
    async (nonce) =>
      collect(await client.messages.create({ ...body(nonce), stream: true }), (event) => {
        if (event.type === 'message_stop') return { finished: true };
        return event.type === 'content_block_delta' && event.delta.type === 'text_delta'
          ? { text: event.delta.text }
          : {};
      }),
  ];
}

function openaiCallers(baseURL: string): readonly Ask[] {
  const client = new OpenAI({ baseURL, apiKey: 'caller', maxRetries: 0, timeout: 60_000 });
  const body = (nonce: string) => ({ model: 'whatever', messages: [{ role: 'user' as const, content: nonce }] });
  return [
    async (nonce) => {
      const { choices } = await client.chat.completions.create(body(nonce));
      return { text: choices[0]?.message.content ?? '', finished: choices[0]?.finish_reason !== undefined };
    },
    async (nonce) =>
      collect(await client.chat.completions.create({ ...body(nonce), stream: true }), (chunk) => ({
        text: chunk.choices[0]?.delta.content ?? '',
        finished: Boolean(chunk.choices[0]?.finish_reason),
      })),
  ];
}

const emptyTally = (): TrafficTally => ({ sent: 0, whole: 0, lost: 0, told: 0, truncatedAsSuccess: 0, errors: [] });

/**
 * Starts callers that ask one after the other, for ever, each `gapMs` after its last answer. `gatewayURL` is the gateway's
 * origin; `complete` says whether an answer is all of what a provider says to that nonce.
 */
export function startTraffic(options: {
  readonly gatewayURL: string;
  readonly anthropic?: string;
  readonly openai?: string;
  readonly gapMs?: number;
  readonly complete: (nonce: string, text: string) => boolean;
}): Traffic {
  const { gatewayURL, complete, gapMs = 50 } = options;
  const callers = [
    ...(options.anthropic === undefined ? [] : anthropicCallers(`${gatewayURL}/${options.anthropic}/anthropic`)),
    ...(options.openai === undefined ? [] : openaiCallers(`${gatewayURL}/${options.openai}/openai/v1`)),
  ];
  let tally = emptyTally();
  let stopped = false;
  let nextNonce = 0;

  async function once(ask: Ask): Promise<void> {
    const nonce = `nonce-${(nextNonce += 1)}-end`;
    const mine = tally;
    mine.sent += 1;
    try {
      const { text, finished } = await ask(nonce);
      if (finished && complete(nonce, text)) mine.whole += 1;
      else mine.truncatedAsSuccess += 1;
    } catch (error) {
      if (error instanceof DiedMidStreamError) mine.told += 1;
      else {
        mine.lost += 1;
        mine.errors.push(String(error));
      }
    }
  }

  const loops = callers.map(async (ask) => {
    while (!stopped) {
      await once(ask);
      await new Promise((resolve) => setTimeout(resolve, gapMs));
    }
  });

  return {
    take() {
      const taken = tally;
      tally = emptyTally();
      return taken;
    },
    sent: () => nextNonce,
    async stop() {
      stopped = true;
      await Promise.all(loops);
    },
  };
}
