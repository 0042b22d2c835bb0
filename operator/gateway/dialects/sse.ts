// Splits a stream of server-sent events at its blank lines. The raw bytes of each event stay as they came, so that they
// can go on verbatim; what they say is read only where somebody asks.

/** One block of a stream: an event, or only comments, with the blank line that ends it. */
export interface StreamEvent {
  readonly raw: Buffer;
}

/** What an event says. */
export interface EventFields {
  readonly event: string | undefined;
  /** Undefined for a block without data, such as a comment. */
  readonly data: string | undefined;
}

const LF = 0x0a;
const CR = 0x0d;
const LINE_END = /\r\n|\n|\r/;

/** Takes chunks as they come and gives whole events. */
export interface EventSplitter {
  push(chunk: Buffer): StreamEvent[];
  /** Bytes of an event that has not ended. */
  pendingBytes(): number;
}

/** A splitter for one stream. */
export function eventSplitter(): EventSplitter {
  let pending: Buffer[] = [];
  let pendingBytes = 0;
  let lineIsEmpty = true;
  let afterCR = false;

  /** Whether the byte ends a blank line. LF after CR is the same line end and belongs to what was before it. */
  const endsEvent = (byte: number | undefined): boolean => {
    if (byte === LF && afterCR) {
      afterCR = false;
      return false;
    }
    afterCR = byte === CR;
    if (byte !== LF && byte !== CR) {
      lineIsEmpty = false;
      return false;
    }
    const blank = lineIsEmpty;
    lineIsEmpty = true;
    return blank;
  };
  const take = (last: Buffer): StreamEvent => {
    const raw = pending.length === 0 ? last : Buffer.concat([...pending, last]);
    pending = [];
    pendingBytes = 0;
    return { raw };
  };

  return {
    push(chunk) {
      const events: StreamEvent[] = [];
      let from = 0;
      for (let i = 0; i < chunk.length; i += 1) {
        if (!endsEvent(chunk[i])) continue;
        // The LF of a CRLF goes with its event, when it is here already.
        if (chunk[i] === CR && chunk[i + 1] === LF) {
          i += 1;
          afterCR = false;
        }
        events.push(take(chunk.subarray(from, i + 1)));
        from = i + 1;
      }
      if (from < chunk.length) {
        pending.push(from === 0 ? chunk : chunk.subarray(from));
        pendingBytes += chunk.length - from;
      }
      return events;
    },
    pendingBytes: () => pendingBytes,
  };
}

/** Name and value of a line; undefined for a comment or a blank one. */
function readLine(line: string): readonly [string, string] | undefined {
  const colon = line.indexOf(':');
  if (colon === 0 || line === '') return undefined;
  if (colon < 0) return [line, ''];
  return [line.slice(0, colon), line.slice(line[colon + 1] === ' ' ? colon + 2 : colon + 1)];
}

/** Reads the `event` and `data` of a block. */
export function readEvent({ raw }: StreamEvent): EventFields {
  let event: string | undefined;
  const data: string[] = [];
  const text = raw.toString('utf8');
  for (const line of (text.startsWith('\uFEFF') ? text.slice(1) : text).split(LINE_END)) {
    const [name, value] = readLine(line) ?? [];
    if (name === 'event') event = value;
    else if (name === 'data') data.push(value ?? '');
  }
  return { event, data: data.length === 0 ? undefined : data.join('\n') };
}
