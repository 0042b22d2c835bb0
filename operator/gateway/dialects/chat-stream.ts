// The chunks of OpenAI Chat Completions.
import { streamErrorBody } from './errors.ts';
import type { EventMeaning, StreamReader } from './stream-reader.ts';
import { fieldsOf, hasSubstance, parseFields } from '../json/json-fields.ts';
import type { Fields } from '../json/json-fields.ts';
import { readErrorWords } from '../../provider-words.ts';
import { readEvent } from './sse.ts';

const OTHER: EventMeaning = { kind: 'other' };
const CONTENT: EventMeaning = { kind: 'content' };
const END: EventMeaning = { kind: 'end' };
const MALFORMED: EventMeaning = { kind: 'malformed' };
const DONE = '[DONE]';
const CHUNK = 'chat.completion.chunk';

/** Members of a delta that a caller can use; the reasoning ones are what servers like OpenAI's call them. */
const CONTENT_MEMBERS = [
  'content',
  'refusal',
  'reasoning',
  'reasoning_content',
  'audio',
  'tool_calls',
  'function_call',
];

/** A reader for one stream of Chat Completions. */
export function chatStream(): StreamReader {
  const finishReasons: unknown[] = [];
  let refused = false;

  const readChoice = (choice: Fields): boolean => {
    const delta = fieldsOf(choice['delta']);
    if (hasSubstance(choice['finish_reason'])) finishReasons.push(choice['finish_reason']);
    refused ||= hasSubstance(delta['refusal']);
    return CONTENT_MEMBERS.some((name) => hasSubstance(delta[name]));
  };
  const readChunk = (chunk: Fields): EventMeaning => {
    if (hasSubstance(chunk['error'])) return { kind: 'error', error: readErrorWords(chunk['error']) };
    if (Array.isArray(chunk['choices'])) {
      const found = chunk['choices'].map((choice) => readChoice(fieldsOf(choice)));
      return found.includes(true) ? CONTENT : OTHER;
    }
    return typeof chunk['object'] === 'string' && chunk['object'] !== CHUNK ? CONTENT : OTHER;
  };

  return {
    read(event) {
      const { event: name, data } = readEvent(event);
      if (data === undefined) return OTHER;
      if (data === DONE) return END;
      const chunk = parseFields(data);
      if (!chunk) return MALFORMED;
      if (name === 'error') return { kind: 'error', error: readErrorWords(chunk['error'] ?? chunk) };
      const meaning = readChunk(chunk);
      return meaning.kind === 'other' && name !== undefined && name !== 'message' && name !== 'ping'
        ? CONTENT
        : meaning;
    },
    readCommitted(event) {
      if (event.raw.includes(DONE) && readEvent(event).data === DONE) return END;
      if (!event.raw.includes('error')) return OTHER;
      const { event: name, data } = readEvent(event);
      const chunk = data === undefined ? undefined : parseFields(data);
      if (name !== 'error' && !hasSubstance(chunk?.['error'])) return OTHER;
      return { kind: 'error', error: readErrorWords(chunk?.['error'] ?? chunk) };
    },
    empty: () => finishReasons.length > 0 && finishReasons.every((reason) => reason === 'stop'),
    refused: () => refused || finishReasons.includes('content_filter'),
    deathEvent: (code, message, id) => `data: ${streamErrorBody('OpenAI', code, message, id)}\n\n`,
  };
}
