// Four bytes at a time must see what one at a time does, wherever a string lies in memory.
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { nextWord, skipPlain } from '../../../../operator/gateway/json/plain-run.ts';
import { scanObject } from '../../../../operator/gateway/json/scan.ts';

const isPlain = (byte: number | undefined) => byte === undefined || (byte >= 0x20 && byte !== 0x22 && byte !== 0x5c);

/** A copy of the bytes that begins so many bytes after a multiple of eight. */
function displaced(bytes: Buffer, by: number): Buffer {
  const memory = Buffer.from(new ArrayBuffer(bytes.length + by));
  bytes.copy(memory, by);
  return memory.subarray(by);
}

describe('a run of plain characters', () => {
  it('ends at the word with the first byte that is not plain, for each byte at each place', () => {
    for (let byte = 0; byte <= 0xff; byte += 1) {
      for (let place = 0; place < 16; place += 1) {
        const bytes = displaced(Buffer.alloc(16, 'x'), 0);
        bytes[place] = byte;
        expect([byte, place, skipPlain(bytes, 0)]).toEqual([byte, place, isPlain(byte) ? 16 : place - (place % 4)]);
      }
    }
  });

  it('never skips what is not plain, and always gets on where four are', () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 1, maxLength: 40 }), fc.nat(7), fc.nat(20), (array, by, from) => {
        const bytes = displaced(Buffer.from(array), by);
        const start = nextWord(bytes, from);
        expect(start - from).toBeLessThan(4);
        if (start > bytes.length) return;
        const end = skipPlain(bytes, start);
        expect([...bytes.subarray(start, end)].every(isPlain)).toBe(true);
        expect(end + 4 > bytes.length || ![...bytes.subarray(end, end + 4)].every(isPlain)).toBe(true);
      }),
    );
  });
});

describe('a long string', () => {
  const text = fc.array(fc.constantFrom('x'.repeat(70), 'é', '"', '\\', '\n', '\u0001', '\u{1F600}'), { maxLength: 8 });

  it('is read as JSON.parse reads it, wherever it lies', () => {
    fc.assert(
      fc.property(text, fc.nat(7), (pieces, by) => {
        const bytes = displaced(Buffer.from(JSON.stringify({ a: pieces.join(''), b: 1 })), by);
        expect(scanObject(bytes)?.members.map(({ name }) => name)).toEqual(['a', 'b']);
      }),
    );
  });

  it.each([
    ['a line break', '\n'],
    ['an escape that there is not', '\\x'],
    ['no end', ''],
  ])('with %s behind many plain characters is refused', (_name, end) => {
    for (let by = 0; by < 8; by += 1) {
      const close = end === '' ? '' : '"}';
      const bytes = displaced(Buffer.from(`{"a":"${'x'.repeat(200 + by)}${end}${close}`), by);
      expect(scanObject(bytes)).toBeUndefined();
    }
  });
});
