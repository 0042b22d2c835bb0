// The built-in checks of an answer that does not stream: Complete (one whole JSON object of the dialect) and NonEmpty.
// Answers of Messages and Chat Completions are walked up to the first sign of content, so a usual one costs one scan; one of
// Responses, whose items are many and nested, is parsed.
import { fieldsOf } from '../json/json-fields.ts';
import type { ModelApi } from '../dialects/model-api.ts';
import { judgeResponse } from '../dialects/responses-answer.ts';
import { eachObject, memberOf, scanObject, textOf } from '../json/scan.ts';
import type { ScannedObject } from '../json/scan.ts';

/** What the built-in checks say of a whole answer. `failed`: it says itself that nothing came of it. */
export type AnswerJudgement = 'whole' | 'refusal' | 'empty' | 'failed' | 'malformed';

/** Texts of a value in which there is nothing; none is longer than these. */
const NOTHING: ReadonlySet<string> = new Set(['null', '""', '[]', '{}']);
const LONGEST_NOTHING = 4;

/** Blocks that are no answer by themselves; a text counts only when there is something in it. */
const THOUGHTS: ReadonlySet<string | undefined> = new Set(['"thinking"', '"redacted_thinking"']);

/** Members of a chat message that answer something. */
const ANSWERS = ['content', 'tool_calls', 'refusal', 'audio', 'function_call'];

/** Whether a member says something. Of a long one, which is the answer itself, no text is made. */
function holds(bytes: Buffer, object: ScannedObject, name: string): boolean {
  const member = memberOf(object, name);
  if (!member) return false;
  const { valueStart, valueEnd } = member;
  return valueEnd - valueStart > LONGEST_NOTHING || !NOTHING.has(bytes.toString('utf8', valueStart, valueEnd));
}

function answersSomething(bytes: Buffer, block: ScannedObject | undefined): boolean {
  if (!block) return true;
  const type = textOf(bytes, block, 'type');
  if (THOUGHTS.has(type)) return false;
  return type !== '"text"' || holds(bytes, block, 'text');
}

/** Some servers send their errors with the status of a success. */
const withoutAnswer = (bytes: Buffer, answer: ScannedObject): AnswerJudgement =>
  holds(bytes, answer, 'error') ? 'failed' : 'malformed';

function judgeAnthropic(bytes: Buffer, answer: ScannedObject): AnswerJudgement {
  const content = memberOf(answer, 'content');
  if (!content) return withoutAnswer(bytes, answer);
  const stopReason = textOf(bytes, answer, 'stop_reason');
  if (stopReason === '"refusal"') return 'refusal';
  let found = false;
  const isList = eachObject(bytes, content.valueStart, (block) => {
    found = answersSomething(bytes, block);
    return !found;
  });
  if (!isList) return 'malformed';
  return found || stopReason !== '"end_turn"' ? 'whole' : 'empty';
}

/** What one choice of a chat answer is; `whole` as well when it did not end by itself. */
function judgeChoice(bytes: Buffer, choice: ScannedObject | undefined): AnswerJudgement {
  const message = choice && memberOf(choice, 'message');
  const scanned = message && scanObject(bytes, message.valueStart, message.valueEnd);
  if (!choice || !scanned) return 'malformed';
  const reason = textOf(bytes, choice, 'finish_reason');
  if (reason === '"content_filter"' || holds(bytes, scanned, 'refusal')) return 'refusal';
  return reason === '"stop"' && !ANSWERS.some((name) => holds(bytes, scanned, name)) ? 'empty' : 'whole';
}

function judgeChat(bytes: Buffer, answer: ScannedObject): AnswerJudgement {
  const choices = memberOf(answer, 'choices');
  let judgement: AnswerJudgement | undefined;
  const isList =
    choices !== undefined &&
    eachObject(bytes, choices.valueStart, (choice) => {
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
