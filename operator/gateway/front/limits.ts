// What one gateway takes at most, and why. Beyond them a caller gets an answer or a closed connection, and the others go on.

/** The limits of a gateway's HTTP side. */
export interface Limits {
  /** All headers of a request together: room for the largest tokens, none for a memory bomb. Beyond: 431. */
  readonly headerBytes: number;
  /** Until all headers have arrived: no SDK needs a second, and a slow one holds a connection. */
  readonly headersMs: number;
  /** Until the whole request has arrived: the largest body over a slow line. */
  readonly requestMs: number;
  /** How often connections are looked at for the two above. */
  readonly lookMs: number;
  /** An idle connection is kept so long: longer than load balancers do, so that they never send into a closing one. */
  readonly keepAliveMs: number;
  /** Open connections: each costs a file descriptor and some memory. Beyond: closed at once. */
  readonly connections: number;
  /** One body: what the providers' own limits come to. Beyond: 413. */
  readonly bodyBytes: number;
  /** The bodies of all requests in flight, which are held to be sent to another model. Beyond: 503. */
  readonly heldBytes: number;
  /** One whole answer: more than any model writes, images included. Beyond: not whole. */
  readonly answerBytes: number;
  /** All that is held of answers, until callers have taken it. Beyond: they wait for room, and 503 when that takes too long. */
  readonly heldAnswerBytes: number;
}

const KIB = 1024;
const MIB = 1024 * KIB;

/** The limits of every gateway. */
export const LIMITS: Limits = {
  headerBytes: 16 * KIB,
  headersMs: 15_000,
  requestMs: 300_000,
  lookMs: 5_000,
  keepAliveMs: 72_000,
  connections: 10_000,
  bodyBytes: 32 * MIB,
  heldBytes: 256 * MIB,
  answerBytes: 64 * MIB,
  heldAnswerBytes: 256 * MIB,
};
