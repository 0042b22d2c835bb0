// Compares bytes with text without making a string of them.

/** Whether these characters, all of them ASCII, stand there: the whole text of a value, like `"stop"`, or its first brace. */
export function isAt(bytes: Buffer, at: number, text: string): boolean {
  for (let i = 0; i < text.length; i += 1) if (bytes[at + i] !== text.charCodeAt(i)) return false;
  return true;
}
