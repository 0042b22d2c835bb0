// Follows the content of a file by reading it again and again. Not by file system events: a mounted ConfigMap or Secret
// changes by a swap of symbolic links, and editors replace files, and both lose such a watch.
import { readFileSync } from 'node:fs';
import type { Clock } from './clock.ts';

/** Reads a whole file as text, or throws. */
export type ReadText = (path: string) => string;

/** What a look at the file gave. */
export type Look =
  { readonly kind: 'text'; readonly text: string } | { readonly kind: 'unreadable'; readonly why: string };

export const readTextFile: ReadText = (path) => readFileSync(path, 'utf8');

const WHY: Readonly<Record<string, string>> = {
  ENOENT: 'there is no such file',
  EACCES: 'this user may not read it',
  EISDIR: 'this is a directory',
};

/** One look. An unreadable file is an answer, not an exception. */
export function lookAt(path: string, read: ReadText): Look {
  try {
    return { kind: 'text', text: read(path) };
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    return { kind: 'unreadable', why: WHY[code ?? ''] ?? message };
  }
}

const same = (a: Look, b: Look): boolean =>
  a.kind === 'text' ? b.kind === 'text' && a.text === b.text : b.kind === 'unreadable' && a.why === b.why;

/** Calls `onChange` whenever the next look differs from the last. */
export function watchText(
  path: string,
  ports: {
    readonly clock: Clock;
    readonly read: ReadText;
    readonly everyMs: number;
    readonly first: Look;
    readonly onChange: (look: Look) => void;
  },
): { stop(): void } {
  let last = ports.first;
  const tick = () => {
    timer = ports.clock.after(ports.everyMs, tick);
    const look = lookAt(path, ports.read);
    if (same(look, last)) return;
    last = look;
    ports.onChange(look);
  };
  let timer = ports.clock.after(ports.everyMs, tick);
  return { stop: () => timer.cancel() };
}
