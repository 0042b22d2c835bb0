// Asks callers who they are, where that is asked, before anything of a request's body is read.
import type { IncomingHttpHeaders } from 'node:http';
import { routeIn } from '../../routes/table.ts';
import type { RouteTable } from '../../routes/types.ts';
import { judgeAccess, shownBy } from './access.ts';
import type { Identity, Verdict } from './access.ts';
import { isApiKey } from './api-key.ts';

/** Says whose token it is. Never rejects. */
export type WhoseToken = (token: string) => Promise<Identity>;

/** What a door is made of. */
export interface DoorOptions {
  readonly table: () => RouteTable;
  /** Everybody has to prove who they are; else only callers of workflows that have keys. @default false */
  readonly mustProve?: boolean;
  /** @default nobody has tokens */
  readonly whose?: WhoseToken;
}

/**
 * Judges a call by its path and headers: at once, unless somebody has to be asked about a token. `workflow` is
 * `namespace/name`, whether there is such a workflow or not.
 */
export type Door = (namespace: string, workflow: string, headers: IncomingHttpHeaders) => Verdict | Promise<Verdict>;

/** A door to the workflows of the table as it is at each call. */
export function createDoor({ table, mustProve = false, whose }: DoorOptions): Door {
  return (namespace, workflow, headers) => {
    const keyHashes = routeIn(table(), workflow)?.keyHashes ?? [];
    if (!mustProve && keyHashes.length === 0) return 'allowed';
    const shown = shownBy(headers);
    const judge = (identities: readonly Identity[]) => judgeAccess({ namespace, keyHashes, shown, identities });
    const tokens = shown.filter((each) => !isApiKey(each));
    const verdict = judge([]);
    if (verdict === 'allowed' || !whose || tokens.length === 0) return verdict;
    return Promise.all(tokens.map(whose)).then(judge);
  };
}
