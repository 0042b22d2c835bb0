// The network of one process, as a test wants it: names and addresses of a cluster that lead to loopback, and ports that
// cannot be reached for a while. The test's side of network-hook.ts.
import { renameSync, writeFileSync } from 'node:fs';
import { resolve } from 'node:path';

/** What the process may not reach, and what leads where. */
export interface NetworkPlan {
  /**
   * Hosts that are really 127.0.0.1, or `.svc` and the like for all names that end so: no API server takes an endpoint on
   * loopback, and no workflow may name one.
   */
  readonly loopback: readonly string[];
  /** Ports to which every connection breaks. */
  readonly cut: readonly number[];
}

/** A network that can be cut. */
export interface Network {
  /** Node's arguments and variables for a process in this network. */
  readonly execArgv: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  /** From now on these ports, and only these, cannot be reached. */
  cut(ports: readonly number[]): void;
}

/** A network in which everything can be reached. `file` is where the process reads what may not be. */
export function network(file: string, loopback: readonly string[]): Network {
  const write = (cut: readonly number[]) => {
    const plan: NetworkPlan = { loopback, cut };
    writeFileSync(`${file}.new`, JSON.stringify(plan));
    renameSync(`${file}.new`, file); // whole or not at all: the process reads it at any time
  };
  write([]);
  return {
    execArgv: ['--import', resolve(import.meta.dirname, 'network-hook.ts')],
    env: { MCPWORKFLOW_TEST_NETWORK: file },
    cut: write,
  };
}
