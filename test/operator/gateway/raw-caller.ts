// A caller on a raw socket: it reads only when it is let, and may break off at any time.
import { connect } from 'node:net';
import type { Socket } from 'node:net';
import type { ModelApi } from '../../../operator/gateway/dialects/model-api.ts';
import { PATHS } from './ask.ts';

/** What such a caller asks. */
export interface RawQuestion {
  readonly origin: string;
  readonly api: ModelApi;
  readonly body: string;
  /** It reads nothing until its socket is resumed. */
  readonly paused?: boolean;
}

/** A caller, and what it has seen: the beginnings of what came, and how much it was in all. */
export interface RawCaller {
  readonly socket: Socket;
  readonly seen: { text: string; bytes: number };
}

export function rawCaller({ origin, api, body, paused = false }: RawQuestion): RawCaller {
  const socket = connect(Number(new URL(origin).port), '127.0.0.1');
  socket.write(
    `POST ${PATHS[api]} HTTP/1.1\r\nhost: x\r\nconnection: close\r\ncontent-length: ${body.length}\r\n\r\n${body}`,
  );
  const seen = { text: '', bytes: 0 };
  socket.on('error', () => {}); // a reset is one of the ways to be broken off
  socket.on('data', (part: Buffer) => {
    seen.bytes += part.length;
    seen.text += part.toString('latin1', 0, 4_000);
  });
  if (paused) socket.pause();
  return { socket, seen };
}
