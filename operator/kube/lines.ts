// Bytes to lines.

/** The lines of a stream of bytes, without their ends. An unfinished line at the end is dropped: it was cut. */
export async function* linesOf(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<string> {
  const decoder = new TextDecoder();
  // Pieces of a long line are joined once, at its end: an object of a megabyte comes in many chunks.
  let pieces: string[] = [];
  for await (const chunk of chunks) {
    const [first = '', ...rest] = decoder.decode(chunk, { stream: true }).split('\n');
    pieces.push(first);
    for (const next of rest) {
      const line = pieces.join('');
      pieces = [next];
      if (line !== '') yield line;
    }
  }
}
