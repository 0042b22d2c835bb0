// Gathers the text of a stream, event by event, in the same shape as that of an answer that does not stream. Only for
// streams that will be judged: every event is parsed for it.
import { fieldsOf, parseFields } from '../json/json-fields.ts';
import type { Fields } from '../json/json-fields.ts';
import type { ModelApi } from '../dialects/model-api.ts';
import { readEvent } from '../dialects/sse.ts';
import type { StreamEvent } from '../dialects/sse.ts';
import { answerText, MAX_CHARACTERS, responseChoice } from './answer-text.ts';
import type { AnswerText, Choice } from './answer-text.ts';

/** Follows one stream. */
export interface TextGatherer {
  see(event: StreamEvent): void;
  /** Of the text that it has so far, about. */
  heldBytes(): number;
  /** At the terminal event; `refused` when the model is known to have declined. */
  text(refused: boolean): AnswerText;
}

/** Reads the data of one event. */
interface EventReader {
  read(fields: Fields): void;
  readonly texts: Texts;
  choices(): readonly Choice[];
  /** The model declined, as far as the events say. */
  refused(): boolean;
}

/** A character is one byte or two. */
const BYTES_PER_CHARACTER = 2;
/** What V8 needs for a string and its place in a list. */
const BYTES_PER_PIECE = 48;

/** Texts that grow, each under a number that the provider gave it; nothing is kept beyond the bound. */
class Texts {
  readonly #texts = new Map<number, string[]>();
  #characters = 0;
  #pieces = 0;

  add(index: unknown, text: unknown): void {
    if (typeof text !== 'string' || this.#characters > MAX_CHARACTERS) return;
    this.#characters += text.length;
    this.#pieces += 1;
    const number = typeof index === 'number' ? index : 0;
    const pieces = this.#texts.get(number);
    if (pieces) pieces.push(text);
    else this.#texts.set(number, [text]);
  }

  heldBytes(): number {
    return this.#characters * BYTES_PER_CHARACTER + this.#pieces * BYTES_PER_PIECE;
  }

  of(index: number): readonly string[] {
    const pieces = this.#texts.get(index);
    return pieces ? [pieces.join('')] : [];
  }

  all(): readonly string[] {
    return [...this.#texts.keys()].flatMap((index) => this.of(index));
  }
}

function messagesReader(): EventReader {
  const texts = new Texts();
  let stopReason: unknown;
  return {
    texts,
    read(fields) {
      const [block, delta] = [fieldsOf(fields['content_block']), fieldsOf(fields['delta'])];
      if (block['type'] === 'text') texts.add(fields['index'], block['text']);
      if (delta['type'] === 'text_delta') texts.add(fields['index'], delta['text']);
      stopReason = delta['stop_reason'] ?? stopReason;
    },
    choices: () => [{ parts: texts.all(), finished: stopReason === 'end_turn' }],
    refused: () => stopReason === 'refusal',
  };
}

function chatReader(): EventReader {
  const texts = new Texts();
  const ends = new Map<number, unknown>();
  const readChoice = (choice: Fields) => {
    const index = typeof choice['index'] === 'number' ? choice['index'] : 0;
    texts.add(index, fieldsOf(choice['delta'])['content']);
    ends.set(index, choice['finish_reason'] ?? ends.get(index));
  };
  return {
    texts,
    read({ choices }) {
      if (Array.isArray(choices)) for (const choice of choices) readChoice(fieldsOf(choice));
    },
    choices: () => [...ends].map(([index, end]) => ({ parts: texts.of(index), finished: end === 'stop' })),
    refused: () => [...ends.values()].includes('content_filter'),
  };
}

/** More parts than an item of a response has. */
const MAX_PARTS = 4_096;

/** The terminal event has the whole response in it; what the caller saw, and some servers say nowhere else, are the deltas. */
function responsesReader(): EventReader {
  const texts = new Texts();
  let response: Fields = {};
  const place = ({ output_index: item, content_index: part }: Fields) =>
    typeof item === 'number' && typeof part === 'number' ? item * MAX_PARTS + part : 0;
  return {
    texts,
    read(fields) {
      if (fields['type'] === 'response.output_text.delta') texts.add(place(fields), fields['delta']);
      if (fields['type'] === 'response.completed' || fields['type'] === 'response.incomplete')
        response = fieldsOf(fields['response']);
    },
    choices() {
      const whole = responseChoice(response);
      const said = texts.all();
      return [said.length > 0 ? { ...whole, parts: said } : whole];
    },
    refused: () => false,
  };
}

const READERS: Readonly<Record<ModelApi, () => EventReader>> = {
  messages: messagesReader,
  chat: chatReader,
  responses: responsesReader,
};

/** A gatherer for one stream of that API. */
export function gatherText(api: ModelApi): TextGatherer {
  const reader = READERS[api]();
  return {
    see(event) {
      const { data } = readEvent(event);
      const fields = data === undefined ? undefined : parseFields(data);
      if (fields) reader.read(fields);
    },
    heldBytes: () => reader.texts.heldBytes(),
    text: (refused) => answerText(reader.choices(), refused || reader.refused()),
  };
}
