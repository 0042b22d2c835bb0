// Room for answers: who fits, who waits, and that everybody comes to an end whatever the others do.
import { describe, expect, it } from '@jest/globals';
import * as fc from 'fast-check';
import { createAnswerMemory } from '../../../../operator/gateway/course/answer-memory.ts';
import type { AnswerMemory, AnswerRoom, Fit } from '../../../../operator/gateway/course/answer-memory.ts';

const KIB = 1024;
const MIB = 1024 * KIB;
// Open 160 MiB, small 32 MiB, last 64 MiB.
const [TOTAL, LIMIT] = [256 * MIB, 64 * MIB];
const PART = 64 * KIB;

/** Says whether there is room when there is nobody to be woken. */
const hold = (room: AnswerRoom, bytes: number, onRoom = () => {}) => room.hold(bytes, onRoom);

function filled(memory: AnswerMemory, ...sizes: number[]): AnswerRoom[] {
  return sizes.map((size) => {
    const room = memory.open();
    hold(room, size);
    return room;
  });
}

describe('an answer', () => {
  interface Row {
    readonly name: string;
    /** In MiB, of the answers that are there already. */
    readonly others: readonly number[];
    readonly bytes: number;
    readonly fit: Fit;
  }
  const ROWS: readonly Row[] = [
    { name: 'fits where nobody is', others: [], bytes: 64 * MIB, fit: 'fits' },
    { name: 'fits when it is just as much as is left', others: [60, 60], bytes: 40 * MIB, fit: 'fits' },
    { name: 'may finish as the first for whom nothing is left', others: [60, 60], bytes: 41 * MIB, fit: 'fits' },
    { name: 'waits as the second', others: [60, 60, 41], bytes: 41 * MIB, fit: 'wait' },
    { name: 'needs not wait when it is small', others: [60, 60, 41, 40], bytes: PART, fit: 'fits' },
    { name: 'waits when it is a little more than small', others: [60, 60, 41, 40], bytes: PART + 1, fit: 'wait' },
    { name: 'cannot be held when even the small part is used up', others: [60, 60, 64, 60, 12], bytes: 1, fit: 'none' },
    { name: 'cannot be held when it is more than an answer may have', others: [], bytes: 64 * MIB + 1, fit: 'none' },
  ];

  it.each(ROWS)('$name', ({ others, bytes, fit }) => {
    const memory = createAnswerMemory(TOTAL, LIMIT);
    const sizes = others.map((size) => size * MIB);
    const rooms = filled(memory, ...sizes);
    const room = memory.open();
    expect(hold(room, bytes)).toBe(fit);
    const sum = sizes.reduce((a, b) => a + b, fit === 'none' ? 0 : bytes);
    expect(memory.heldBytes()).toBe(sum);
    for (const each of [...rooms, room]) each.leave();
    expect(memory.heldBytes()).toBe(0);
  });

  it('that waits is woken once when room comes back, in the order of waiting', () => {
    const memory = createAnswerMemory(TOTAL, LIMIT);
    const [first, , finishing] = filled(memory, 60 * MIB, 60 * MIB, 41 * MIB);
    const woken: string[] = [];
    expect(hold(memory.open(), 20 * MIB, () => void woken.push('a'))).toBe('fits');
    expect(hold(memory.open(), 30 * MIB, () => void woken.push('b'))).toBe('wait');
    expect(hold(memory.open(), 20 * MIB, () => void woken.push('c'))).toBe('wait');
    finishing?.leave();
    expect(woken).toEqual(['b']);
    first?.leave();
    expect(woken).toEqual(['b', 'c']);
  });

  it('that waits and is let go is woken no more', () => {
    const memory = createAnswerMemory(TOTAL, LIMIT);
    const [, , finishing] = filled(memory, 60 * MIB, 60 * MIB, 41 * MIB);
    const waiting = memory.open();
    const next = memory.open();
    const woken: string[] = [];
    expect(hold(waiting, 50 * MIB, () => void woken.push('waiting'))).toBe('wait');
    expect(waiting.isWanted()).toBe(true);
    waiting.letGo();
    expect(next.isWanted()).toBe(false);
    finishing?.leave();
    expect(woken).toEqual([]);
  });

  it('that was kept counts on beside the next one, until its request ends', () => {
    const memory = createAnswerMemory(TOTAL, LIMIT);
    const room = memory.open();
    hold(room, 5);
    room.keep();
    hold(room, 7);
    expect(memory.heldBytes()).toBe(12);
    room.letGo();
    expect(memory.heldBytes()).toBe(5);
    room.leave();
    expect(hold(room, 100)).toBe('fits');
    expect(memory.heldBytes()).toBe(0);
  });
});

/** An answer that comes part by part, and is then taken by its caller in its own time. */
class Arriving {
  readonly #room: AnswerRoom;
  readonly #size: number;
  #takenAfter: number;
  #bytes = 0;
  state: 'comes' | 'waits' | 'whole' | 'gone' | 'lost' = 'comes';

  constructor(room: AnswerRoom, size: number, takenAfter: number) {
    this.#room = room;
    this.#size = size;
    this.#takenAfter = takenAfter;
  }

  step(): void {
    if (this.state === 'comes') this.#arrive();
    else if (this.state === 'whole') this.#beTaken();
  }

  #arrive(): void {
    this.#bytes = Math.min(this.#size, this.#bytes + PART);
    const onRoom = () => {
      if (this.state !== 'waits') throw new Error(`expected to be woken while it waits, not when it ${this.state}`);
      this.state = this.#bytes === this.#size ? 'whole' : 'comes';
    };
    const fit = this.#room.hold(this.#bytes, onRoom);
    if (fit === 'none') this.state = 'lost';
    else if (fit === 'wait') this.state = 'waits';
    else if (this.#bytes === this.#size) this.state = 'whole';
  }

  #beTaken(): void {
    this.#takenAfter -= 1;
    if (this.#takenAfter >= 0) return;
    this.#room.leave();
    this.state = 'gone';
  }
}

describe('many answers', () => {
  it('all come to their end, and never hold more than there is room for', () => {
    const answer = fc.record({ size: fc.integer({ min: 1, max: LIMIT / MIB }), takenAfter: fc.nat(400) });
    fc.assert(
      fc.property(fc.array(answer, { minLength: 5, maxLength: 30 }), (answers) => {
        const memory = createAnswerMemory(TOTAL, LIMIT);
        const arriving = answers.map(({ size, takenAfter }) => new Arriving(memory.open(), size * MIB - 1, takenAfter));
        for (let round = 0; arriving.some(({ state }) => state !== 'gone'); round += 1) {
          if (round > 200_000) throw new Error(`stuck: ${arriving.map(({ state }) => state).join(' ')}`);
          for (const each of arriving) each.step();
          if (memory.heldBytes() > TOTAL) throw new Error(`holds ${memory.heldBytes()}`);
        }
        expect(memory.heldBytes()).toBe(0);
      }),
      { numRuns: 50 },
    );
  });

  it('hold what they say, whatever they do in whatever order, and nothing when they have left', () => {
    const act = fc.oneof(
      fc.record({ act: fc.constant('hold' as const), bytes: fc.nat(LIMIT + PART) }),
      fc.record({ act: fc.constantFrom('keep' as const, 'letGo' as const, 'rest' as const), bytes: fc.constant(0) }),
    );
    const step = fc.tuple(fc.nat(11), act);
    fc.assert(
      fc.property(fc.array(step, { minLength: 20, maxLength: 300 }), (steps) => {
        const memory = createAnswerMemory(TOTAL, LIMIT);
        const model = Array.from({ length: 12 }, () => ({ room: memory.open(), kept: 0, held: 0 }));
        for (const [i, { act: name, bytes }] of steps) {
          const one = model[i] as (typeof model)[number];
          if (name === 'hold') one.held = hold(one.room, bytes) === 'none' ? one.held : bytes;
          else one.room[name]();
          if (name === 'keep') [one.kept, one.held] = [one.kept + one.held, 0];
          if (name === 'letGo') one.held = 0;
          const sum = model.reduce((total, { kept, held }) => total + kept + held, 0);
          // More than they say only by what those have ahead who were woken.
          expect(memory.heldBytes()).toBeGreaterThanOrEqual(sum);
          expect(memory.heldBytes()).toBeLessThanOrEqual(Math.min(TOTAL, sum + model.length * PART));
        }
        for (const { room } of model) room.leave();
        expect(memory.heldBytes()).toBe(0);
      }),
    );
  });
});
