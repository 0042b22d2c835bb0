// The body of an upstream's answer while it arrives. Three calls instead of a node:stream: a stream per answer would cost more
// than the rest of a small request, and most answers are one part and an end.

/** Who is told what of a body arrives. Nothing comes after `onEnd` or `onCut`. */
export interface BodyReader {
  onPart(bytes: Buffer): void;
  /** The body is whole. */
  onEnd(): void;
  /** It broke off, by whoever's doing. */
  onCut(): void;
}

/** A body of which nothing is lost while nobody reads it. */
export interface AnswerBody {
  /** To be called once. What has come already is told at once. */
  read(reader: BodyReader): void;
  /** Lets the sender wait. What is under way may still come. */
  pause(): void;
  resume(): void;
  /** Breaks it off, unless it has ended. */
  cancel(): void;
}

/** Told of what is held of an answer. */
export interface Holder {
  /** The most that the whole of it may be. */
  readonly limitBytes: number;
  /** So much is held now. False: it cannot be, and the answer has been given up. */
  hold(bytes: number): boolean;
}

/** Reads a body to its end, as fast as there is room for it. Undefined when it is cut, or larger than an answer may be. */
export function readWhole(body: AnswerBody, holder: Holder): Promise<Buffer | undefined> {
  return new Promise((resolve) => {
    const parts: Buffer[] = [];
    let bytes = 0;
    // Small answers may have come to their end by the time that they are given up.
    let givenUp = false;
    const giveUp = () => {
      givenUp = true;
      parts.length = 0;
      body.cancel();
    };
    body.read({
      onPart(part) {
        bytes += part.length;
        if (givenUp) return;
        if (bytes > holder.limitBytes || !holder.hold(bytes)) return giveUp();
        parts.push(part);
      },
      onEnd: () => resolve(givenUp ? undefined : parts.length === 1 ? parts[0] : Buffer.concat(parts)),
      onCut: () => resolve(undefined),
    });
  });
}
