// Reads the body of a caller's request. By events: an iterator over a stream costs more than the rest of a small request.
import type { IncomingMessage } from 'node:http';

/** Reads at most `limitBytes`, and tells once; never of a body that breaks off, because nobody is left to answer. */
export function readRequestBody(
  incoming: IncomingMessage,
  limitBytes: number,
  tell: (body: Buffer | 'tooLarge') => void,
): void {
  if (Number(incoming.headers['content-length']) > limitBytes) return tell('tooLarge');
  let parts: Buffer[] = [];
  let bytes = 0;
  const onData = (part: Buffer) => {
    bytes += part.length;
    parts.push(part);
    if (bytes <= limitBytes) return;
    incoming.off('data', onData).off('end', onEnd);
    tell('tooLarge');
  };
  const onEnd = () => {
    const body = parts.length === 1 ? (parts[0] as Buffer) : Buffer.concat(parts);
    // These listeners stay for as long as the answer takes, and so would the parts.
    parts = [];
    tell(body);
  };
  incoming.on('data', onData).on('end', onEnd);
  // Its connection is gone with it, and with that the answer.
  incoming.on('error', () => {});
}
