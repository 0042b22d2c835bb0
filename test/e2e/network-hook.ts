// Loaded into a process with `--import`, before the program: gives the process the network of a pod as far as a test needs
// one. It changes where connections go, and nothing of the program. What it does is in the file of network.ts.
import { readFileSync } from 'node:fs';
import { Socket } from 'node:net';
import type { NetworkPlan } from './network.ts';

interface Destination {
  host?: string;
  port?: number | string;
}

/** What `Socket.connect` is given: by `net.connect` a list whose first is the destination, by `tls.connect` the destination. */
type ConnectArguments = [Destination | readonly [Destination, ...unknown[]], ...unknown[]];

const LOOK_EVERY_MS = 20;
const file = process.env['MCPWORKFLOW_TEST_NETWORK'] ?? '';
const plan = () => JSON.parse(readFileSync(file, 'utf8')) as NetworkPlan;

const leadsTo = (host: string) => (entry: string) => (entry.startsWith('.') ? host.endsWith(entry) : host === entry);

const open = new Map<Socket, number>();
const connect = Reflect.get(Socket.prototype, 'connect') as unknown as (
  this: Socket,
  ...args: ConnectArguments
) => Socket;

function connectAsPlanned(this: Socket, ...args: ConnectArguments): Socket {
  const [first] = args;
  const destination = 'length' in first ? first[0] : first;
  const { loopback, cut } = plan();
  if (destination.host !== undefined && loopback.some(leadsTo(destination.host))) destination.host = '127.0.0.1';
  const port = Number(destination.port);
  if (cut.includes(port))
    return this.destroy(Object.assign(new Error('connect EHOSTUNREACH'), { code: 'EHOSTUNREACH' }));
  open.set(this, port);
  this.once('close', () => open.delete(this));
  return connect.apply(this, args);
}

Reflect.set(Socket.prototype, 'connect', connectAsPlanned);

// A connection that is kept alive must break, too.
setInterval(() => {
  const { cut } = plan();
  for (const [socket, port] of open) if (cut.includes(port)) socket.destroy();
}, LOOK_EVERY_MS).unref();
