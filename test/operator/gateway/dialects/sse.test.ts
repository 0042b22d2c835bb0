import { describe, expect, it } from '@jest/globals';
import { createParser } from 'eventsource-parser';
import fc from 'fast-check';
import { eventSplitter, readEvent } from '../../../../operator/gateway/dialects/sse.ts';

const split = (chunks: readonly Buffer[]) => {
  const splitter = eventSplitter();
  const events = chunks.flatMap((chunk) => splitter.push(chunk));
  return { events, pending: splitter.pendingBytes() };
};

/** Cuts the bytes anywhere, also inside a character. */
function cutAt(bytes: Buffer, cuts: readonly number[]): Buffer[] {
  const places = [...new Set(cuts.map((cut) => cut % (bytes.length + 1)))].sort((a, b) => a - b);
  return [0, ...places].map((from, i) => bytes.subarray(from, places[i] ?? bytes.length));
}

describe('event splitter', () => {
  it.each([
    ['line feeds', 'data: a\n\ndata: b\n\n', ['data: a\n\n', 'data: b\n\n']],
    ['carriage returns and line feeds', 'data: a\r\n\r\ndata: b\r\n\r\n', ['data: a\r\n\r\n', 'data: b\r\n\r\n']],
    ['carriage returns alone', 'data: a\r\rdata: b\r\r', ['data: a\r\r', 'data: b\r\r']],
    ['an event that has not ended', 'data: a\n\ndata: b\n', ['data: a\n\n']],
    ['a comment as a block of its own', ': hi\n\ndata: b\n\n', [': hi\n\n', 'data: b\n\n']],
  ])('knows %s', (_name, text, expected) => {
    expect(split([Buffer.from(text)]).events.map(({ raw }) => raw.toString())).toEqual(expected);
  });

  const line = fc.oneof(
    fc.constantFrom('data: x', 'data:{"a":"é🙂"}', 'event: ping', ': comment', 'id: 1', 'data', ''),
    fc.string({ maxLength: 8 }).map((text) => text.replace(/[\r\n]/g, '')),
  );
  const stream = fc
    .tuple(fc.array(line, { maxLength: 20 }), fc.constantFrom('\n', '\r\n', '\r'))
    .map(([lines, end]) => lines.map((each) => each + end).join(''));

  it('loses and changes no byte, wherever the chunks are cut', () => {
    fc.assert(
      fc.property(stream, fc.array(fc.nat(), { maxLength: 6 }), (text, cuts) => {
        const bytes = Buffer.from(text);
        const { events, pending } = split(cutAt(bytes, cuts));
        const whole = Buffer.concat(events.map(({ raw }) => raw));
        expect(whole.toString()).toBe(bytes.subarray(0, whole.length).toString());
        expect(whole.length + pending).toBe(bytes.length);
      }),
    );
  });

  it('reads the same events as an independent parser', () => {
    fc.assert(
      fc.property(stream, fc.array(fc.nat(), { maxLength: 6 }), (text, cuts) => {
        const expected: unknown[] = [];
        // A CR at the very end may be half of a CRLF: the other parser waits for what follows, ours does not.
        const bytes = Buffer.from(`${text}\n\ndata: end\n\n`);
        const parser = createParser({ onEvent: ({ event, data }) => expected.push({ event, data }) });
        parser.feed(bytes.toString());
        const read = split(cutAt(bytes, cuts)).events.map(readEvent);
        const withData = read.filter(({ data }) => data !== undefined);
        expect(withData.map(({ event, data }) => ({ event: event || undefined, data }))).toEqual(expected);
      }),
    );
  });
});
