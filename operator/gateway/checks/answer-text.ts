// What checks look at: the text of a whole answer, choice by choice. Thoughts, tool calls and the words of a refusal are none.
import { fieldsOf } from '../json/json-fields.ts';
import type { Fields } from '../json/json-fields.ts';
import type { ModelApi } from '../dialects/model-api.ts';

/** More text than any model writes; what is longer is not judged. */
export const MAX_CHARACTERS = 1024 * 1024;

/** One of the answers that a request may have asked for. */
export interface Choice {
  /** In order: the text blocks of a message, or what stands for them. */
  readonly parts: readonly string[];
  /** The model ended by itself, with text: it was not cut, it did not decline, it does not wait for a tool. */
  readonly finished: boolean;
}

/** What is judged. */
export interface AnswerText {
  readonly choices: readonly Choice[];
  /** The model declined. */
  readonly refused: boolean;
  /** All of its text is here. */
  readonly complete: boolean;
}

const listOf = (value: unknown): readonly Fields[] => (Array.isArray(value) ? value.map(fieldsOf) : []);
const textsOf = (parts: readonly Fields[], type: string) =>
  parts.flatMap((part) => (part['type'] === type && typeof part['text'] === 'string' ? [part['text']] : []));

const messageChoice = (message: Fields): Choice => ({
  parts: textsOf(listOf(message['content']), 'text'),
  finished: message['stop_reason'] === 'end_turn',
});

const chatChoice = (choice: Fields): Choice => {
  const { content } = fieldsOf(choice['message']);
  return { parts: typeof content === 'string' ? [content] : [], finished: choice['finish_reason'] === 'stop' };
};

/** The text of a response object. It waits for nothing when the last thing that it says is a message. */
export function responseChoice(response: Fields): Choice {
  const said = listOf(response['output']).filter(({ type }) => type !== 'reasoning');
  return {
    parts: said.flatMap((item) => (item['type'] === 'message' ? textsOf(listOf(item['content']), 'output_text') : [])),
    finished: response['status'] === 'completed' && said.at(-1)?.['type'] === 'message',
  };
}

function choicesOf(api: ModelApi, answer: Fields): readonly Choice[] {
  switch (api) {
    case 'messages':
      return [messageChoice(answer)];
    case 'chat':
      return listOf(answer['choices']).map(chatChoice);
    case 'responses':
      return [responseChoice(answer)];
  }
}

const lengthOf = (choices: readonly Choice[]) =>
  choices.reduce((sum, { parts }) => sum + parts.reduce((all, part) => all + part.length, 0), 0);

/** What is to be judged of these choices. */
export const answerText = (choices: readonly Choice[], refused: boolean): AnswerText => ({
  choices,
  refused,
  complete: lengthOf(choices) <= MAX_CHARACTERS,
});

/** The text of a whole answer that does not stream and has passed the built-in checks. */
export const textOfAnswer = (api: ModelApi, body: Buffer, refused: boolean): AnswerText =>
  answerText(choicesOf(api, fieldsOf(JSON.parse(body.toString('utf8')))), refused);
