import { describe, expect, it } from '@jest/globals';
import { judgeAnswer } from '../../../operator/dev/judge-answer.ts';
import type { Judgement, Received } from '../../../operator/dev/judge-answer.ts';
import { anthropic } from '../../../operator/dev/provider/anthropic.ts';
import { expectedAnswer } from '../../../operator/dev/provider/answer.ts';

const ask = (stream: boolean) => ({ model: 'm', stream, prompt: 'p', includeUsage: false });
const text = expectedAnswer('m', 'p');
const { head, content, tail } = anthropic.script(ask(true), text);
const received = (body: string, more: Partial<Received> = {}): Received => ({
  status: 200,
  servedBy: 'm',
  body,
  broken: false,
  ...more,
});
const whole = JSON.stringify(anthropic.whole(ask(false), text));

describe('what a caller got', () => {
  const ROWS: readonly (readonly [string, Received, boolean, Judgement['kind']])[] = [
    ['a whole stream', received([...head, ...content, ...tail].join('')), true, 'whole'],
    ['a stream that ends without its last event', received([...head, ...content].join('')), true, 'truncated'],
    ['a stream that misses a piece', received([...head, ...content.slice(1), ...tail].join('')), true, 'truncated'],
    [
      'a stream that says it was somebody else',
      received([...head, ...content, ...tail].join(''), { servedBy: 'other' }),
      true,
      'truncated',
    ],
    [
      'a stream that does not say who it was',
      received([...head, ...content, ...tail].join(''), { servedBy: undefined }),
      true,
      'truncated',
    ],
    [
      'a stream with an error after content',
      received([...head, ...content, anthropic.errorFrame()].join('')),
      true,
      'told',
    ],
    ['a stream that breaks after content', received([...head, ...content].join(''), { broken: true }), true, 'told'],
    ['a stream that breaks before content', received(head.join(''), { broken: true }), true, 'lost'],
    ['an error status', received('{}', { status: 503 }), true, 'lost'],
    ['a whole answer', received(whole), false, 'whole'],
    ['half an answer', received(whole.slice(0, 60)), false, 'truncated'],
    ['an answer that is empty', received(JSON.stringify(anthropic.whole(ask(false), ''))), false, 'truncated'],
    [
      'an answer to another question',
      received(JSON.stringify(anthropic.whole(ask(false), expectedAnswer('m', 'q')))),
      false,
      'truncated',
    ],
    ['a broken connection', received(whole.slice(0, 60), { broken: true }), false, 'lost'],
  ];
  it.each(ROWS)('%s', (_name, seen, stream, kind) => expect(judgeAnswer(seen, 'p', stream).kind).toBe(kind));
});
