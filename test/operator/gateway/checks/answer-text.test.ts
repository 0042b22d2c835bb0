// The text of an answer is the same, streamed or not, and what is not said to the caller is no text.
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { textOfAnswer } from '../../../../operator/gateway/checks/answer-text.ts';
import { gatherText } from '../../../../operator/gateway/checks/stream-text.ts';
import type { ModelApi } from '../../../../operator/gateway/dialects/model-api.ts';
import { eventSplitter } from '../../../../operator/gateway/dialects/sse.ts';
import { APIS } from '../ask.ts';
import { goodStream, unaryAnswer } from '../upstream.ts';

const gathered = (api: ModelApi, events: readonly string[], refused = false) => {
  const gatherer = gatherText(api);
  for (const event of eventSplitter().push(Buffer.from(events.join('')))) gatherer.see(event);
  return gatherer.text(refused);
};
const whole = (api: ModelApi, answer: object) => textOfAnswer(api, Buffer.from(JSON.stringify(answer)), false);
const data = (fields: object) => `data: ${JSON.stringify(fields)}\n\n`;
const chunk = (index: number, delta: object, finish_reason: string | null = null) =>
  data({ choices: [{ index, delta, finish_reason }] });

describe.each(APIS)('%s', (api) => {
  it('says the same in a stream as in a whole answer', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme', minLength: 1, maxLength: 40 }), (text) => {
        const streamed = gathered(api, goodStream(api, text));
        expect(streamed).toEqual({ choices: [{ parts: [text], finished: true }], refused: false, complete: true });
        expect(textOfAnswer(api, Buffer.from(unaryAnswer(api, 'ok', text)), false)).toEqual(streamed);
      }),
      { numRuns: 50 },
    );
  });

  it.each(['tool', 'length', 'refusal'] as const)('has not finished when it ended by this: %s', (mode) => {
    const { choices } = textOfAnswer(api, Buffer.from(unaryAnswer(api, mode, '')), mode === 'refusal');
    expect(choices.filter(({ finished, parts }) => finished && parts.join('') !== '')).toEqual([]);
  });
});

describe('a message', () => {
  it('keeps its blocks apart, and its thoughts to itself', () =>
    expect(
      whole('messages', {
        stop_reason: 'end_turn',
        content: [
          { type: 'thinking', thinking: 'hm' },
          { type: 'text', text: 'a' },
          { type: 'server_tool_use', name: 'web_search' },
          { type: 'text', text: 'b' },
        ],
      }).choices,
    ).toEqual([{ parts: ['a', 'b'], finished: true }]));

  it('is gathered block by block', () =>
    expect(
      gathered('messages', [
        data({ type: 'content_block_start', index: 0, content_block: { type: 'thinking', thinking: 'hm' } }),
        data({ type: 'content_block_delta', index: 0, delta: { type: 'thinking_delta', thinking: 'hm' } }),
        data({ type: 'content_block_start', index: 1, content_block: { type: 'text', text: 'a' } }),
        data({ type: 'content_block_delta', index: 1, delta: { type: 'text_delta', text: 'b' } }),
        data({ type: 'content_block_start', index: 2, content_block: { type: 'text', text: '' } }),
        data({ type: 'content_block_delta', index: 2, delta: { type: 'text_delta', text: 'c' } }),
        data({ type: 'message_delta', delta: { stop_reason: 'refusal' } }),
      ]),
    ).toEqual({ choices: [{ parts: ['ab', 'c'], finished: false }], refused: true, complete: true }));
});

describe('a chat answer', () => {
  it('is gathered choice by choice, however they mix', () =>
    expect(
      gathered('chat', [
        chunk(0, { role: 'assistant', content: 'a' }),
        chunk(1, { content: 'x' }),
        chunk(0, { content: 'b' }),
        chunk(1, {}, 'length'),
        chunk(0, {}, 'stop'),
      ]).choices,
    ).toEqual([
      { parts: ['ab'], finished: true },
      { parts: ['x'], finished: false },
    ]));

  it('that a filter stopped was declined', () =>
    expect(gathered('chat', [chunk(0, { content: 'a' }), chunk(0, {}, 'content_filter')]).refused).toBe(true));
});

describe('a response', () => {
  const message = (...texts: string[]) => ({
    type: 'message',
    content: texts.map((text) => ({ type: 'output_text', text })),
  });
  it('has finished when a message comes last', () =>
    expect(
      whole('responses', { status: 'completed', output: [message('a'), { type: 'web_search_call' }, message('b')] })
        .choices,
    ).toEqual([{ parts: ['a', 'b'], finished: true }]));

  it('says in a stream what its deltas say, also where the last event does not repeat it', () => {
    const delta = (output_index: number, text: string) =>
      data({ type: 'response.output_text.delta', output_index, content_index: 0, delta: text });
    const end = data({ type: 'response.completed', response: { status: 'completed', output: [] } });
    expect(gathered('responses', [delta(0, 'a'), delta(1, 'x'), delta(0, 'b'), end]).choices).toEqual([
      { parts: ['ab', 'x'], finished: false },
    ]);
  });

  it('waits when a call comes last, thoughts aside', () =>
    expect(
      whole('responses', {
        status: 'completed',
        output: [message('a'), { type: 'function_call' }, { type: 'reasoning' }],
      }).choices,
    ).toEqual([{ parts: ['a'], finished: false }]));
});

it('more text than is judged is not kept', () => {
  const events = Array.from({ length: 20 }, () => chunk(0, { content: 'a'.repeat(100_000) }));
  const { complete, choices } = gathered('chat', events);
  expect(complete).toBe(false);
  expect(choices[0]?.parts[0]?.length).toBeLessThan(1_200_000);
});
