// A mock provider that streams: every POST begins with content at once, then waits. A message to this process lets all open
// streams go on, event by event with a gap between, until they are told to end.
import { createServer } from 'node:http';
import type { ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** What this process understands. */
export type StreamCommand = { readonly kind: 'flow'; readonly gapMs: number } | { readonly kind: 'end' };

const event = (type: string, fields: object) => `event: ${type}\ndata: ${JSON.stringify({ type, ...fields })}\n\n`;
const delta = event('content_block_delta', { index: 0, delta: { type: 'text_delta', text: 'a few words at a time' } });
const beginning =
  event('message_start', { message: { id: 'msg_1', type: 'message', role: 'assistant', model: 'm', content: [] } }) +
  event('content_block_start', { index: 0, content_block: { type: 'text', text: '' } }) +
  delta;
const ending =
  event('content_block_stop', { index: 0 }) +
  event('message_delta', { delta: { stop_reason: 'end_turn' } }) +
  event('message_stop', {});

const open = new Set<ServerResponse>();
let flow: NodeJS.Timeout | undefined;

process.on('message', (command: StreamCommand) => {
  clearInterval(flow);
  if (command.kind === 'flow') {
    flow = setInterval(() => {
      for (const response of open) response.write(delta);
    }, command.gapMs);
    return;
  }
  for (const response of open) response.end(ending);
});

const server = createServer((request, response) => {
  request.resume();
  request.on('end', () => {
    if (request.method === 'GET') return void response.end('{"data":[]}');
    open.add(response);
    response.once('close', () => open.delete(response));
    response.writeHead(200, { 'content-type': 'text/event-stream' });
    response.write(beginning);
  });
});
server.listen(0, '127.0.0.1', () => process.send?.({ port: (server.address() as AddressInfo).port }));
process.on('disconnect', () => process.exit(0));
