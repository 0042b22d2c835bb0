// The APIs whose streams can be followed, so that one knows when a stream commits and when it is whole. One reader
// per attempt; the folder listing of *-stream.ts is the support matrix.
import { anthropicStream } from './anthropic-stream.ts';
import { chatStream } from './chat-stream.ts';
import type { ModelApi } from './model-api.ts';
import { responsesStream } from './responses-stream.ts';
import type { StreamReader } from './stream-reader.ts';

const READERS: Readonly<Record<ModelApi, () => StreamReader>> = {
  messages: anthropicStream,
  chat: chatStream,
  responses: responsesStream,
};

/** A reader for a stream of that API. */
export const streamReader = (api: ModelApi): StreamReader => READERS[api]();
