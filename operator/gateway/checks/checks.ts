// The built-in checks of an answer that does not stream: Complete (one whole JSON object of the dialect) and NonEmpty.
// Answers of Messages and Chat Completions are walked up to the first sign of content, so a usual one costs one scan; one of
// Responses, whose items are many and nested, is parsed.
import { fieldsOf } from '../json/json-fields.ts';
import type { ModelApi } from '../dialects/model-api.ts';
import { judgeResponse } from '../dialects/responses-answer.ts';
import { eachElement, memberOf, scanObject, valueIn } from '../json/scan.ts';
import type { ScannedObject } from '../json/scan.ts';
import { isAt } from '../json/text-at.ts';

/** What the built-in checks say of a whole answer. `failed`: it says itself that nothing came of it. */
export type AnswerJudgement = 'whole' | 'refusal' | 'empty' | 'failed' | 'malformed';

/** Texts of a value in which there is nothing. */
const NOTHING = ['null', '""', '[]', '{}'];

/** Blocks that are no answer by themselves; a text counts only when there is something in it. */
const THOUGHTS = ['"thinking"', '"redacted_thinking"'];

/** Members of a chat message that answer something. */
const ANSWERS = ['content', 'tool_calls', 'refusal', 'audio', 'function_call'];

/** Whether the value that starts there is one of these. */
const isOneOf = (bytes: Buffer, at: number | undefined, texts: readonly string[]) =>
  at !== undefined && texts.some((text) => isAt(bytes, at, text));

/** Whether there is a value, and something in it. */
const holds = (bytes: Buffer, at: number | undefined) => at !== undefined && !isOneOf(bytes, at, NOTHING);

function answersSomething(bytes: Buffer, block: number): boolean {
  if (!isAt(bytes, block, '{')) return true;
  const type = valueIn(bytes, block, 'type');
  if (isOneOf(bytes, type, THOUGHTS)) return false;
  return !isOneOf(bytes, type, ['"text"']) || holds(bytes, valueIn(bytes, block, 'text'));
}

/** Some servers send their errors with the status of a success. */
const withoutAnswer = (bytes: Buffer, answer: ScannedObject): AnswerJudgement =>
  holds(bytes, memberOf(answer, 'error')?.valueStart) ? 'failed' : 'malformed';

function judgeAnthropic(bytes: Buffer, answer: ScannedObject): AnswerJudgement {
  const content = memberOf(answer, 'content');
  if (!content) return withoutAnswer(bytes, answer);
  const reason = memberOf(answer, 'stop_reason')?.valueStart;
  if (isOneOf(bytes, reason, ['"refusal"'])) return 'refusal';
  let found = false;
  const isList = eachElement(bytes, content.valueStart, (block) => {
    found = answersSomething(bytes, block);
    return !found;
  });
  if (!isList) return 'malformed';
  return found || !isOneOf(bytes, reason, ['"end_turn"']) ? 'whole' : 'empty';
}

/** What one choice of a chat answer is; `whole` as well when it did not end by itself. */
function judgeChoice(bytes: Buffer, choice: number): AnswerJudgement {
  const message = valueIn(bytes, choice, 'message');
  if (message === undefined || !isAt(bytes, message, '{')) return 'malformed';
  const reason = valueIn(bytes, choice, 'finish_reason');
  const says = (name: string) => holds(bytes, valueIn(bytes, message, name));
  if (isOneOf(bytes, reason, ['"content_filter"']) || says('refusal')) return 'refusal';
  return isOneOf(bytes, reason, ['"stop"']) && !ANSWERS.some(says) ? 'empty' : 'whole';
}

function judgeChat(bytes: Buffer, answer: ScannedObject): AnswerJudgement {
  const choices = memberOf(answer, 'choices');
  let judgement: AnswerJudgement | undefined;
  const isList =
    choices !== undefined &&
    eachElement(bytes, choices.valueStart, (choice) => {
      judgement = judgeChoice(bytes, choice);
      return judgement === 'empty';
    });
  // An answer without a choice has nothing that could be read.
  return isList ? (judgement ?? 'malformed') : withoutAnswer(bytes, answer);
}

/** Judges the body of a 2xx answer that does not stream. */
export function judgeAnswer(api: ModelApi, bytes: Buffer): AnswerJudgement {
  const answer = scanObject(bytes);
  if (!answer) return 'malformed';
  switch (api) {
    case 'messages':
      return judgeAnthropic(bytes, answer);
    case 'chat':
      return judgeChat(bytes, answer);
    case 'responses':
      return judgeResponse(fieldsOf(JSON.parse(bytes.toString('utf8'))));
  }
}
