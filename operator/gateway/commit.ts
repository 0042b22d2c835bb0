// The dialects whose streams can be followed, so that one knows when a stream commits and when it is whole. One reader
// per attempt; the folder listing of *-stream.ts is the support matrix.
import type { Protocol } from '../../lib/api/spec.ts';
import { anthropicStream } from './anthropic-stream.ts';
import { chatStream } from './chat-stream.ts';
import type { StreamReader } from './stream-reader.ts';

/** A reader for a stream of that dialect. */
export function streamReader(dialect: Protocol): StreamReader {
  return dialect === 'Anthropic' ? anthropicStream() : chatStream();
}
