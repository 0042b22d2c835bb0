// The events of Anthropic Messages.
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

/** A start of these says nothing yet; of any other type (a tool call …) it is content. */
const QUIET_BLOCKS: ReadonlySet<unknown> = new Set(['text', 'thinking']);

/** What the caller can use of a delta is in any member but its type. */
const deltaHasContent = (delta: Fields) =>
  Object.entries(delta).some(([name, value]) => name !== 'type' && hasSubstance(value));

/** A reader for one stream of Anthropic Messages. */
export function anthropicStream(): StreamReader {
  let stopReason: unknown;
  let hasText = false;

  const noteStop = (fields: Fields) => {
    stopReason = fieldsOf(fields['delta'])['stop_reason'] ?? stopReason;
  };
  const readBlockStart = (fields: Fields): EventMeaning => {
    const block = fieldsOf(fields['content_block']);
    hasText ||= block['type'] === 'text' && hasSubstance(block['text']);
    return QUIET_BLOCKS.has(block['type']) ? OTHER : CONTENT;
  };
  const readKnown = (name: string, fields: Fields): EventMeaning => {
    switch (name) {
      case 'content_block_start':
        return readBlockStart(fields);
      case 'content_block_delta':
        return deltaHasContent(fieldsOf(fields['delta'])) ? CONTENT : OTHER;
      case 'message_delta':
        noteStop(fields);
        return OTHER;
      case 'message_start':
      case 'content_block_stop':
      case 'ping':
        return OTHER;
      case 'message_stop':
        return END;
      case 'error':
        return { kind: 'error', error: readErrorWords(fields['error']) };
      default:
        return CONTENT;
    }
  };

  return {
    read(event) {
      const { event: name, data } = readEvent(event);
      if (data === undefined) return OTHER;
      const fields = parseFields(data);
      if (!fields) return name === 'ping' ? OTHER : MALFORMED;
      const type = name ?? fields['type'];
      return typeof type === 'string' ? readKnown(type, fields) : MALFORMED;
    },
    readCommitted(event) {
      // Most events after the commit are deltas: these three words are cheap to rule out.
      if (!['message_stop', 'message_delta', 'error'].some((word) => event.raw.includes(word))) return OTHER;
      const { event: name, data } = readEvent(event);
      const fields = data === undefined ? undefined : parseFields(data);
      const type = name ?? fields?.['type'];
      if (type === 'message_stop') return END;
      if (type === 'error') return { kind: 'error', error: readErrorWords(fields?.['error']) };
      if (type === 'message_delta' && fields) noteStop(fields);
      return OTHER;
    },
    empty: () => stopReason === 'end_turn' && !hasText,
    refused: () => stopReason === 'refusal',
    deathEvent: (code, message, id) => `event: error\ndata: ${streamErrorBody('Anthropic', code, message, id)}\n\n`,
  };
}
