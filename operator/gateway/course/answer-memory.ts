// How many bytes of answers are held at once: whole ones until their callers have taken them, streams until they are committed.
// Behind slow callers they would pile up until the process is killed. An answer for which there is no room waits: its provider
// is not read from. Why nobody waits for ever, and what the three parts of the room are for, is in docs/adr/0005-answers-wait-for-room.md.

/** So much of each answer finds a place when the open part is full, so that small answers need not wait behind large ones. */
const SMALL_ANSWER_BYTES = 64 * 1024;
/** The part of the room that is for this. */
const SMALL_SHARE = 1 / 8;

/** Whether there is room. `wait`: what came is held, but nothing more may come for now. `none`: what came cannot be held. */
export type Fit = 'fits' | 'wait' | 'none';

/** The room that the answers to one request have. */
export interface AnswerRoom {
  /** The most that one answer may have. */
  readonly limitBytes: number;
  /** Says how much is held of the answer at hand. After `wait`, `onRoom` is called once when more may come. */
  hold(bytes: number, onRoom: () => void): Fit;
  /** The answer at hand is whole, or there will be no more of it: it waits for nothing. */
  rest(): void;
  /** The answer at hand stays while another one is asked for. */
  keep(): void;
  /** The answer at hand is held no more. */
  letGo(): void;
  /** Whether others wait for what it holds. */
  isWanted(): boolean;
  /** Gives all back, and holds nothing from now on. */
  leave(): void;
}

/** The room there is. */
export interface AnswerMemory {
  /** For the answers to one more request. */
  open(): AnswerRoom;
  /** What is taken of it. */
  heldBytes(): number;
}

/** What the memory keeps of a request that holds answers, or waits to. */
class Place {
  /** Taken for it. More than is used when it has just been woken: room that nobody waits for again. */
  takenBytes = 0;
  usedBytes = 0;
  /** While it waits. */
  onRoom: (() => void) | undefined;
  /** Its place in line, from the first time that it had to wait. */
  turn: number | undefined;
}

class Memory {
  readonly lastBytes: number;
  readonly #openBytes: number;
  readonly #smallBytes: number;
  /** Taken by all but the one that may finish. */
  #sharedBytes = 0;
  /** The one that may finish: it waited longest, and has the last part of the room for itself. */
  #finishing: Place | undefined;
  readonly #line: Place[] = [];
  #turns = 0;
  #settling = false;

  constructor(totalBytes: number, answerBytes: number) {
    this.lastBytes = answerBytes;
    this.#smallBytes = Math.floor(totalBytes * SMALL_SHARE);
    this.#openBytes = totalBytes - this.#smallBytes - answerBytes;
  }

  heldBytes(): number {
    return this.#sharedBytes + (this.#finishing?.takenBytes ?? 0);
  }

  isWanted(): boolean {
    return this.#line.length > 0;
  }

  resize(place: Place, bytes: number, onRoom: () => void): Fit {
    if (bytes < place.usedBytes) return this.#shrink(place, bytes);
    if (bytes > this.lastBytes) return 'none';
    if (bytes > place.takenBytes && !this.#take(place, bytes)) return 'none';
    place.usedBytes = bytes;
    if (place.onRoom) return 'wait';
    const mayGoOn = place === this.#finishing || this.#sharedBytes <= this.#openBytes || bytes <= SMALL_ANSWER_BYTES;
    if (mayGoOn) return 'fits';
    return this.#wait(place, onRoom);
  }

  /** Gives back what was taken but is not used. */
  rest(place: Place): void {
    this.#stopWaiting(place);
    this.#giveBack(place);
  }

  #shrink(place: Place, bytes: number): Fit {
    if (bytes <= SMALL_ANSWER_BYTES) this.#stopWaiting(place);
    place.usedBytes = bytes;
    this.#giveBack(place);
    return place.onRoom ? 'wait' : 'fits';
  }

  #giveBack(place: Place): void {
    if (place !== this.#finishing) this.#sharedBytes -= place.takenBytes - place.usedBytes;
    else if (place.usedBytes === 0) this.#finishing = undefined;
    place.takenBytes = place.usedBytes;
    this.#settle();
  }

  /** False when nothing is left that it could take. */
  #take(place: Place, bytes: number): boolean {
    const more = bytes - place.takenBytes;
    const fits = this.#sharedBytes + more <= this.#openBytes + this.#smallBytes;
    if (place !== this.#finishing && !fits) {
      if (this.#finishing) return false;
      this.#letFinish(place);
    }
    place.takenBytes = bytes;
    if (place !== this.#finishing) this.#sharedBytes += more;
    return true;
  }

  #wait(place: Place, onRoom: () => void): Fit {
    if (!this.#finishing) {
      this.#letFinish(place);
      return 'fits';
    }
    place.turn ??= this.#turns += 1;
    place.onRoom = onRoom;
    const { turn } = place;
    const behind = this.#line.findLastIndex((other) => (other.turn ?? 0) < turn);
    this.#line.splice(behind + 1, 0, place);
    return 'wait';
  }

  #letFinish(place: Place): void {
    this.#stopWaiting(place);
    this.#sharedBytes -= place.takenBytes;
    this.#finishing = place;
  }

  #stopWaiting(place: Place): void {
    if (!place.onRoom) return;
    place.onRoom = undefined;
    this.#line.splice(this.#line.indexOf(place), 1);
  }

  /** Room came back. Whoever is woken may give more back, or wait again, before this ends. */
  #settle(): void {
    if (this.#settling || (!this.#finishing && this.#line.length === 0)) return;
    this.#settling = true;
    try {
      for (let woken = this.#next(); woken; woken = this.#next()) woken();
    } finally {
      this.#settling = false;
    }
  }

  /** Makes room for the next in line, and says how it is woken. */
  #next(): (() => void) | undefined {
    const finishing = this.#finishing;
    if (finishing && this.#sharedBytes + finishing.takenBytes <= this.#openBytes) {
      this.#sharedBytes += finishing.takenBytes;
      this.#finishing = undefined;
    }
    const [first] = this.#line;
    const onRoom = first?.onRoom;
    if (!first || !onRoom) return undefined;
    const unused = first.takenBytes - first.usedBytes;
    const ahead = Math.min(SMALL_ANSWER_BYTES - unused, this.lastBytes - first.takenBytes);
    if (this.#sharedBytes + ahead <= this.#openBytes) {
      this.#stopWaiting(first);
      this.#sharedBytes += ahead;
      first.takenBytes += ahead;
      return onRoom;
    }
    if (this.#finishing) return undefined;
    this.#letFinish(first);
    return onRoom;
  }
}

class Room implements AnswerRoom {
  readonly #memory: Memory;
  readonly #place = new Place();
  #keptBytes = 0;
  #left = false;

  constructor(memory: Memory) {
    this.#memory = memory;
  }

  get limitBytes(): number {
    return this.#memory.lastBytes;
  }

  hold(bytes: number, onRoom: () => void): Fit {
    return this.#left ? 'fits' : this.#memory.resize(this.#place, this.#keptBytes + bytes, onRoom);
  }

  isWanted(): boolean {
    return this.#memory.isWanted();
  }

  rest(): void {
    this.#memory.rest(this.#place);
  }

  keep(): void {
    this.#keptBytes = this.#place.usedBytes;
    this.rest();
  }

  letGo(): void {
    this.rest();
    this.#memory.resize(this.#place, this.#keptBytes, () => {});
  }

  leave(): void {
    this.#left = true;
    this.#keptBytes = 0;
    this.letGo();
  }
}

/** So many bytes, of nobody yet. `answerBytes` is the most that one answer may have. */
export function createAnswerMemory(totalBytes: number, answerBytes: number): AnswerMemory {
  const memory = new Memory(totalBytes, answerBytes);
  return { open: () => new Room(memory), heldBytes: () => memory.heldBytes() };
}
