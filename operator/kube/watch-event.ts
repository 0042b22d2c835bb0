// One line of a watch, as what it means for the one who watches.
import { apiError } from './api-errors.ts';
import type { KubeObject } from './object-cache.ts';

/** What a line of a watch says. */
export type WatchEvent<T> =
  | { readonly kind: 'put'; readonly object: T }
  | { readonly kind: 'remove'; readonly object: T }
  | { readonly kind: 'bookmark'; readonly resourceVersion: string }
  /** The server ends the watch, inside an answer that began as a success. */
  | { readonly kind: 'failed'; readonly error: Error };

/** Throws when the line is no event. */
export function readWatchEvent<T extends KubeObject>(line: string): WatchEvent<T> {
  const event = parse(line);
  if (!isRecord(event) || !isRecord(event['object'])) throw new Error('a watch sent a line that is no event');
  const { type, object } = event as { type: unknown; object: Record<string, unknown> };
  if (type === 'ERROR') return { kind: 'failed', error: apiError('watch', codeOf(object), object) };
  if (!isKubeObject(object)) throw new Error('a watch sent an event without an object');
  switch (type) {
    case 'ADDED':
    case 'MODIFIED':
      return { kind: 'put', object: object as T };
    case 'DELETED':
      return { kind: 'remove', object: object as T };
    case 'BOOKMARK':
      return { kind: 'bookmark', resourceVersion: object.metadata.resourceVersion };
    default:
      throw new Error('a watch sent an event of unknown type');
  }
}

function parse(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    // The parser's own error quotes the line, and the line may hold a Secret.
    throw new Error('a watch sent a line that is not JSON');
  }
}

const isRecord = (value: unknown): value is Record<string, unknown> => typeof value === 'object' && value !== null;

function isKubeObject(value: unknown): value is { metadata: { resourceVersion: string } } {
  return isRecord(value) && isRecord(value['metadata']) && typeof value['metadata']['resourceVersion'] === 'string';
}

function codeOf(status: Record<string, unknown>): number {
  return typeof status['code'] === 'number' ? status['code'] : 500;
}
