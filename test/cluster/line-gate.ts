// Lets an answer through to the client line by line, until it is told to stop: a watch is one JSON object per line.

import type { IncomingHttpHeaders, ServerResponse } from 'node:http';

/** What stands between the API server's answer and the client. */
export interface LineGate {
  head(status: number, headers: IncomingHttpHeaders): void;
  pass(chunk: Buffer): void;
  end(): void;
  /** The API server broke the connection: so does the gate, unless it is closed. */
  broken(): void;
  /** Nothing passes any more, not even the end. */
  close(): void;
  /** Closes after this many lines. */
  closeAfter(lines: number): void;
  /** Breaks the connection in the middle of the line after this many. */
  cutAfter(lines: number): void;
}

const newline = 0x0a;

/** A gate that is open. */
export function lineGate(response: ServerResponse): LineGate {
  let closed = false;
  let linesLeft = Number.POSITIVE_INFINITY;
  let atLimit: 'close' | 'cut' = 'close';

  /** Where the allowed lines of the chunk end. */
  const allowedUntil = (chunk: Buffer): number => {
    let from = 0;
    while (linesLeft > 0) {
      const at = chunk.indexOf(newline, from);
      if (at < 0) return chunk.length;
      from = at + 1;
      linesLeft -= 1;
    }
    return from;
  };

  return {
    head(status, headers) {
      // Which connection is kept open is this side's own affair.
      const kept = Object.entries(headers).filter(([name]) => name !== 'connection' && name !== 'transfer-encoding');
      if (!closed) response.writeHead(status, Object.fromEntries(kept)).flushHeaders();
    },
    pass(chunk) {
      if (closed) return;
      const until = allowedUntil(chunk);
      if (linesLeft > 0) return void response.write(chunk);
      const rest = chunk.subarray(until);
      if (atLimit === 'close') {
        closed = true;
        response.write(chunk.subarray(0, until));
      } else if (rest.length > 1) {
        closed = true;
        response.write(chunk.subarray(0, until + Math.ceil(rest.length / 2)), () => response.destroy());
      } else {
        response.write(chunk.subarray(0, until)); // the line to cut comes with a later chunk
      }
    },
    end() {
      if (!closed) response.end();
    },
    broken() {
      if (!closed) response.destroy();
    },
    close() {
      closed = true;
    },
    closeAfter(lines) {
      linesLeft = lines;
      atLimit = 'close';
    },
    cutAfter(lines) {
      linesLeft = lines;
      atLimit = 'cut';
    },
  };
}
