// What a simulated model says: a text that names the model and echoes the prompt, so that a caller can prove who
// answered and that the answer is whole.

const ECHO_LIMIT = 200;

/** The whole text that `model` answers to a prompt. */
export function expectedAnswer(model: string, prompt: string): string {
  const echo = prompt.slice(0, ECHO_LIMIT);
  return `This is ${model}. You said: ${echo} — and that is all there is to say about ${echo}.`;
}

/** The text in pieces of roughly equal length, as a stream sends it. */
export function piecesOf(text: string, count = 8): readonly string[] {
  const size = Math.max(1, Math.ceil(text.length / count));
  const pieces: string[] = [];
  for (let at = 0; at < text.length; at += size) pieces.push(text.slice(at, at + size));
  return pieces;
}

interface Message {
  readonly role?: unknown;
  readonly content?: unknown;
}

const textOf = (content: unknown): string => {
  if (typeof content === 'string') return content;
  if (!Array.isArray(content)) return '';
  return content.map((part: { readonly text?: unknown }) => (typeof part.text === 'string' ? part.text : '')).join('');
};

/** The text of the last message that the user wrote: in `messages`, or in the `input` of a response. */
export function promptOf({ messages, input }: { readonly messages?: unknown; readonly input?: unknown }): string {
  if (typeof input === 'string') return input;
  const list = messages ?? input;
  if (!Array.isArray(list)) return '';
  const last = (list as Message[]).findLast((message) => message.role === 'user');
  return textOf(last?.content);
}
