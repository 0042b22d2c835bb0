// What a whole response of the OpenAI Responses API says, by its `status` and its `output` items.
import { fieldsOf, hasSubstance } from '../json/json-fields.ts';
import type { Fields } from '../json/json-fields.ts';

/** What a response object is worth to a caller. */
export type ResponseJudgement = 'whole' | 'refusal' | 'empty' | 'failed' | 'malformed';

const partsOf = (item: Fields): readonly Fields[] =>
  item['type'] === 'message' && Array.isArray(item['content']) ? item['content'].map(fieldsOf) : [];

const isRefusal = (part: Fields) => part['type'] === 'refusal';

/** A message answers when one of its parts has something in it; any item but a message or a thought does. */
function answersSomething(item: Fields): boolean {
  if (item['type'] !== 'message') return item['type'] !== 'reasoning';
  return partsOf(item).some((part) => part['type'] !== 'output_text' || hasSubstance(part['text']));
}

const stoppedByFilter = (response: Fields) => fieldsOf(response['incomplete_details'])['reason'] === 'content_filter';

/** Judges a response object. One that is only queued is whole: the caller asked for it in the background. */
export function judgeResponse(response: Fields): ResponseJudgement {
  const { status, output } = response;
  if (status === 'failed' || hasSubstance(response['error'])) return 'failed';
  if (!Array.isArray(output)) return 'malformed';
  const items = output.map(fieldsOf);
  if (stoppedByFilter(response) || items.flatMap(partsOf).some(isRefusal)) return 'refusal';
  return status === 'completed' && !items.some(answersSomething) ? 'empty' : 'whole';
}
