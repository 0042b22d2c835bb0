import { describe, expect, it } from '@jest/globals';
import { judgeResponse } from '../../../../operator/gateway/dialects/responses-answer.ts';
import type { ResponseJudgement } from '../../../../operator/gateway/dialects/responses-answer.ts';

const message = (...content: object[]) => ({ type: 'message', content });
const text = (words: string) => ({ type: 'output_text', text: words });

const ROWS: readonly (readonly [name: string, response: Readonly<Record<string, unknown>>, ResponseJudgement])[] = [
  ['a text is a whole answer', { status: 'completed', output: [message(text('hi'))] }, 'whole'],
  ['a tool call is one', { status: 'completed', output: [{ type: 'function_call' }] }, 'whole'],
  ['an item of a type that is not known here is one', { status: 'completed', output: [{ type: 'new_call' }] }, 'whole'],
  [
    'a part of a type that is not known here is one',
    { status: 'completed', output: [message({ type: 'x' })] },
    'whole',
  ],
  ['no output at all is empty', { status: 'completed', output: [] }, 'empty'],
  ['a text without a word is empty', { status: 'completed', output: [message(text(''))] }, 'empty'],
  ['thoughts alone are empty', { status: 'completed', output: [{ type: 'reasoning' }] }, 'empty'],
  [
    'a length stop is a success',
    { status: 'incomplete', output: [], incomplete_details: { reason: 'max_output_tokens' } },
    'whole',
  ],
  [
    'a refusal is a whole answer',
    { status: 'completed', output: [message({ type: 'refusal', refusal: 'no' })] },
    'refusal',
  ],
  [
    'so is what a filter stopped',
    { status: 'incomplete', output: [], incomplete_details: { reason: 'content_filter' } },
    'refusal',
  ],
  ['one that is queued is what a background request asked for', { status: 'queued', output: [] }, 'whole'],
  ['one that failed says so', { status: 'failed', output: [], error: { code: 'server_error' } }, 'failed'],
  ['one that only has an error failed, too', { error: { code: 'server_error' } }, 'failed'],
  ['one without output is none', { status: 'completed' }, 'malformed'],
];

describe('a response', () => {
  it.each(ROWS)('%s', (_name, response, judgement) => expect(judgeResponse(response)).toBe(judgement));
});
