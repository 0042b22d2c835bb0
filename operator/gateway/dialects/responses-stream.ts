// The events of the OpenAI Responses API.
import type { EventMeaning, StreamReader } from './stream-reader.ts';
import { fieldsOf, parseFields } from '../json/json-fields.ts';
import type { Fields } from '../json/json-fields.ts';
import { readErrorWords } from '../../provider-words.ts';
import { judgeResponse } from './responses-answer.ts';
import { readEvent } from './sse.ts';
import type { StreamEvent } from './sse.ts';

const OTHER: EventMeaning = { kind: 'other' };
const CONTENT: EventMeaning = { kind: 'content' };
const END: EventMeaning = { kind: 'end' };
const MALFORMED: EventMeaning = { kind: 'malformed' };

/** Events that say nothing that a caller could use; of what is not known here it is assumed that they do. */
const QUIET: ReadonlySet<string> = new Set([
  'response.created',
  'response.queued',
  'response.in_progress',
  'response.content_part.added',
  'keepalive',
]);

/** Words of the events that matter after the commit: cheap to look for in the bytes. */
const LAST_WORDS = ['response.completed', 'response.incomplete', 'response.failed', '"error"'];

/** The number that an event carries; the last one is only looked at when the stream dies. */
function sequenceOf(event: StreamEvent | undefined): number {
  const number = event && parseFields(readEvent(event).data ?? '')?.['sequence_number'];
  return typeof number === 'number' ? number : -1;
}

/** A reader for one stream of Responses. */
export function responsesStream(): StreamReader {
  let response: Fields = {};
  let latest: StreamEvent | undefined;

  const readKnown = (type: string, fields: Fields): EventMeaning => {
    switch (type) {
      case 'response.output_item.added':
        return fieldsOf(fields['item'])['type'] === 'message' ? OTHER : CONTENT;
      case 'response.completed':
      case 'response.incomplete':
        response = fieldsOf(fields['response']);
        return END;
      case 'response.failed':
        return { kind: 'error', error: readErrorWords(fieldsOf(fields['response'])['error']) };
      case 'error':
        // The event itself has the code; some servers wrap it as their error bodies are.
        return { kind: 'error', error: readErrorWords(fields['error'] ?? fields) };
      default:
        return QUIET.has(type) ? OTHER : CONTENT;
    }
  };
  const readFields = (name: string | undefined, data: string | undefined): EventMeaning => {
    const fields = data === undefined ? undefined : parseFields(data);
    if (!fields) return MALFORMED;
    const type = fields['type'] ?? name;
    return typeof type === 'string' ? readKnown(type, fields) : MALFORMED;
  };

  return {
    read(event) {
      const { event: name, data } = readEvent(event);
      return data === undefined ? OTHER : readFields(name, data);
    },
    readCommitted(event) {
      latest = event;
      if (!LAST_WORDS.some((word) => event.raw.includes(word)) && !event.raw.includes('event: error')) return OTHER;
      const { event: name, data } = readEvent(event);
      const meaning = readFields(name, data);
      return meaning.kind === 'end' || meaning.kind === 'error' ? meaning : OTHER;
    },
    empty: () => judgeResponse(response) === 'empty',
    refused: () => judgeResponse(response) === 'refusal',
    deathEvent(code, message) {
      const event = { type: 'error', code, message, param: null, sequence_number: sequenceOf(latest) + 1 };
      return `event: error\ndata: ${JSON.stringify(event)}\n\n`;
    },
  };
}
