// Makes connections for model calls and probes, and refuses those that would lead where no workflow may call. The check
// when the route table is built reads names as they are written; a name may resolve to anything later (DNS rebinding, a
// Service of type ExternalName). So every address of the answer is judged, and the judged answer is what is connected to.
import { lookup as systemLookup } from 'node:dns';
import type { LookupAddress, LookupOptions } from 'node:dns';
import type { LookupFunction } from 'node:net';
import { buildConnector } from 'undici';
import { EgressDeniedError } from './errors.ts';
import { checkAddress, mayBeAnywhere } from './routes/egress.ts';
import type { EgressPolicy, EgressVerdict } from './routes/egress.ts';

/** All addresses of a host name, as `node:dns` looks them up. */
export type LookupAll = (
  host: string,
  options: LookupOptions & { readonly all: true },
  answer: (error: NodeJS.ErrnoException | null, addresses: LookupAddress[]) => void,
) => void;

/** What making connections needs. */
export interface EgressPorts {
  /** As it is now: the catalog may change. */
  readonly policy: () => EgressPolicy;
  readonly timeoutMs: number;
  /** @default the system's */
  readonly lookup?: LookupAll;
}

const ANYWHERE: EgressVerdict = { ok: true };

/** A lookup that gives the addresses only when each of them may be connected to. */
const judged =
  (lookup: LookupAll, judge: (address: string) => EgressVerdict): LookupFunction =>
  (host, options, answer) => {
    lookup(host, { ...options, all: true }, (error, addresses) => {
      if (error) return answer(error, []);
      for (const { address } of addresses) {
        const verdict = judge(address);
        if (!verdict.ok) return answer(new EgressDeniedError(verdict.why), []);
      }
      const [first] = addresses;
      if (options.all === true || !first) return answer(null, addresses);
      answer(null, first.address, first.family);
    });
  };

/** For undici's `connect` option. A refused connection is an EgressDeniedError. */
export function egressConnector({ policy, timeoutMs, lookup = systemLookup }: EgressPorts): buildConnector.connector {
  const shared = { allowH2: false, timeout: timeoutMs };
  const free = buildConnector({ ...shared, lookup: judged(lookup, () => ANYWHERE) });
  return (target, connected) => {
    const url = new URL(`${target.protocol}//${target.host ?? target.hostname}`);
    const now = policy();
    if (mayBeAnywhere(url, now)) return free(target, connected);
    // One for each connection, because a lookup is not told the port. They are few, for connections are kept.
    buildConnector({ ...shared, lookup: judged(lookup, (address) => checkAddress(url, address, now)) })(
      target,
      connected,
    );
  };
}
