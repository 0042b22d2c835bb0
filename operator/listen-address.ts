// Where a server listens: `127.0.0.1:4000`, `[::1]:4000`, `:8080` (every interface), `0` as port for any free one.
import { SetupError } from './errors.ts';

/** A host and a port. */
export interface ListenAddress {
  readonly host: string;
  readonly port: number;
}

/** Reads `host:port`; undefined when it is none. */
export function parseListenAddress(text: string): ListenAddress | undefined {
  const match = /^(?:\[([0-9a-fA-F:.]+)\]|([^[\]:/\s]*)):(\d{1,5})$/.exec(text);
  if (!match) return undefined;
  const port = Number(match[3]);
  if (port > 65_535) return undefined;
  return { host: match[1] ?? (match[2] === '' || match[2] === undefined ? '0.0.0.0' : match[2]), port };
}

/** Whether only this machine can reach the host. */
export const isLoopback = (host: string): boolean =>
  host === 'localhost' || host === '::1' || /^127\.\d{1,3}\.\d{1,3}\.\d{1,3}$/.test(host);

/** Whether a gateway that listens there asks every caller for a key: whoever else can reach it could spend the model keys. */
export const asksEverybody = (listen: ListenAddress, insecureNoAuth: boolean): boolean =>
  !isLoopback(listen.host) && !insecureNoAuth;

/** The address as a person writes it. */
export const formatListenAddress = ({ host, port }: ListenAddress): string =>
  host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`;

/** What an error of listening means to the one who chose the address by `flag`; any other error stays what it is. */
export function listenError(error: Error, address: ListenAddress, flag: string): Error {
  const where = `${flag} ${formatListenAddress(address)}`;
  switch ((error as NodeJS.ErrnoException).code) {
    case 'EADDRINUSE':
      return new SetupError(
        `${where}: the port is in use; stop what listens there, or choose another one (port 0 takes any)`,
        { cause: error },
      );
    case 'EACCES':
      return new SetupError(`${where}: this user may not listen there; choose a port above 1023`, { cause: error });
    case 'EADDRNOTAVAIL':
    case 'ENOTFOUND':
      return new SetupError(`${where}: this machine has no such address; choose 127.0.0.1 or one that it has`, {
        cause: error,
      });
    case undefined:
    default:
      return error;
  }
}
