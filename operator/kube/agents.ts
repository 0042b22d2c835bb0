// The connections to the API server. Two pools with the same settings: a watch holds its connection for minutes, and a
// hundred of them must not keep a status write waiting.
import { Agent } from 'undici';
import type { Connection } from './connection.ts';

/** The pools that fit the TLS settings of now. */
export interface Agents {
  readonly requests: Agent;
  readonly watches: Agent;
}

/** Keeps the pools, and builds them anew when the CA or the client certificate has changed. */
export interface AgentSource {
  current(): Promise<Agents>;
  close(): Promise<void>;
}

const CONNECT_TIMEOUT_MS = 10_000;
const HEADERS_TIMEOUT_MS = 30_000;
const KEEP_ALIVE_MS = 30_000;

/** Pools for one connection. `connections` bounds the requests that run at once, watches excluded. */
export function agentSource(connection: Connection, connections: number): AgentSource {
  let known: { readonly print: string; readonly agents: Agents } | undefined;
  const retired = new Set<Agents>();

  const build = (settings: object): Agents => {
    const connect = { ...settings, timeout: CONNECT_TIMEOUT_MS, keepAlive: true, keepAliveInitialDelay: KEEP_ALIVE_MS };
    const shared = {
      connect,
      allowH2: false,
      pipelining: 1,
      keepAliveTimeout: KEEP_ALIVE_MS,
      headersTimeout: HEADERS_TIMEOUT_MS,
    };
    return {
      requests: new Agent({ ...shared, connections, bodyTimeout: HEADERS_TIMEOUT_MS }),
      watches: new Agent({ ...shared, bodyTimeout: 0 }),
    };
  };
  const retire = (agents: Agents) => {
    // What still runs may end in peace; close() waits for it.
    retired.add(agents);
    void Promise.all([agents.requests.close(), agents.watches.close()]).finally(() => retired.delete(agents));
  };

  return {
    async current() {
      const settings = await connection.tls();
      const print = JSON.stringify(settings);
      if (known?.print === print) return known.agents;
      if (known) retire(known.agents);
      known = { print, agents: build(settings) };
      return known.agents;
    },
    async close() {
      const all = [...retired, ...(known ? [known.agents] : [])];
      known = undefined;
      await Promise.all(all.flatMap(({ requests, watches }) => [requests.destroy(), watches.destroy()]));
    },
  };
}
