// What a dialect has to say about the events of its streams.
import type { ErrorWords } from '../../provider-words.ts';
import type { StreamEvent } from './sse.ts';

/** What an event means for the stream that it is in. */
export type EventMeaning =
  /** Nothing is decided by it. */
  | { readonly kind: 'other' }
  /** Something that a caller can use: the stream is committed. */
  | { readonly kind: 'content' }
  /** The dialect's end: the answer is whole. */
  | { readonly kind: 'end' }
  | { readonly kind: 'error'; readonly error: ErrorWords }
  | { readonly kind: 'malformed' };

/** Follows one stream. */
export interface StreamReader {
  /** Before the commit every event is looked into. */
  read(event: StreamEvent): EventMeaning;
  /** After the commit only the end and errors matter. */
  readCommitted(event: StreamEvent): EventMeaning;
  /** At the end: nothing in it though the model says that it finished. */
  empty(): boolean;
  /** The model declined. */
  refused(): boolean;
  /** The event that tells a caller that the committed stream died, and why. `id` is that of the request. */
  deathEvent(code: string, message: string, id: string): string;
}
