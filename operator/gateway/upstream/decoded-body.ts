// Some servers compress though they were asked not to. The caller gets the plain bytes.
import type { Transform } from 'node:stream';
import { createBrotliDecompress, createGunzip, createInflate } from 'node:zlib';
import type { AnswerBody } from './answer-body.ts';

const DECODERS: Readonly<Record<string, () => Transform>> = {
  gzip: () => createGunzip(),
  'x-gzip': () => createGunzip(),
  deflate: () => createInflate(),
  br: () => createBrotliDecompress(),
};

/** The body without its compression; undefined when nobody here knows that one. */
export function decodedBody(body: AnswerBody, encoding: string): AnswerBody | undefined {
  const decoder = DECODERS[encoding.toLowerCase()]?.();
  if (!decoder) return undefined;
  return {
    read(reader) {
      let open = true;
      const end = (tell: () => void) => {
        if (!open) return;
        open = false;
        tell();
      };
      decoder.on('data', (part: Buffer) => reader.onPart(part));
      decoder.on('end', () => end(() => reader.onEnd()));
      decoder.on('error', () => {
        body.cancel();
        end(() => reader.onCut());
      });
      decoder.on('drain', () => body.resume());
      body.read({
        onPart(part) {
          if (!decoder.write(part)) body.pause();
        },
        onEnd: () => decoder.end(),
        onCut() {
          decoder.destroy();
          end(() => reader.onCut());
        },
      });
    },
    pause: () => void decoder.pause(),
    resume: () => void decoder.resume(),
    cancel() {
      decoder.destroy();
      body.cancel();
    },
  };
}
