// Judges what a caller got, as strictly as the caller would: was it whole, was it told that it is not, or was it lost?
import { expectedAnswer } from './provider/answer.ts';

/** What came back for one request. `broken`: the transfer did not end as HTTP says. */
export interface Received {
  readonly status: number;
  /** `x-mcpworkflow-model`. */
  readonly servedBy: string | undefined;
  readonly body: string;
  readonly broken: boolean;
}

/**
 * `whole`: everything that the model said. `lost`: an error, or nothing usable. `told`: a stream that died after content,
 * with an error the caller sees. `truncated`: part of an answer that looks like a success, the one thing that must not be.
 */
export type Judgement =
  | { readonly kind: 'whole'; readonly model: string }
  | { readonly kind: 'lost'; readonly why: string }
  | { readonly kind: 'told' }
  | { readonly kind: 'truncated' };

interface StreamEvent {
  readonly type?: string;
  readonly delta?: { readonly text?: string };
}

function parseEvent(data: string): StreamEvent {
  try {
    return JSON.parse(data) as StreamEvent;
  } catch {
    return {};
  }
}

const lost = (why: string): Judgement => ({ kind: 'lost', why });

function judgeStream({ body, broken, servedBy }: Received, prompt: string): Judgement {
  const events = [...body.matchAll(/^data: (.*)$/gm)].map(([, data]) => parseEvent(data ?? ''));
  const text = events.map(({ delta }) => delta?.text ?? '').join('');
  const errored = broken || events.some(({ type }) => type === 'error');
  if (errored) return text === '' ? lost('the stream broke before any content') : { kind: 'told' };
  if (servedBy !== undefined && events.at(-1)?.type === 'message_stop' && text === expectedAnswer(servedBy, prompt)) {
    return { kind: 'whole', model: servedBy };
  }
  return { kind: 'truncated' };
}

function judgeWhole({ body, broken, servedBy }: Received, prompt: string): Judgement {
  if (broken) return lost('the connection broke');
  let text: unknown;
  try {
    text = (JSON.parse(body) as { content?: readonly { text?: unknown }[] }).content?.[0]?.text;
  } catch {
    return { kind: 'truncated' };
  }
  return servedBy !== undefined && text === expectedAnswer(servedBy, prompt)
    ? { kind: 'whole', model: servedBy }
    : { kind: 'truncated' };
}

/** Judges an answer to an Anthropic Messages request with that prompt. */
export function judgeAnswer(received: Received, prompt: string, stream: boolean): Judgement {
  if (received.status !== 200) return lost(`HTTP ${received.status}`);
  return stream ? judgeStream(received, prompt) : judgeWhole(received, prompt);
}
