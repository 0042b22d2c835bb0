// A collector of traces on loopback: takes OTLP over HTTP and reads the protobuf as far as tests ask.
import { createServer } from 'node:http';
import type { IncomingHttpHeaders } from 'node:http';
import type { AddressInfo } from 'node:net';

/** A span as it came over the wire. */
export interface ReceivedSpan {
  readonly traceId: string;
  readonly spanId: string;
  /** Empty for the first of its trace. */
  readonly parentId: string;
  readonly traceState: string;
  readonly name: string;
  readonly kind: 'server' | 'client' | 'other';
  readonly failed: boolean;
  readonly attributes: Readonly<Record<string, unknown>>;
  readonly events: readonly string[];
  readonly resource: Readonly<Record<string, unknown>>;
}

export interface OTLPReceiver {
  readonly origin: string;
  readonly spans: ReceivedSpan[];
  readonly requests: { readonly url: string; readonly headers: IncomingHttpHeaders; readonly body: Buffer }[];
  /** What it answers. */
  status: number;
  close(): Promise<void>;
}

type Fields = ReadonlyMap<number, readonly (Buffer | bigint)[]>;

/** The fields of a message by number: bytes, or a number. */
function fieldsOf(message: Buffer): Fields {
  const fields = new Map<number, (Buffer | bigint)[]>();
  let at = 0;
  const varint = (): bigint => {
    let value = 0n;
    for (let shift = 0n; ; shift += 7n) {
      const byte = message[at] as number;
      at += 1;
      value |= BigInt(byte & 0x7f) << shift;
      if (byte < 0x80) return value;
    }
  };
  const take = (length: number): Buffer => message.subarray(at, (at += length));
  const read = (wire: number): Buffer | bigint => {
    if (wire === 0) return varint();
    if (wire === 1) return take(8);
    return wire === 5 ? take(4) : take(Number(varint()));
  };
  while (at < message.length) {
    const tag = Number(varint());
    const values = fields.get(tag >> 3) ?? [];
    fields.set(tag >> 3, [...values, read(tag & 7)]);
  }
  return fields;
}

const bytesIn = (fields: Fields, number: number) => (fields.get(number) ?? []) as readonly Buffer[];
const bytes = (fields: Fields, number: number): Buffer => bytesIn(fields, number)[0] ?? Buffer.alloc(0);
const messagesIn = (fields: Fields, number: number) => bytesIn(fields, number).map(fieldsOf);

function valueOf(any: Fields): unknown {
  const [[kind, [value]] = [0, []]] = [...any] as [number, (Buffer | bigint)[]][];
  if (kind === 1) return (value as Buffer).toString();
  if (kind === 2) return value === 1n;
  if (kind === 5) return messagesIn(fieldsOf(value as Buffer), 1).map(valueOf);
  return Number(value);
}

const attributesOf = (fields: Fields, number: number): Record<string, unknown> =>
  Object.fromEntries(
    messagesIn(fields, number).map((each) => [bytes(each, 1).toString(), valueOf(fieldsOf(bytes(each, 2)))]),
  );

const KINDS: Readonly<Record<string, ReceivedSpan['kind']>> = { 2: 'server', 3: 'client' };

const spanOf = (span: Fields, resource: Record<string, unknown>): ReceivedSpan => ({
  traceId: bytes(span, 1).toString('hex'),
  spanId: bytes(span, 2).toString('hex'),
  traceState: bytes(span, 3).toString(),
  parentId: bytes(span, 4).toString('hex'),
  name: bytes(span, 5).toString(),
  kind: KINDS[String(span.get(6)?.[0])] ?? 'other',
  attributes: attributesOf(span, 9),
  events: messagesIn(span, 11).map((event) => bytes(event, 2).toString()),
  failed: fieldsOf(bytes(span, 15)).get(3)?.[0] === 2n,
  resource,
});

function spansIn(body: Buffer): ReceivedSpan[] {
  return messagesIn(fieldsOf(body), 1).flatMap((resourceSpans) => {
    const resource = attributesOf(fieldsOf(bytes(resourceSpans, 1)), 1);
    const scopes = messagesIn(resourceSpans, 2);
    return scopes.flatMap((scope) => messagesIn(scope, 2)).map((span) => spanOf(span, resource));
  });
}

export async function startOTLPReceiver(): Promise<OTLPReceiver> {
  const server = createServer((request, response) => {
    const parts: Buffer[] = [];
    request.on('data', (part: Buffer) => parts.push(part));
    request.on('end', () => {
      const body = Buffer.concat(parts);
      receiver.requests.push({ url: request.url ?? '', headers: request.headers, body });
      if (receiver.status === 200) receiver.spans.push(...spansIn(body));
      response.writeHead(receiver.status).end();
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const receiver: OTLPReceiver = {
    origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    spans: [],
    requests: [],
    status: 200,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
  return receiver;
}
