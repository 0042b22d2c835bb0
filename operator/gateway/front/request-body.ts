// Reads the body of a caller's request. By events: an iterator over a stream costs more than the rest of a small request.
import type { IncomingMessage } from 'node:http';

/** What a connection gives at once. A body that says that it is larger gets its place beforehand, or it would be held twice. */
const PART_BYTES = 64 * 1024;

/** Where the parts of a body come together. */
interface Gathering {
  add(part: Buffer): void;
  whole(): Buffer;
}

function inPlace(length: number): Gathering {
  // Memory is only taken as it is filled.
  const place = Buffer.allocUnsafeSlow(length);
  let bytes = 0;
  return {
    add: (part) => void (bytes += part.copy(place, bytes)),
    whole: () => place.subarray(0, bytes),
  };
}

function inParts(): Gathering {
  let parts: Buffer[] = [];
  return {
    add: (part) => void parts.push(part),
    whole() {
      const whole = parts.length === 1 ? (parts[0] as Buffer) : Buffer.concat(parts);
      // The listeners that fill it stay for as long as the answer takes, and so would the parts.
      parts = [];
      return whole;
    },
  };
}

/** Reads at most `limitBytes`, and tells once; never of a body that breaks off, because nobody is left to answer. */
export function readRequestBody(
  incoming: IncomingMessage,
  limitBytes: number,
  tell: (body: Buffer | 'tooLarge') => void,
): void {
  const length = Number(incoming.headers['content-length']);
  if (length > limitBytes) return tell('tooLarge');
  const gathering = length > PART_BYTES ? inPlace(length) : inParts();
  let bytes = 0;
  const onData = (part: Buffer) => {
    bytes += part.length;
    if (bytes <= limitBytes) return gathering.add(part);
    incoming.off('data', onData).off('end', onEnd);
    tell('tooLarge');
  };
  const onEnd = () => tell(gathering.whole());
  incoming.on('data', onData).on('end', onEnd);
  // Its connection is gone with it, and with that the answer.
  incoming.on('error', () => {});
}
