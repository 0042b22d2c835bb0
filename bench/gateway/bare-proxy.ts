// The yardstick: the least that a proxy in Node can do, node:http in front and one undici pool behind.
// Arguments: the upstream's origin, and how many connections to it there may be.
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Pool } from 'undici';

const pool = new Pool(process.argv[2] ?? '', { connections: Number(process.argv[3]), pipelining: 1 });
const server = createServer((request, response) => {
  const parts: Buffer[] = [];
  request.on('data', (part: Buffer) => parts.push(part));
  request.on('end', () => {
    pool
      .request({
        method: 'POST',
        path: '/v1/messages',
        headers: { 'content-type': 'application/json' },
        body: Buffer.concat(parts),
      })
      .then(({ statusCode, headers, body }) => {
        response.writeHead(statusCode, { 'content-type': String(headers['content-type']) });
        body.pipe(response);
      })
      .catch((error: unknown) => response.destroy(error as Error));
  });
});
server.listen(0, '127.0.0.1', () => process.send?.({ port: (server.address() as AddressInfo).port }));
process.on('disconnect', () => process.exit(0));
